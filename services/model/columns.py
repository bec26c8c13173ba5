"""Which names does a dataset use, and where do they stand?"""

from __future__ import annotations

from collections.abc import Iterator

from data.model import Band, Dataset, Derived, LimitFlag, Match, Range
from services.model.drafts import Path


def columns_of(dataset: Dataset) -> Iterator[tuple[str, Path]]:
    """(name, path) of key, times, dimensions, actor, measures, durations and flags, in file order within each."""
    root = ("datasets", dataset.name)
    flags = {flag.name for flag in dataset.flags}
    if dataset.key:
        yield dataset.key, (*root, "key")
    yield from ((time.name, (*root, "times", time.name)) for time in dataset.times)
    yield from ((d.name, (*root, "dimensions", d.name)) for d in dataset.dimensions if d.name not in flags)
    yield from ((flag.name, (*root, block_of(flag), flag.name)) for flag in dataset.flags)
    if dataset.actor:
        yield dataset.actor, (*root, "actor")
    yield from ((measure.name, (*root, "measures", measure.name)) for measure in dataset.measures)
    yield from ((duration.name, (*root, "durations", duration.name)) for duration in dataset.durations)


def block_of(flag: Derived) -> str:
    """The block of a dataset in which a derived text column stands."""
    return _BLOCKS[type(flag)]


_BLOCKS: dict[type[Derived], str] = {LimitFlag: "flags", Band: "bands", Match: "matches", Range: "ranges"}


def times_of(dataset: Dataset) -> tuple[str, ...]:
    """Names of the time columns."""
    return tuple(time.name for time in dataset.times)


def texts_of(dataset: Dataset) -> tuple[str, ...]:
    """Names of what may be compared by value: the dimensions, flags included."""
    return tuple(dimension.name for dimension in dataset.dimensions)


def numbers_of(dataset: Dataset) -> tuple[str, ...]:
    """Names of what may be summed or compared by size: measures and durations."""
    return tuple(m.name for m in dataset.measures) + tuple(d.name for d in dataset.durations)
