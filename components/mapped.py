"""Which maps does this process already have, for whom and of which data?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from components import queries
from data.model import Metric
from data.types import Scope
from services.live.boards import Board
from services.live.choices import Choice
from services.maps import hexes, labels, places
from services.maps import views as pictures
from services.maps.choices import MapChoice
from services.maps.hexes import HexMap
from services.maps.labels import Names
from services.maps.pictures import Picture
from services.maps.places import Place


def hex_map(scope: Scope, board: Board, metric: Metric, choice: MapChoice, now: datetime) -> HexMap:
    """The numbers of a metric by hexagon."""
    key = _map_key(scope, "hex_map", board, choice, now)
    return queries.remembered(key, lambda: hexes.hex_map(scope, board.pack, metric, choice, now))


def district_names(scope: Scope, board: Board, choice: MapChoice, now: datetime) -> Names:
    """What districts are called, and where."""
    metric = board.metric(choice.metric)
    shown = hex_map(scope, board, metric, choice, now)
    key = _map_key(scope, "names", board, choice, now)
    return queries.remembered(key, lambda: labels.names(scope, board.pack, shown, choice, now))


def picture(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, is_dark: bool, now: datetime
) -> Picture | str:
    """The picture of the chosen layer, or why there is none."""
    shown, names = hex_map(scope, board, metric, choice, now), district_names(scope, board, choice, now)
    key = _map_key(scope, "picture", board, choice, now, is_dark=is_dark)
    return queries.remembered(
        key, lambda: pictures.picture(scope, board.pack, metric, shown, names, choice, is_dark, now)
    )


def place(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, picked: tuple[str, ...], now: datetime
) -> Place:
    """What is known of the picked hexagons."""
    seen = Choice("custom", choice.range, None, metric.qualified, choice.where)
    key = _map_key(scope, "place", board, choice, now, picked=picked)
    return queries.remembered(key, lambda: places.place(scope, board.pack, metric, seen, picked, now))


def _map_key(scope: Scope, what: str, board: Board, choice: MapChoice, now: datetime, **more: Any) -> str:
    known, minute = queries.versions(scope, now), int(now.timestamp()) // 60
    asked = asdict(choice) | more
    return queries.key_of(scope, what, pack=board.pack.name, versions=known, minute=minute, **asked)
