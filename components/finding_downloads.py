"""How does a viewer take along what an analysis found: clusters, risks, unusual clusters, patterns?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from components import mapped, state
from components.map_downloads import buttons, filters_said
from components.palette import DARK, palette
from data.model import Metric
from data.studies import Study
from data.types import Scope
from services.exports.sheets import Sheet
from services.exports.studies import cluster_sheet, looked_at, risk_sheet
from services.live.boards import Board
from services.live.choices import range_of
from services.maps import rarities, unusual
from services.maps.choices import MapChoice, box_of
from services.maps.found import ClusterPicture
from services.maps.hexes import HexMap, placed_dataset
from services.maps.labels import Names
from services.maps.patterns import Patterns
from services.maps.pictures import Picture
from services.maps.rhythms import Rhythms
from services.maps.scans import counted_by


def show_clusters(
    scope: Scope, board: Board, metric: Metric, study: Study, made: ClusterPicture, names: Names, shown: HexMap,
    choice: MapChoice,
) -> None:  # fmt: skip
    """The hulls of clusters with what is in them."""

    def make(now: datetime) -> Sheet:
        said = filters_said(board, choice)
        return cluster_sheet(scope, metric, study, made, names, shown.resolution, shown.box, choice, said, now)

    buttons(scope, board, metric, looked_at(scope, study, choice), make)


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


def show_unusual(scope: Scope, board: Board, metric: Metric, now: datetime) -> None:
    """The unusual clusters of the chosen nights; nothing where there are none."""
    dataset = placed_dataset(board.pack, metric)
    counted = counted_by(board.pack, dataset) if dataset else None
    scan = unusual.newest_scan(scope, dataset) if dataset else None
    if dataset is None or counted is None or scan is None:
        return
    limit, nights = unusual.limit_of(scope), int(state.read("nights", "1"))
    found = unusual.found_lately(scope, dataset, nights, limit.days, now)
    if not found:
        return
    span = range_of("custom", (scan.first_on, scan.last_on), scope.workspace.timezone, now)
    looked = MapChoice("unusual", counted.qualified, span, (), box_of(state.read("box")), scan.resolution, "quantiles")
    title, is_dark = f"Unusual clusters of {dataset.title.lower()}", palette() is DARK

    def make(at: datetime) -> Sheet:
        from services.exports.unusual import unusual_sheet

        shown = mapped.hex_map(scope, board, counted, looked, at)
        names = mapped.district_names(scope, board, looked, at)
        cards = rarities.cards(rarities.episodes(found), names.of_hexagon)
        drawn = rarities.picture(cards, title, is_dark)
        left_out = rarities.left_out(found)
        return unusual_sheet(scope, counted, scan, limit, cards, drawn, names, shown.box, looked, at, left_out)

    buttons(scope, board, counted, looked, make)
