"""How does a viewer take along whether an intervention worked: the weeks, the mixture, the placebos?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from components import queries
from components.map_downloads import offer
from components.palette import DARK, palette
from data.types import Scope
from services.exports.effects import Finding, looked_at, place_sheet, placebo_sheet, week_sheet
from services.exports.maps import MAP_FORMS, MapForm
from services.exports.sheets import Sheet
from services.field.effects import ask_of
from services.field.errands import Errand
from services.live.boards import sentence_of
from services.maps.hexes import placed_dataset

_TABLES: tuple[MapForm, ...] = ("csv", "parquet")


def finding_of(scope: Scope, errand: Errand, now: datetime) -> Finding | None:
    """What was found, with its metric; None where the workspace does not use that any more."""
    ask = ask_of(errand.ask)
    for board in queries.known_boards(scope, now):
        metric = next((one for one in board.pack.metrics if one.qualified == ask.metric), None)
        dataset = placed_dataset(board.pack, metric) if metric else None
        if metric and dataset:
            return Finding(metric, dataset, errand, [sentence_of(board, condition) for condition in ask.filters])
    return None


def show_weeks(scope: Scope, finding: Finding) -> None:
    """The course of treated places and their mixture."""
    _offer(scope, finding, lambda now: week_sheet(scope, finding, now), _TABLES, "course", "effect")


def show_places(scope: Scope, finding: Finding) -> None:
    """The places with their weights; a map where they are hexagons."""
    forms = MAP_FORMS if finding.has_hexagons else _TABLES
    is_dark = palette() is DARK
    _offer(scope, finding, lambda now: place_sheet(scope, finding, now, is_dark), forms, "mixture", "mixture")


def show_placebos(scope: Scope, finding: Finding) -> None:
    """The placebos by rank, where they were kept."""
    if finding.errand.found.get("trials"):
        _offer(scope, finding, lambda now: placebo_sheet(scope, finding, now), _TABLES, "placebo test", "placebos")


def _offer(
    scope: Scope, finding: Finding, make: Callable[[datetime], Sheet], forms: tuple[MapForm, ...], what: str, layer: str
) -> None:
    choice = looked_at(scope, finding, layer)
    offer(scope, finding.dataset, finding.metric, choice, make, forms, what)
