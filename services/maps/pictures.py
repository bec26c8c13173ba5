"""What is drawn for each hexagon, which colours does the legend explain, and what stands in the table beside it?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from data.model import Metric
from services.formats import number
from services.maps.colours import Colour, Scale, diverging, findings, sequential
from services.maps.differences import Cell, Difference
from services.maps.hexes import HexMap, Listed
from services.maps.hotspots import Hotspot, HotspotMap

Fact = str | int | float | None


@dataclass(frozen=True, slots=True)
class Swatch:
    """One colour of the legend."""

    colour: Colour
    text: str


@dataclass(frozen=True, slots=True)
class Painted:
    """One hexagon: its H3 index, which swatch it has, and what is said of it."""

    index: str
    swatch: int
    tip: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A map to draw. `lines` are those of the table: the index of a hexagon, then what stands in each column; they are
    the first of `listed_of`, which is all hexagons unless said.

    `findings` are the names of what the layer found of each hexagon beside its number, `facts` those by index, for
    downloads.
    """

    title: str
    swatches: tuple[Swatch, ...]
    cells: tuple[Painted, ...]
    note: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    findings: tuple[str, ...] = ()
    listed_of: int | None = None
    facts: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)


def plain_number(metric: Metric, value: float | None) -> str:
    """A number without its unit, for legends and tables that name the unit once."""
    return number(value, metric.format, "", metric.decimals)


def titled(metric: Metric) -> str:
    """The metric with its unit, where numbers do not bring it along."""
    has_own = metric.format in ("percent", "duration") or not metric.unit
    return metric.title if has_own else f"{metric.title} ({metric.unit})"


def numbers(shown: HexMap, listed: Sequence[Listed], how: str, is_dark: bool) -> Picture:
    """The numbers themselves, from small to large."""
    metric = shown.metric
    is_whole = metric.format == "integer"
    scale = sequential(
        [h.value for h in shown.hexagons], how, is_dark, lambda n: plain_number(metric, n), is_whole
    )  # fmt: skip
    counts_rows = metric.shape == "count" and all(h.value == h.rows for h in shown.hexagons)
    cells = tuple(
        Painted(h.index, scale.place(h.value), f"{metric.title}: {h.shown}" + ("" if counts_rows else _rows(h.rows)))
        for h in shown.hexagons
    )
    lines = tuple(
        (
            line.hexagon.index, line.where, plain_number(metric, line.hexagon.value),
            *(() if counts_rows else (number(line.hexagon.rows, "integer"),)),
        )
        for line in listed
    )  # fmt: skip
    return Picture(
        titled(metric), _swatches(scale), cells, f"{number(len(cells), 'integer')} hexagons",
        ("Where", metric.title, *(() if counts_rows else ("Rows",))), lines,
    )  # fmt: skip


def hotspots(found: HotspotMap, where: dict[str, str], is_dark: bool) -> Picture:
    """Where numbers are higher or lower around a hexagon than chance would have it."""
    swatches = tuple(Swatch(colour, text) for colour, text in findings(is_dark))
    cells = tuple(Painted(h.index, h.grade, _hot_tip(found.metric, h)) for h in found.hexagons)
    ranked = sorted((h for h in found.hexagons if h.grade != 2), key=lambda h: (h.q, -abs(h.z)))
    lines = tuple(
        (h.index, where.get(h.index, ""), h.kind, f"{h.z:.1f}".replace("-", "−"), probability(h.q), h.proof, h.shown)
        for h in ranked[:50]
    )
    columns = ("Where", "Finding", "z", "q", "Other grids", found.metric.title)
    facts = {h.index: (h.kind, h.z, h.q, h.proof) for h in found.hexagons}
    return Picture(
        f"Hotspots of {found.metric.title.lower()}", swatches, cells, found.note, columns, lines,
        ("finding", "z", "q", "other_grids"), len(ranked), facts,
    )  # fmt: skip


def differences(found: Difference, where: dict[str, str], is_dark: bool) -> Picture:
    """How much more or less than before, and where that is more than chance."""
    metric = found.metric
    scale = diverging([c.change for c in found.cells], is_dark, lambda n: _signed(metric, n))
    cells = tuple(Painted(c.index, scale.place(c.change), _change_tip(metric, c)) for c in found.cells)
    ranked = sorted(found.cells, key=lambda c: (c.q if c.q is not None else 1.0, -abs(c.change)))[:50]
    lines = tuple(
        (
            c.index, where.get(c.index, ""), _signed(metric, c.change), plain_number(metric, c.now),
            plain_number(metric, c.before), probability(c.q),
        )
        for c in ranked
    )  # fmt: skip
    columns = ("Where", "Change", "Now", "Before", "q")
    facts = {c.index: (c.now, c.before, c.change, c.q, *(c.ratio or (None, None, None))) for c in found.cells}
    return Picture(
        f"Change of {titled(metric).lower()}", _swatches(scale), cells, found.note, columns, lines,
        ("now", "before", "change", "q", "ratio", "ratio_low", "ratio_high"), None, facts,
    )  # fmt: skip


def _swatches(scale: Scale) -> tuple[Swatch, ...]:
    return tuple(Swatch(step.colour, step.text) for step in scale.steps)


@lru_cache(maxsize=4096)
def _rows(count: int) -> str:
    return f"\n{number(count, 'integer')} {'row' if count == 1 else 'rows'}"


def _signed(metric: Metric, value: float) -> str:
    text = plain_number(metric, value)
    return f"+{text}" if value > 0 else text


def probability(p: float | None) -> str:
    """A p- or q-value as people read it; empty where there is none."""
    if p is None:
        return ""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _hot_tip(metric: Metric, found: Hotspot) -> str:
    said = f"{found.kind.capitalize()}: z {found.z:.1f}, q {probability(found.q)}".replace("z -", "z −")
    proof = f"\n{found.proof.capitalize()}" if found.proof else ""
    return f"{said}{proof}\n{metric.title}: {found.shown}"


def _change_tip(metric: Metric, cell: Cell) -> str:
    said = f"Now {plain_number(metric, cell.now)}, before {plain_number(metric, cell.before)}"
    if cell.q is None or cell.ratio is None:
        return said
    ratio, low, high = (f"{part:.2g}" if part < math.inf else "any" for part in cell.ratio)
    return f"{said}\n{ratio} times as many (95 %: {low} to {high}), q {probability(cell.q)}"
