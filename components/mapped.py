"""Which maps does this process already have, for whom and of which data?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from components import queries
from data.boundaries import Boundaries
from data.model import Dataset, Metric
from data.types import Scope
from services.live.boards import Board
from services.maps import hexes, labels, patterns, playback, points, rhythms
from services.maps import sides as periods
from services.maps import views as pictures
from services.maps.boundaries import get_boundaries, list_boundaries
from services.maps.choices import MOST_BY_LAYER, MapChoice, place_filter
from services.maps.hexes import HexMap
from services.maps.labels import Names
from services.maps.patterns import Patterns
from services.maps.pictures import Picture
from services.maps.places import hexagons_filter
from services.maps.playback import Film
from services.maps.points import Marks
from services.maps.rhythms import Rhythms
from services.maps.sides import Sides


def hex_map(scope: Scope, board: Board, metric: Metric, choice: MapChoice, now: datetime) -> HexMap:
    """The numbers of a metric by hexagon."""
    key, most = _map_key(scope, "hex_map", board, choice, now), MOST_BY_LAYER.get(choice.layer, hexes.MOST_HEXAGONS)
    return queries.remembered(key, lambda: hexes.hex_map(scope, board.pack, metric, choice, now, most))


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


def film(scope: Scope, board: Board, metric: Metric, choice: MapChoice, is_dark: bool, now: datetime) -> Film:
    """The frames of the map through its range."""
    shown = hex_map(scope, board, metric, choice, now)
    key = _map_key(scope, "film", board, choice, now, is_dark=is_dark)
    return queries.remembered(key, lambda: playback.film(scope, shown, choice, is_dark, now))


def sides(scope: Scope, board: Board, metric: Metric, choice: MapChoice, is_dark: bool, now: datetime) -> Sides | str:
    """The maps of two periods."""
    shown, names = hex_map(scope, board, metric, choice, now), district_names(scope, board, choice, now)
    key = _map_key(scope, "sides", board, choice, now, is_dark=is_dark)
    return queries.remembered(key, lambda: periods.sides(scope, shown, choice, names.said, is_dark, now))


def marks(scope: Scope, board: Board, metric: Metric, choice: MapChoice, is_dark: bool, now: datetime) -> Marks:
    """The points of the map, or its rows in groups."""
    shown, names = hex_map(scope, board, metric, choice, now), district_names(scope, board, choice, now)
    dataset, make = _dataset(board, metric), points.points if choice.layer == "points" else points.groups
    key = _map_key(scope, "marks", board, choice, now, is_dark=is_dark)
    return queries.remembered(key, lambda: make(scope, board.pack, dataset, shown, choice, names.said, is_dark, now))


def boundaries(scope: Scope, name: str) -> Boundaries:
    """The boundaries of that name with their geometry."""
    known = {one.name: one.fingerprint for one in list_boundaries(scope)}
    key = queries.key_of(scope, "boundaries", name=name, fingerprint=known.get(name, ""))
    return queries.remembered(key, lambda: get_boundaries(scope, name))


def rhythm(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, picked: tuple[str, ...], now: datetime
) -> Rhythms:
    """The hours of the week in what is picked, else in what is in view."""
    shown, dataset = hex_map(scope, board, metric, choice, now), _dataset(board, metric)
    where = (*choice.where, *((hexagons_filter(picked),) if picked else place_filter(choice, shown.box)))
    key = _map_key(scope, "rhythm", board, choice, now, picked=picked)
    return queries.remembered(
        key, lambda: rhythms.rhythms(scope, board.pack, dataset, metric, choice.range, where, now)
    )


def pattern(
    scope: Scope, board: Board, metric: Metric, choice: MapChoice, picked: tuple[str, ...], now: datetime
) -> Patterns:
    """The categories that stand out by hexagon, or in the picked ones against all others."""
    shown, dataset = hex_map(scope, board, metric, choice, now), _dataset(board, metric)
    key = _map_key(scope, "pattern", board, choice, now, picked=picked)
    return queries.remembered(key, lambda: patterns.patterns(scope, board.pack, dataset, shown, choice, picked, now))


def _dataset(board: Board, metric: Metric) -> Dataset:
    found = hexes.placed_dataset(board.pack, metric)
    assert found is not None, "a metric that is mapped has places"
    return found


def _map_key(scope: Scope, what: str, board: Board, choice: MapChoice, now: datetime, **more: Any) -> str:
    return queries.key_of_data(scope, what, now, pack=board.pack.name, **asdict(choice), **more)
