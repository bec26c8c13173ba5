"""How do two periods look beside each other, in the same colours?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from data.engine.buckets import compared
from data.types import MetricQuery, Scope
from services import metrics
from services.formats import number
from services.live.choices import COMPARE_SENTENCES
from services.maps.choices import MapChoice, place_filter
from services.maps.colours import sequential
from services.maps.hexes import ADDED_UP, HexMap
from services.maps.pictures import Painted, Picture, Swatch, plain_number, titled
from services.maps.steps import said_span

_LISTED = 50


@dataclass(frozen=True, slots=True)
class Sides:
    """The map of the period before, [from_at, to_at), and that of the range; both have the same swatches, and as facts
    both numbers of each hexagon."""

    before: Picture
    now: Picture
    from_at: datetime
    to_at: datetime


def sides(
    scope: Scope, shown: HexMap, choice: MapChoice, where: dict[str, str], is_dark: bool, now: datetime
) -> Sides | str:
    """Two periods with one scale, from one question; or why there is nothing to compare."""
    metric, cell, name = shown.metric, f"cell:{shown.resolution}", shown.metric.qualified
    filters = (*choice.where, *place_filter(choice, shown.box))
    query = MetricQuery((name,), choice.range, by=(cell,), where=filters, compare=choice.against)
    rows = [row for row in metrics.answer(scope, [query], now)[0].rows if row[cell] is not None]
    nothing = (None, 0) if metric.shape in ADDED_UP else (None,)  # a share of zero is a number like others
    missing = 0.0 if metric.shape in ADDED_UP else None
    parts = [
        {row[cell]: float(row[key]) for row in rows if row[key] not in nothing} for key in (f"{name}__previous", name)
    ]
    if not parts[0] and not parts[1]:
        return "No hexagon has a number in either period."
    both = [value for part in parts for value in part.values()]
    scale = sequential(both, choice.scale, is_dark, lambda n: plain_number(metric, n), metric.format == "integer")
    swatches = tuple(Swatch(step.colour, step.text) for step in scale.steps)
    lines = tuple(
        (index, where.get(index, ""), plain_number(metric, parts[0].get(index)), plain_number(metric, parts[1][index]))
        for index in sorted(parts[1], key=lambda index: (-parts[1][index], index))[:_LISTED]
    )
    zone = scope.workspace.timezone
    edges = (choice.range.from_at, choice.range.to_at)
    earlier = compared(choice.range, edges, choice.against, zone, now).edges
    spans = (said_span(earlier[0], earlier[-1], zone), said_span(*edges, zone))
    columns = ("Where", "Before", "Now")
    facts = {i: (parts[0].get(i, missing), parts[1].get(i, missing)) for i in parts[0] | parts[1]}
    made = [
        Picture(
            f"{title}: {span}", swatches,
            tuple(Painted(i, scale.place(v), f"{metric.title}: {plain_number(metric, v)}") for i, v in part.items()),
            f"{number(len(part), 'integer')} hexagons; the colours mean the same on both maps",
            columns, lines, ("before", "now"), None, facts,
        )
        for title, span, part in zip((_before(choice.against), titled(metric)), spans, parts, strict=True)
    ]  # fmt: skip
    return Sides(made[0], made[1], earlier[0], earlier[-1])


def _before(against: str) -> str:
    return COMPARE_SENTENCES.get(against, "before").capitalize()
