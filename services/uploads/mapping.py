"""Which mappings can a file be read by, and how does an edit change one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from data.errors import BadInput
from data.model import Dataset
from services.ingest import Column, Mapping, Order, guess_mapping, open_source, sample_of, shipped_mappings, targets
from services.uploads.store import Upload


@dataclass(frozen=True, slots=True)
class Choice:
    """A mapping to begin with: its slug and title, and values of each source column to recognise it by."""

    slug: str
    title: str
    mapping: Mapping


def choices(upload: Upload, dataset: Dataset) -> tuple[tuple[Choice, ...], dict[str, tuple[str, ...]]]:
    """The shipped mappings that fit the file's columns and the guessed one, best first, and samples of each column.

    With no mapping that fits and nothing to guess from, an empty one. Raises BadInput for a file that cannot be read.
    """
    source = open_source(upload.path, upload.name)
    values = sample_of(source)
    samples = {name: _sample(values.get(name, [])) for name in source.header}
    fitting = [m for m in shipped_mappings(dataset) if m.sources().keys() <= set(source.header)]
    fitting.sort(key=lambda m: -len(m.sources()))
    found = [Choice(m.name, f"Ready-made: {m.title or m.name}", m) for m in fitting]
    try:
        guessed = guess_mapping(source.header, values, dataset)
    except BadInput:
        guessed = Mapping(dataset.qualified, (), name="guess")
    return (*found, Choice("guess", "Guessed from names and values", guessed)), samples


def _sample(values: Sequence[str | None], most: int = 3) -> tuple[str, ...]:
    return tuple(list(dict.fromkeys(v for v in values if v))[:most])


def sources_by_target(mapping: Mapping, dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """The source columns of each column that a mapping can fill, () where it is filled by none."""
    found = {c.target: c.sources for c in mapping.columns}
    return {target: found.get(target, ()) for target in targets(dataset)}


def edited(mapping: Mapping, target: str, source: str | None) -> Mapping:
    """The mapping with another source for one column, its rules kept; None takes the column out."""
    now = mapping.column(target)
    others = tuple(c for c in mapping.columns if c.target != target)
    if source is None:
        return replace(mapping, columns=others, order=_orders(mapping, target))
    column = replace(now, sources=(source,), constant=None, join=None) if now else Column(target, (source,))
    return replace(mapping, columns=(*others, column))


def _orders(mapping: Mapping, gone: str) -> tuple[Order, ...]:
    return tuple(o for o in mapping.order if gone not in (o.first, o.then))
