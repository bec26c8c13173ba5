"""How does a viewer take along what an analysis found: clusters, risks, unusual clusters, patterns?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from components import mapped
from components.map_downloads import buttons, filters_said
from components.palette import DARK, palette
from data.model import Metric
from data.studies import Question, Study
from data.types import Scope
from services.exports.sheets import Sheet
from services.exports.studies import cluster_sheet, looked_at, member_sheet, risk_sheet
from services.live.boards import Board
from services.maps import studies
from services.maps.choices import MapChoice
from services.maps.found import ClusterPicture, cluster_picture
from services.maps.hexes import HexMap
from services.maps.labels import Names
from services.maps.patterns import Patterns
from services.maps.pictures import Picture
from services.maps.rarities import Card
from services.maps.rhythms import Rhythms
from services.maps.unusual import Limit, PlaceScan


def show_clusters(
    scope: Scope, board: Board, metric: Metric, study: Study, made: ClusterPicture, names: Names, shown: HexMap,
    choice: MapChoice,
) -> None:  # fmt: skip
    """The hulls of clusters with what is in them."""

    def make(now: datetime) -> Sheet:
        said = filters_said(board, choice)
        return cluster_sheet(scope, metric, study, made, names, shown.resolution, shown.box, choice, said, now)

    buttons(scope, board, metric, looked_at(scope, study, choice), make)


def show_members(
    scope: Scope, board: Board, metric: Metric, question: Question, study: Study, names: Names, shown: HexMap,
    choice: MapChoice,
) -> None:  # fmt: skip
    """Every place with its cluster, by the newest result; of one that was kept without places nothing. They are too
    many for KML."""
    if study.result is None or "places" not in study.result:
        return

    is_dark = palette() is DARK

    def make(now: datetime) -> Sheet:
        newest, members = studies.with_members(scope, question)
        assert newest.result is not None, "members are of a result"
        made = cluster_picture(metric, newest.result, shown.resolution, names.said, is_dark)
        said = filters_said(board, choice)
        return member_sheet(
            scope, metric, newest, members, made, names, shown.resolution, shown.box, choice, said, now, is_dark
        )

    looked = replace(looked_at(scope, study, choice), layer="members")
    buttons(scope, board, metric, looked, make, ("geojson", "csv", "parquet", "png"), "list of places")


def show_risk(
    scope: Scope, board: Board, metric: Metric, study: Study, picture: Picture, names: Names, resolution: int,
    choice: MapChoice,
) -> None:  # fmt: skip
    """The scores of hexagons with their reasons; `resolution` is that of the hexagons that `names` are of."""

    def make(now: datetime) -> Sheet:
        said = filters_said(board, choice)
        return risk_sheet(scope, metric, study, picture, names, resolution, choice, said, now)

    buttons(scope, board, metric, looked_at(scope, study, choice), make)


def show_patterns(
    scope: Scope, board: Board, shown: HexMap, found: Patterns, picked: Sequence[str], names: Names, choice: MapChoice
) -> None:
    """All pairs of place and category that stand out, also those that the table leaves out; no picture, as several lie
    on one place."""

    def make(now: datetime) -> Sheet:
        from services.exports.patterns import pattern_sheet

        return pattern_sheet(scope, shown, found, picked, names, choice, filters_said(board, choice), now)

    looked = replace(choice, layer="patterns")
    buttons(scope, board, shown.metric, looked, make, ("geojson", "kml", "csv", "parquet"), "table")


def show_hours(scope: Scope, board: Board, shown: HexMap, found: Rhythms, where: str, choice: MapChoice) -> None:
    """The hours of the week of all charts, as tables."""

    def make(now: datetime) -> Sheet:
        from services.exports.patterns import rhythm_sheet

        names, said = mapped.district_names(scope, board, choice, now), filters_said(board, choice)
        return rhythm_sheet(scope, shown, found, where, names, choice, said, now)

    buttons(scope, board, shown.metric, replace(choice, layer="hours"), make, ("csv", "parquet"), "table")


def show_unusual(
    scope: Scope, board: Board, counted: Metric, scan: PlaceScan, limit: Limit, cards: Sequence[Card], drawn: Picture,
    names: Names, looked: MapChoice, left_out: str,
) -> None:  # fmt: skip
    """The unusual clusters of the chosen nights."""

    def make(now: datetime) -> Sheet:
        from services.exports.unusual import unusual_sheet

        assert looked.box is not None, "it is the box of the map"
        return unusual_sheet(scope, counted, scan, limit, cards, drawn, names, looked.box, looked, now, left_out)

    buttons(scope, board, counted, looked, make)
