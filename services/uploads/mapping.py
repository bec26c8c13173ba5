"""Which mappings can a file be read by, and how does an edit change one?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from data.errors import BadInput
from data.model import Dataset
from services.ingest import (
    Column,
    Look,
    Mapping,
    guess_from,
    look_at,
    open_source,
    sample_of,
    shipped_mappings,
    targets,
)
from services.uploads.store import Upload

_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """A mapping to begin with: its slug and title."""

    slug: str
    title: str
    mapping: Mapping


@dataclass(frozen=True, slots=True)
class Opened:
    """What is known of a file before its import: mappings to begin with, best first, and of each source column some
    values to recognise it by and the format of its times, when it holds times."""

    choices: tuple[Choice, ...]
    samples: dict[str, tuple[str, ...]]
    formats: dict[str, str | None]


def opened(upload: Upload, dataset: Dataset) -> Opened:
    """The shipped mappings that fit the file's columns and the guessed one, which may lack what every row needs.

    Raises BadInput for a file that cannot be read.
    """
    source = open_source(upload.path, upload.name)
    values = sample_of(source)
    fitting = [m for m in shipped_mappings(dataset) if m.sources().keys() <= set(source.header)]
    fitting.sort(key=lambda m: -len(m.sources()))
    found = [Choice(m.name, f"Ready-made: {m.title or m.name}", m) for m in fitting]
    looks = look_at(source.header, values)
    guessed = Choice("guess", "Guessed from names and values", _guessed(looks, dataset))
    samples = {n: _sample(values.get(n, [])) for n in source.header}
    return Opened((*found, guessed), samples, {look.name: look.format for look in looks})


def likeliest(upload: Upload, datasets: Iterable[Dataset]) -> list[str]:
    """The qualified names of the datasets, those that fit the file best first: ready-made, guessed, not at all.

    Raises BadInput for a file that cannot be read.
    """
    source = open_source(upload.path, upload.name)
    looks = look_at(source.header, {name: column[:_LOOKED_AT] for name, column in sample_of(source).items()})

    def fit(dataset: Dataset) -> tuple[int, int]:
        ready = [m for m in shipped_mappings(dataset) if m.sources().keys() <= set(source.header)]
        if ready:
            return 2, max(len(m.sources()) for m in ready)
        with suppress(BadInput):
            return 1, len(guess_from(looks, dataset).sources())
        return 0, 0

    return [d.qualified for d in sorted(datasets, key=fit, reverse=True)]


def _guessed(looks: Sequence[Look], dataset: Dataset) -> Mapping:
    """The guessed mapping; where nothing is like the time or the key that every row needs, the rest of it."""
    time: dict[str, list[str | None]] = {dataset.time: ["2024-01-01", "2024-01-02"]}
    key: dict[str, list[str | None]] = {dataset.key: ["k1", "k2"]} if dataset.key else {}
    for made in ({}, time, key, time | key):
        if made.keys() & {look.name for look in looks}:
            continue
        with suppress(BadInput):
            return _without(guess_from((*looks, *look_at(tuple(made), made)), dataset), set(made))
    return Mapping(dataset.qualified, (), name="guess")


def _without(mapping: Mapping, made: set[str]) -> Mapping:
    """The mapping without the columns that come from made-up ones."""
    kept = tuple(c for c in mapping.columns if not made & set(c.sources))
    names = {c.target for c in kept}
    order = tuple(o for o in mapping.order if {o.first, o.then} <= names)
    return replace(mapping, columns=kept, order=order)


def _sample(values: Sequence[str | None], most: int = 3) -> tuple[str, ...]:
    return tuple(list(dict.fromkeys(v for v in values if v))[:most])


def sources_by_target(mapping: Mapping, dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """The source columns of each column that a mapping can fill, () where it is filled by none."""
    found = {c.target: c.sources for c in mapping.columns}
    return {target: found.get(target, ()) for target in targets(dataset)}


def edited(mapping: Mapping, target: str, source: str | None, form: str | None = None) -> Mapping:
    """The mapping with another source for one column, its rules kept; None takes the column out.

    `form` is the format of the times in the source, where it holds times.
    """
    now = mapping.column(target)
    others = tuple(c for c in mapping.columns if c.target != target)
    if source is None:
        order = tuple(o for o in mapping.order if target not in (o.first, o.then))
        return replace(mapping, columns=others, order=order)
    column = replace(now, sources=(source,), constant=None, join=None) if now else Column(target, (source,))
    return replace(mapping, columns=(*others, replace(column, formats=(form,)) if form else column))
