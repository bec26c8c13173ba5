"""How does a viewer take along which reports are of one incident, and where most are repeated?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from components import queries
from components.map_downloads import offer
from data.model import Dataset
from data.types import Scope
from services.exports.maps import MAP_FORMS, MapForm
from services.exports.sheets import Sheet
from services.field.errands import Errand
from services.field.linked import IncidentMap
from services.field.repeats import RepeatsAsk, ask_of
from services.live.boards import Board, sentence_of
from services.maps.choices import MapChoice

_TABLES: tuple[MapForm, ...] = ("csv", "parquet")


def show_incidents(scope: Scope, errand: Errand, shown: IncidentMap, now: datetime) -> None:
    """The incidents of the map in each format."""
    source = _source(scope, ask_of(errand.ask), now)
    if source is None:
        return
    board, dataset = source

    def make(at: datetime) -> Sheet:
        from services.exports.incidents import incident_sheet

        return incident_sheet(scope, dataset, errand, shown, _filters(board, errand), at)

    _offer(scope, dataset, errand, make, MAP_FORMS, "map")


def show_league(scope: Scope, errand: Errand, now: datetime) -> None:
    """The league table of areas."""
    source = _source(scope, ask_of(errand.ask), now)
    if source is None:
        return
    board, dataset = source

    def make(at: datetime) -> Sheet:
        from services.exports.incidents import league_sheet

        return league_sheet(scope, dataset, errand, _filters(board, errand), at)

    _offer(scope, dataset, errand, make, _TABLES, "table")


def _offer(
    scope: Scope, dataset: Dataset, errand: Errand, make: Callable[[datetime], Sheet], forms: Sequence[MapForm],
    what: str,
) -> None:  # fmt: skip
    ask = ask_of(errand.ask)
    layer = "incidents" if what == "map" else "repeats"
    choice = MapChoice(layer, dataset.qualified, ask.range, ask.filters, None, None, "")
    offer(scope, dataset, dataset, choice, make, forms, what)


def _source(scope: Scope, ask: RepeatsAsk, now: datetime) -> tuple[Board, Dataset] | None:
    """The dataset of a question with its pack; None where the workspace does not use that any more."""
    known = ((board, dataset) for board in queries.known_boards(scope, now) for dataset in board.pack.datasets)
    return next(((board, dataset) for board, dataset in known if dataset.qualified == ask.dataset), None)


def _filters(board: Board, errand: Errand) -> list[str]:
    return [sentence_of(board, condition) for condition in ask_of(errand.ask).filters]
