"""What do the rules of a mapping make of a batch of records?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.imports import Reject
from data.model import Dataset
from services.ingest.mappings.grammar import Allowed, Column, Mapping
from services.ingest.mappings.load import targets
from services.ingest.records import Parsed, Problem, RawBatch
from services.ingest.rules import apply_text_rules
from services.ingest.rules.blanks import cleared
from services.ingest.rules.numbers import multiplied, to_numbers
from services.ingest.rules.orders import check_order
from services.ingest.rules.places import check_points, read_pairs, split_points
from services.ingest.rules.texts import Texts
from services.ingest.rules.times import to_instants


class Parser:
    """A mapping made ready for a dataset and the zone of a workspace. `needs_zone` refuses local times."""

    def __init__(
        self, dataset: Dataset, mapping: Mapping, timezone: str, now: datetime, needs_zone: bool = False
    ) -> None:
        self.dataset, self.mapping, self.now, self.needs_zone = dataset, mapping, now, needs_zone
        self.timezone = mapping.timezone or timezone
        self.times = frozenset(t.name for t in dataset.times)
        self.measures = {m.name: m for m in dataset.measures}
        self.columns = tuple(_completed(c, dataset) for c in mapping.columns)

    def columns_of(self, raw: RawBatch) -> tuple[dict[str, Any], list[Problem]]:
        """Every column of the dataset for all records, and all that the rules found."""
        found, problems = self._empty(raw.size), list[Problem]()
        for column in self.columns:
            values, said = self._column(raw, column)
            found[column.target] = values
            problems += said
        if self.mapping.place is not None:
            found["lat"], found["lon"], said = self._place(raw)
            problems += said
        for order in self.mapping.order:
            problem = check_order(found, order)
            problems += [problem] if problem else []
        unset = np.isnat(found[self.dataset.time])
        if unset.any():
            problems.append(Problem(unset, self.dataset.time, "missing", "a time"))
        return found, problems

    def parse(self, raw: RawBatch) -> Parsed:
        """The rows that may be stored, with their flags, and those that are refused."""
        columns, problems = self.columns_of(raw)
        refused = np.zeros(raw.size, np.bool_)
        for problem in problems:
            if problem.flag is None:
                refused |= problem.mask
        rejects = sorted((*raw.refused, *rejects_of(raw, problems, refused)), key=lambda r: r.line or 0)
        kept = ~refused
        columns["quality"], flags = _quality(problems, kept)
        for name, values in columns.items():
            if name != "quality" and refused.any():
                columns[name] = values.filter(pa.array(kept)) if isinstance(values, pa.Array) else values[kept]
        flagged = sum(1 for q in columns["quality"] if q)
        return Parsed(columns, raw.lines[kept], tuple(rejects), flagged, flags)

    def _empty(self, size: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in targets(self.dataset):
            if name in self.times:
                found[name] = np.full(size, "NaT", "datetime64[ms]")
            else:
                found[name] = np.full(size, np.nan) if name in self.measures else pa.nulls(size, pa.string())
        if self.dataset.place:
            found["lat"], found["lon"] = np.full(size, np.nan), np.full(size, np.nan)
        return found

    def _product(self, raw: RawBatch, column: Column) -> tuple[Any, list[Problem]]:
        """A measure that is the product of two source columns, each read as a number, then judged as one."""
        measure = self.measures[column.target]
        part, free = replace(measure, decimals=0, minimum=None, maximum=None), replace(column, range=None)
        second = Column(column.target, (column.factor or "",), missing=column.missing, unreadable=column.unreadable)
        product, problems, shown = np.ones(raw.size), list[Problem](), list[pa.Array]()
        for one in (free, replace(second, decimal=column.decimal, thousands=column.thousands)):
            texts, codes = _gather(raw, one)
            texts, numbers = to_numbers(apply_text_rules(texts, one), one, part)
            product *= numbers[codes]
            shown.append(pc.take(texts.found, pa.array(codes)))
            problems += [_spread(p, texts.found, codes) for p in texts.problems]
        told = pc.binary_join_element_wise(*shown, " x ")
        judged = multiplied(Texts(column.target, told, told), product, column, measure)
        return product, problems + [replace(problem, found=told) for problem in judged]

    def _column(self, raw: RawBatch, column: Column) -> tuple[Any, list[Problem]]:
        if column.factor is not None:
            return self._product(raw, column)
        if any(source in raw.typed for source in column.sources):
            column = replace(column, formats=("iso", *column.formats))
        texts, codes = _gather(raw, column)
        texts = apply_text_rules(texts, column)
        values: Any
        if column.target in self.times:
            zone = column.timezone or self.timezone
            texts, instants = to_instants(texts, column, zone, self.now, self.needs_zone)
            values = instants[codes]
        elif column.target in self.measures:
            texts, numbers = to_numbers(texts, column, self.measures[column.target])
            values = numbers[codes]
        else:
            values = pc.take(texts.values, pa.array(codes))
        return values, [_spread(p, texts.found, codes) for p in texts.problems]

    def _place(self, raw: RawBatch) -> tuple[NDArray[np.float64], NDArray[np.float64], list[Problem]]:
        place = self.mapping.place
        assert place is not None
        blank = Column("place")
        if place.source is not None:
            found = raw.columns[place.source]
            lat, lon, unread = split_points(cleared(found, blank), place.point)
        else:
            columns = (place.east, place.north) if place.utm else (place.lat, place.lon)
            first, second = (raw.columns[name or ""] for name in columns)
            lat, lon, unread = read_pairs(cleared(first, blank), cleared(second, blank), place.utm)
            found = pc.binary_join_element_wise(first, second, ", ")
        return check_points(lat, lon, unread, place, found)


def _completed(column: Column, dataset: Dataset) -> Column:
    """The column with what the dataset itself asks for: key and primary time, closed lists of values."""
    if column.target in (dataset.key, dataset.time):
        column = replace(column, required="reject")
    closed = next((d.values for d in dataset.dimensions if d.name == column.target), ())
    if closed and column.allowed is None:
        column = replace(column, allowed=Allowed(closed))
    return column


def _gather(raw: RawBatch, column: Column) -> tuple[Texts, NDArray[np.int64]]:
    """The distinct texts that feed a column, and for each record which one is its own."""
    if column.constant is not None:
        values = pa.array([column.constant], pa.string())
        return Texts(column.target, values, values), np.zeros(raw.size, np.int64)
    parts = [raw.columns[source] for source in column.sources]
    joined = parts[0] if len(parts) == 1 else _joined([cleared(part, column) for part in parts], column.join)
    coded = pc.dictionary_encode(joined, null_encoding="encode")
    found = coded.dictionary
    codes = np.asarray(coded.indices.to_numpy(zero_copy_only=False), np.int64)
    return Texts(column.target, cleared(found, column), found), codes


def _joined(parts: list[pa.Array], join: str | None) -> pa.Array:
    """The first part that is present, or all of them with `join` between; null where none is."""
    first = pc.coalesce(*parts)
    if join is None:
        return first
    some = pc.is_valid(first)  # where all are null, "skip" would leave out the row
    joined = pc.binary_join_element_wise(*(part.filter(some) for part in parts), join, null_handling="skip")
    return pc.replace_with_mask(first, some, joined)


def _spread(problem: Problem, found: pa.Array, codes: NDArray[np.int64]) -> Problem:
    """What was said about distinct texts, said about records."""
    mask = problem.mask[codes]
    return replace(problem, mask=mask, found=pc.take(found, pa.array(codes)))


def rejects_of(raw: RawBatch, problems: Sequence[Problem], refused: NDArray[np.bool_]) -> list[Reject]:
    """One Reject a refused record: the first problem in the order of the mapping."""
    rejects: list[Reject] = []
    for row in np.flatnonzero(refused).tolist():
        problem = next(p for p in problems if p.flag is None and p.mask[row])
        found = None if problem.found is None else problem.found[row].as_py()
        line = int(raw.lines[row])
        text = raw.raw(row)
        rejects.append(Reject(raw.file_name, line, problem.field, problem.reason, found, problem.expected, text))
    return rejects


def _quality(problems: Sequence[Problem], kept: NDArray[np.bool_]) -> tuple[list[list[str] | None], dict[str, int]]:
    """The flags of each row that is kept, and how often each was raised."""
    names: list[list[str] | None] = [None] * int(kept.sum())
    counts: Counter[str] = Counter()
    for problem in problems:
        if problem.flag is None:
            continue
        for row in np.flatnonzero(problem.mask[kept]).tolist():
            listed = names[row]
            if listed is None:
                names[row] = [problem.flag]
            elif problem.flag not in listed:
                listed.append(problem.flag)
            else:
                continue
            counts[problem.flag] += 1
    return names, dict(counts)
