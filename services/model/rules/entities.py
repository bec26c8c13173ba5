"""Can everything that an entity names be found?"""

from __future__ import annotations

from collections.abc import Iterator

from data.engine.splits import text_columns
from data.model import Course, Dataset, Entity
from services.model.columns import texts_of
from services.model.drafts import Draft, Path
from services.model.problems import Problem, expected_one_of


def check(draft: Draft) -> Iterator[Problem]:
    """Its dataset is keyed and has the column, rows name it, and peers, course and related datasets fit it."""
    for entity in draft.pack.entities:
        path = ("entities", entity.name)
        own = draft.dataset(entity.dataset)
        if entity.dataset:
            yield from _own(draft, (*path, "dataset"), entity.dataset, own)
        naming = [d for d in draft.pack.datasets if entity.column in text_columns(d)]
        if not naming and (draft.says((*path, "column")) or not entity.dataset):
            known = sorted({name for d in draft.pack.datasets for name in text_columns(d)})
            yield draft.problem((*path, "column"), expected_one_of(entity.column, known))
        if own:
            yield from _columns(draft, path, entity, own)
            yield from _line(draft, path, entity, own)
        if entity.peers:
            known = sorted({name for d in (*naming, *([own] if own else [])) for name in texts_of(d)})
            if entity.peers not in known:
                yield draft.problem((*path, "peers"), expected_one_of(entity.peers, known))
        if entity.course:
            yield from _course(draft, (*path, "course"), entity, entity.course)


def _own(draft: Draft, path: Path, name: str, own: Dataset | None) -> Iterator[Problem]:
    if own is None:
        yield draft.problem(path, expected_one_of(name, [d.name for d in draft.pack.datasets]))
    elif own.key is None:
        yield draft.problem(path, f"`{own.name}` has no key; an entity needs one row for each, so `kind: keyed`.")


def _columns(draft: Draft, path: Path, entity: Entity, own: Dataset) -> Iterator[Problem]:
    known = (*((own.key,) if own.key else ()), *text_columns(own))
    if entity.by and entity.by not in known:
        yield draft.problem((*path, "by"), expected_one_of(entity.by, known))
    for name, column in entity.related:
        other = draft.dataset(name)
        if other is None:
            names = [d.name for d in draft.pack.datasets]
            yield draft.problem((*path, "related", name), expected_one_of(name, names))
            continue
        shared = [text for text in known if text in texts_of(other)]
        if column not in shared:
            yield draft.problem((*path, "related", name), expected_one_of(column, shared))


def _line(draft: Draft, path: Path, entity: Entity, own: Dataset) -> Iterator[Problem]:
    known = {"line": [d.name for d in own.dimensions], "length": [m.name for m in own.measures]}
    for field, name in (("line", entity.line), ("length", entity.length)):
        if name and name not in known[field]:
            yield draft.problem((*path, field), expected_one_of(name, known[field]))


def _course(draft: Draft, path: Path, entity: Entity, course: Course) -> Iterator[Problem]:
    dataset = draft.dataset(course.dataset)
    if dataset is None:
        yield draft.problem((*path, "dataset"), expected_one_of(course.dataset, [d.name for d in draft.pack.datasets]))
        return
    if entity.column not in text_columns(dataset):
        yield draft.problem((*path, "dataset"), f"`{dataset.name}` has no column `{entity.column}`.")
    measures = [m.name for m in dataset.measures]
    if course.of not in measures:
        yield draft.problem((*path, "of"), expected_one_of(course.of, measures))
    counts = [m.name for m in draft.pack.metrics if m.shape == "count" and m.dataset == dataset.name]
    if course.unusual and course.unusual not in counts:
        yield draft.problem((*path, "unusual"), expected_one_of(course.unusual, counts))
    closed = next((d.values for d in dataset.dimensions if d.name == entity.peers), ())
    for value, _ in course.units:
        if not entity.peers:
            yield draft.problem((*path, "units"), "units are by the value of `peers`, which is missing.")
        elif closed and value not in closed:
            yield draft.problem((*path, "units", value), expected_one_of(value, closed))
