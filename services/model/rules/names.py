"""Can every name be a column, a table or a word in a link?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.model.columns import columns_of
from services.model.drafts import Draft, Path
from services.model.problems import Problem

NAME = re.compile(r"[a-z][a-z0-9_]*")
LONGEST = {"pack": 30, "dataset": 40, "column": 60, "metric": 60, "exposure": 60, "entity": 60}


def check(draft: Draft) -> Iterator[Problem]:
    """Lower-case letters, digits and underscores, starting with a letter, short enough for Postgres; folder = pack."""
    pack = draft.pack
    yield from _check(draft, ("pack",), "pack", pack.name)
    if pack.name != draft.folder_name:
        yield draft.problem(("pack",), f"found `{pack.name}`, expected `{draft.folder_name}`, the folder's name.")
    for dataset in pack.datasets:
        yield from _check(draft, ("datasets", dataset.name), "dataset", dataset.name)
        for name, path in columns_of(dataset):
            yield from _check(draft, path, "column", name)
    for metric in pack.metrics:
        yield from _check(draft, ("metrics", metric.name), "metric", metric.name)
    for exposure in pack.exposures:
        yield from _check(draft, ("exposures", exposure.name), "exposure", exposure.name)
    for entity in pack.entities:
        yield from _check(draft, ("entities", entity.name), "entity", entity.name)


def _check(draft: Draft, path: Path, kind: str, name: str) -> Iterator[Problem]:
    if not NAME.fullmatch(name):
        better = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").lstrip("0123456789_")
        hint = f" Write `{better}`?" if better else ""
        yield draft.problem(path, f"found `{name}`, expected lower-case letters, digits and underscores.{hint}")
    elif len(name) > LONGEST[kind]:
        yield draft.problem(path, f"the name has {len(name)} letters, expected at most {LONGEST[kind]}.")
