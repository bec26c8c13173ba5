"""What does every map that is taken along hold, whatever is drawn on it: shapes, numbers, colours, what it is about?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from data.model import Dataset, Metric
from data.types import Scope
from services.formats import span
from services.maps.choices import LAYERS, Box, MapChoice
from services.maps.hexes import Coverage
from services.maps.labels import Label
from services.maps.pictures import Fact, Swatch

if TYPE_CHECKING:
    import shapely

COUNTED = (
    "hexagons", "areas", "places", "steps", "lines", "clusters", "pairs", "incidents", "hours", "weeks", "placebos",
)  # fmt: skip
"""What maps are made of; `about` says under one of these names how many there are."""


@dataclass(frozen=True, slots=True)
class Item:
    """One shape of a map: its values in the order of the sheet's columns, and the place of its colour in the legend
    (None: it has none), where it lies (None: a line of a table). `weight` is what it adds to a density."""

    key: str
    name: str
    values: tuple[Fact, ...]
    swatch: int | None
    shape: shapely.Geometry | None
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Panel:
    """One of several maps that a picture shows side by side."""

    title: str
    items: tuple[Item, ...]


class Sheet(Protocol):
    """A map as files are made of it. `about` is for programs, `sentences` (what it is, in words) for people."""

    @property
    def title(self) -> str:
        """What stands above the map."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the values of each item."""

    @property
    def swatches(self) -> tuple[Swatch, ...]:
        """The colours of the legend."""

    @property
    def items(self) -> Sequence[Item]:
        """What is drawn, the most important first."""

    @property
    def about(self) -> Mapping[str, Any]:
        """What must be known about the map: range, filters, as-of time, counts."""

    @property
    def sentences(self) -> tuple[tuple[str, str], ...]:
        """The same in words."""

    @property
    def labels(self) -> tuple[Label, ...]:
        """Names that stand on the map."""

    @property
    def box(self) -> Box:
        """The part of the earth that a picture shows."""

    @property
    def choice(self) -> MapChoice:
        """Of which choice the map is."""

    @property
    def panels(self) -> tuple[Panel, ...]:
        """The maps that a picture shows side by side; without any it shows the items."""


@dataclass(frozen=True, slots=True)
class PlainSheet:
    """A Sheet whose items are there already."""

    title: str
    columns: tuple[str, ...]
    swatches: tuple[Swatch, ...]
    items: tuple[Item, ...]
    about: Mapping[str, Any]
    sentences: tuple[tuple[str, str], ...]
    labels: tuple[Label, ...]
    box: Box
    choice: MapChoice
    panels: tuple[Panel, ...] = ()


def about(
    scope: Scope, metric: Metric | Dataset, choice: MapChoice, filters: Sequence[str], now: datetime, title: str,
    note: str, as_of: datetime | None, coverage: Coverage, coverage_said: str, box: Box,
) -> dict[str, Any]:  # fmt: skip
    """What programs want to know of a map; `filters` are those of the choice in words."""
    area = json.loads(choice.area) if choice.area else list(box)
    return {
        "title": title, "layer": LAYERS.get(choice.layer, choice.layer), "metric": metric.qualified,
        "workspace": scope.workspace.name, "from": choice.range.from_at, "to": choice.range.to_at,
        "timezone": scope.workspace.timezone, "filters": list(filters), "area": area, "as_of": as_of,
        "made_at": now, "rows": coverage.shown, "rows_elsewhere": coverage.elsewhere,
        "rows_without_place": coverage.unplaced, "coverage": coverage_said, "note": note,
    }  # fmt: skip


def sentences(about: Mapping[str, Any], part: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """What people want to know of it; `part` says of how many shapes it is made: `("Hexagons", "1,200 hexagons")`."""
    zone = about["timezone"]
    return (
        ("Title", about["title"]), ("Workspace", about["workspace"]),
        ("Range", f"{span(about['from'], about['to'], zone)} ({zone})"),
        ("Filters", "; ".join(about["filters"]) or "none"),
        ("Data as of", dated(about["as_of"], zone) if about["as_of"] else "no data yet"), ("Rows", about["coverage"]),
        part, ("Note", about["note"]),
    )  # fmt: skip


def dated(at: datetime, timezone: str) -> str:
    """`3 May 2026 14:03`: a file is read on other days, too."""
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%b %Y %H:%M}"


def part_of(sheet: Sheet) -> str:
    """The sentence that says of how many shapes the map is made."""
    told = dict(sheet.sentences)
    return next(told[name.capitalize()] for name in COUNTED if name.capitalize() in told)


__all__ = ["COUNTED", "Item", "Panel", "PlainSheet", "Sheet", "about", "dated", "part_of", "sentences"]
