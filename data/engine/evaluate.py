"""What are the values of a metric in every bucket and group, given the sufficient statistics?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import NULL, Group, Ints, edge_ms
from data.engine.days import to_ms
from data.engine.shapes import Formula, Leaf
from data.model import Exposure
from data.types import Filter

Read = Callable[[Leaf], Ints]
_MINUTE_MS = 60_000


Mask = NDArray[np.bool_]


@dataclass(slots=True)
class Values:
    """Numbers [buckets, groups], whole or not; `known` is False where there is nothing to say, None where all is."""

    numbers: NDArray[Any]
    known: Mask | None

    def listed(self) -> list[list[Any]]:
        """As Python numbers, None where nothing is known."""
        if self.known is None or self.known.all():
            known: list[list[Any]] = self.numbers.tolist()
            return known
        plain = self.numbers.astype(object)
        plain[~self.known] = None
        rows: list[list[Any]] = plain.tolist()
        return rows


@dataclass(frozen=True, slots=True)
class Cells:
    """What evaluation needs beside the statistics: the groups and the edges of the buckets."""

    read: Read
    by: tuple[str, ...]
    groups: Sequence[Group]
    kept: bool
    edges: tuple[datetime, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Times:
    """Of each bucket: milliseconds from the frame's start to its end (now, in an unfinished one), whether it has begun,
    and the milliseconds until now, of which the running minute counts as a whole."""

    ends_ms: Ints
    begun: Mask
    spans_ms: Ints


@lru_cache(maxsize=256)
def _times_of(edges: tuple[datetime, ...], now_at: datetime) -> Times:
    ms, now = edge_ms(edges), to_ms(now_at)
    ends, begun = ms[1:], ms[:-1] < now
    # `now` is the beginning of the running minute, whose rows are counted.
    spans = np.maximum(np.minimum(ends, now + _MINUTE_MS) - ms[:-1], 0)
    return Times(np.where((ends > now) & begun, now, ends) - ms[0], begun | (ends <= now), spans)


def evaluate(formula: Formula, cells: Cells) -> Values:
    """The values of the formula."""
    return _SHAPES[formula.shape](formula, cells)


def _units(numbers: Ints, scale: int) -> NDArray[Any]:
    return numbers if scale == 1 else numbers / scale


def _both(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _divide(top: NDArray[Any], bottom: NDArray[Any], where: Mask | None) -> Values:
    some = bottom != 0
    known = some if where is None else where & some
    return Values(np.divide(top, bottom, out=np.zeros(top.shape), where=known, dtype=np.float64), known)


def _total(formula: Formula, cells: Cells) -> Values:
    numbers = cells.read(formula.leaves[0])
    return Values(_units(numbers, formula.scale), None)


def _average(formula: Formula, cells: Cells) -> Values:
    total, filled = (cells.read(leaf) for leaf in formula.leaves)
    found = _divide(total, filled, filled > 0)
    return Values(found.numbers / formula.scale, found.known)


def _ordered(formula: Formula, cells: Cells) -> Values:
    """min, max and percentile: NULL is nothing."""
    numbers = cells.read(formula.leaves[0])
    known = numbers != NULL
    return Values(_units(np.where(known, numbers, 0), formula.scale), known)


def _share(formula: Formula, cells: Cells) -> Values:
    meets, filled = (cells.read(leaf) for leaf in formula.leaves)
    return _divide(meets, filled, filled > 0)


def _ratio(formula: Formula, cells: Cells) -> Values:
    top, bottom = (evaluate(part, cells) for part in formula.parts)
    return _divide(top.numbers, bottom.numbers, _both(top.known, bottom.known))


def _balance(formula: Formula, cells: Cells) -> Values:
    plus, minus = (evaluate(part, cells) for part in formula.parts)
    numbers = plus.numbers - minus.numbers
    begun = np.broadcast_to(_times_of(cells.edges, cells.now).begun[:, None], numbers.shape)
    return Values(numbers, _both(_both(plus.known, minus.known), begun))


def _difference(formula: Formula, cells: Cells) -> Values:
    plus, minus = (evaluate(part, cells) for part in formula.parts)
    return Values(plus.numbers - minus.numbers, _both(plus.known, minus.known))


def _age(formula: Formula, cells: Cells) -> Values:
    plus, minus = (cells.read(leaf) for leaf in formula.leaves)
    open_now = evaluate(formula.parts[0], cells)
    waited = (plus - minus) + open_now.numbers * _times_of(cells.edges, cells.now).ends_ms[:, None]
    found = _divide(waited, open_now.numbers, _both(open_now.known, open_now.numbers > 0))
    return Values(found.numbers / formula.scale, found.known)


def _rate(formula: Formula, cells: Cells) -> Values:
    part = evaluate(formula.parts[0], cells)
    assert formula.exposure is not None
    amounts = _amounts(formula.exposure, formula.filters, cells)
    return _divide(part.numbers * formula.per, np.broadcast_to(amounts, part.numbers.shape), part.known)


def _pace(formula: Formula, cells: Cells) -> Values:
    """For each `per` milliseconds of a bucket, or of its part until now."""
    part = evaluate(formula.parts[0], cells)
    spans = np.broadcast_to(_times_of(cells.edges, cells.now).spans_ms[:, None], part.numbers.shape)
    return _divide(part.numbers * formula.per, spans, part.known)


def _amounts(exposure: Exposure, filters: Sequence[Filter], cells: Cells) -> NDArray[np.float64]:
    """The exposure of each group: its own when split by the exposure's dimension, else all that the filters leave."""
    left = {value: amount for value, amount in exposure.amounts if _passes(value, exposure.dimension, filters)}
    if exposure.dimension not in cells.by:
        return np.full(len(cells.groups), sum(left.values()))
    place = cells.by.index(exposure.dimension)
    named = [group[place] for group in cells.groups]
    amounts = [left.get(value, 0.0) if value is not None else 0.0 for value in named]
    if cells.kept:
        amounts[-1] = sum(left.values()) - sum(left.get(v, 0.0) for v in set(named[:-1]) if v is not None)
        if len(cells.by) > 1:  # pairs pooled together share values with those kept: no amount is theirs alone
            amounts[-1] = 0.0
    return np.asarray(amounts, np.float64)


def _passes(value: str, dimension: str, filters: Sequence[Filter]) -> bool:
    for found in filters:
        if found.dimension == dimension:
            if found.op == "contains":
                inside = any((part or "").casefold() in value.casefold() for part in found.values)
            else:
                inside = (value in found.values) == (found.op == "in")
            if not inside:
                return False
    return True


_SHAPES: dict[str, Callable[[Formula, Cells], Values]] = {
    "count": _total, "sum": _total, "distinct": _total, "average": _average, "min": _ordered, "max": _ordered,
    "percentile": _ordered, "share": _share, "ratio": _ratio, "balance": _balance, "age": _age, "rate": _rate,
    "difference": _difference, "pace": _pace,
}  # fmt: skip
