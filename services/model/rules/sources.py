"""Can every external dataset be followed?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.model import Dataset
from data.ways import Source
from services.model.drafts import Draft
from services.model.problems import Problem, expected_one_of
from services.model.rules.subscriptions import written_columns

TABLE = re.compile(r"[^.\s][^.]*(\.[^.]+)?")


def check(draft: Draft) -> Iterator[Problem]:
    """External datasets have a source and are keyed; sources belong to external datasets and fill key and time."""
    external = {d.name for d in draft.pack.datasets if _is_external(draft, d.name)}
    sources = {source.dataset: source for source in draft.pack.sources}
    for name in sorted(external - sources.keys()):
        yield draft.problem(("datasets", name, "external"), f"`sources` says no table for `{name}`.")
    for name, source in sources.items():
        if name not in external:
            yield draft.problem(("sources", name), expected_one_of(name, sorted(external)))
            continue
        yield from _source(draft, source)


def _is_external(draft: Draft, name: str) -> bool:
    datasets = (draft.root.children or {}).get("datasets")
    node = ((datasets.children if datasets else None) or {}).get(name)
    said = ((node.children if node else None) or {}).get("external")
    return bool(said and (said.text or "").lower() == "true")


def _source(draft: Draft, source: Source) -> Iterator[Problem]:
    path = ("sources", source.dataset)
    dataset = draft.dataset(source.dataset)
    if dataset is None:
        return
    if not dataset.key:
        yield draft.problem(path, "an external dataset follows rows that change, so it has to be `kind: keyed`.")
    yield from _tables(draft, source)
    if bool(source.columns) == bool(source.mapping):
        yield draft.problem(path, "expected either `columns` or `mapping`.")
    elif source.columns:
        yield from _columns(draft, source, dataset)


def _tables(draft: Draft, source: Source) -> Iterator[Problem]:
    path = ("sources", source.dataset)
    named: list[tuple[str, tuple[str, ...]]] = [(source.table, (*path, "table"))]
    named += [(lookup.table, (*path, "lookups", lookup.name, "table")) for lookup in source.lookups]
    for table, where in named:
        if not TABLE.fullmatch(table):
            yield draft.problem(where, f"found `{table}`, expected `table` or `schema.table`.")


def _columns(draft: Draft, source: Source, dataset: Dataset) -> Iterator[Problem]:
    path = ("sources", source.dataset, "columns")
    known = written_columns(dataset)
    for target, _ in source.columns:
        if target not in known:
            yield draft.problem((*path, target), expected_one_of(target, known))
    for needed in (dataset.key, dataset.time):
        if needed and needed not in dict(source.columns):
            yield draft.problem(path, f"`{needed}` is missing: every row needs it.")
