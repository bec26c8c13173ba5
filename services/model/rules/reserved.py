"""Does a name collide with one that Belvedere or Postgres needs for itself?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from services.model.columns import columns_of
from services.model.drafts import Draft
from services.model.problems import Problem

SCHEMAS = ("information_schema", "public", "belvedere", "jobs", "procrastinate")
COLUMNS = ("workspace_id", "id", "lat", "lon", "cell", "place", "quality", "received_at", "bucket", "t", "w", "a", "p")
_GENERATED = re.compile(r".*_(id|\d{4}_\d{2})")


def check(draft: Draft) -> Iterator[Problem]:
    """Schemas, columns, generated tables, and keys of a result row stay free."""
    if draft.pack.name in SCHEMAS or draft.pack.name.startswith("pg_"):
        yield draft.problem(("pack",), f"`{draft.pack.name}` is a schema of its own; choose another name.")
    for dataset in draft.pack.datasets:
        if _GENERATED.fullmatch(dataset.name):
            yield draft.problem(("datasets", dataset.name), "ends like a sequence or partition; choose another name.")
        for name, path in columns_of(dataset):
            if name in COLUMNS:
                yield draft.problem(path, f"`{name}` is a column Belvedere adds itself; choose another name.")
    yield from _result_keys(draft)


def _result_keys(draft: Draft) -> Iterator[Problem]:
    splits = {d.name: dataset.name for dataset in draft.pack.datasets for d in dataset.dimensions}
    splits |= {dataset.actor: dataset.name for dataset in draft.pack.datasets if dataset.actor}
    for metric in draft.pack.metrics:
        path = ("metrics", metric.name)
        if metric.name == "bucket":
            yield draft.problem(path, "`bucket` is the time of a result row; choose another name.")
        if metric.name in splits:
            where = splits[metric.name]
            yield draft.problem(path, f"`{metric.name}` is a dimension of `{where}`: a result row could not hold both.")
