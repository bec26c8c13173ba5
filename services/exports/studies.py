"""What is taken along of clusters and risks: each hull with what is in it, each score with its reasons and its test?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data.model import Metric
from data.studies import Study
from data.types import Scope, TimeRange
from services.exports import sheets
from services.exports.map_files import polygon
from services.exports.sheets import Item, PlainSheet
from services.formats import number, plural
from services.maps.choices import Box, MapChoice
from services.maps.found import FEATURES, ClusterPicture, box_of_risk, cluster_labels, district_at
from services.maps.hexes import Coverage
from services.maps.labels import Names
from services.maps.pictures import Fact, Picture

CLUSTER_COLUMNS = (
    "cluster", "district", "rows", "category", "category_share", "category_lift", "half_within_m", "area_km2",
    "stability", "legend",
)  # fmt: skip
RISK_COLUMNS = ("h3", "district", "score", "expected", "why", *(f"factor: {title}" for title in FEATURES.values()))


def cluster_sheet(
    scope: Scope, metric: Metric, study: Study, made: ClusterPicture, names: Names, resolution: int, box: Box,
    choice: MapChoice, filters: Sequence[str], now: datetime,
) -> PlainSheet:  # fmt: skip
    """Every cluster with its hull, the largest first; `resolution` is that of the hexagons that `names` are of.

    Range and rows are those of the day on which the clusters were worked out.
    """
    import shapely

    found = _result(study)
    items = tuple(
        Item(
            str(one["number"]), f"Cluster {one['number']}",
            (
                one["number"], district_at(one["lat"], one["lon"], resolution, names.of_hexagon), one["size"],
                one["category"], one["category_share"], one["category_lift"], one["radius_m"], one["area_km2"],
                one["stability"], made.picture.swatches[hull.swatch].text,
            ),
            hull.swatch, shapely.Polygon(one["hull"]), float(one["size"]),
        )
        for one, hull in zip(found["clusters"], made.hulls, strict=True)
    )  # fmt: skip
    looked = looked_at(scope, study, choice)
    said = f"{number(found['in_clusters'], 'integer')} of {plural(found['used'], 'row')} lie in clusters."
    told = sheets.about(
        scope, metric, looked, filters, now, made.picture.title, made.said, _as_of(found),
        Coverage(found["rows"], 0, 0), said, box,
    ) | {
        "clusters": len(items), "worked_out_at": study.finished_at,
        **{name: found[name] for name in ("method", "radius_m", "points", "used", "in_clusters", "moved_m", "fitted")},
    }  # fmt: skip
    sentences = (*sheets.sentences(told, ("Clusters", plural(len(items), "cluster"))), _worked_out(scope, study))
    labels = tuple(cluster_labels(made, names.labels))
    return PlainSheet(
        made.picture.title, CLUSTER_COLUMNS, made.picture.swatches, items, told, sentences, labels, box, looked
    )


def risk_sheet(
    scope: Scope, metric: Metric, study: Study, picture: Picture, names: Names, resolution: int, choice: MapChoice,
    filters: Sequence[str], now: datetime,
) -> PlainSheet:  # fmt: skip
    """Every hexagon with its score and the factors behind it, the highest first; how the score and the plain map of the
    last four weeks did in past weeks is in `about` (`backtest`) and in the sentences.

    The range is the days that the score comes from. A factor that hardly matters is None.
    """
    from h3 import cell_to_latlng

    found = _result(study)
    painted = {cell.index: cell.swatch for cell in picture.cells}
    ranked = sorted(found["cells"], key=lambda cell: (-cell[1], -cell[2], cell[0]))
    items = []
    for index, score, expected, reasons in ranked:
        factors = dict(reasons)
        lat, lon = cell_to_latlng(index)
        district = district_at(lat, lon, resolution, names.of_hexagon)
        why = picture.facts[index][-1]
        values: tuple[Fact, ...] = (index, district, score, expected, why, *(factors.get(name) for name in FEATURES))
        items.append(Item(index, district or index, values, painted[index], polygon(index), score))
    looked = looked_at(scope, study, choice)
    last = looked.range.to_at.date()
    said = f"{plural(found['events'], 'event')} in {plural(found['days'], 'day')}."
    told = sheets.about(
        scope, metric, looked, filters, now, picture.title, picture.note, _as_of(found),
        Coverage(found["events"], 0, 0), said, choice.box or box_of_risk(found),
    ) | {
        "hexagons": len(items), "resolution": found["resolution"], "worked_out_at": study.finished_at,
        "score_from": last, "score_to": last + timedelta(days=7), "backtest": found["backtest"],
    }  # fmt: skip
    part = f"{plural(len(items), 'hexagon')} of H3 resolution {found['resolution']}"
    sentences = (*sheets.sentences(told, ("Hexagons", part)), *_tested(found), _worked_out(scope, study))
    return PlainSheet(
        picture.title, RISK_COLUMNS, picture.swatches, tuple(items), told, sentences, names.labels,
        choice.box or box_of_risk(found), looked,
    )  # fmt: skip


def _result(study: Study) -> dict[str, Any]:
    assert study.result is not None, "only a study with a result is shown"
    return study.result


def looked_at(scope: Scope, study: Study, choice: MapChoice) -> MapChoice:
    """The choice with the range that the worker looked at: of clusters as it was on that day, of risks all their days.

    Results of earlier versions do not say it; the range of the choice stays.
    """
    found = _result(study)
    if "first_on" in found:
        first, zone = date.fromisoformat(found["first_on"]), ZoneInfo(scope.workspace.timezone)
        days = (first, first + timedelta(days=found["days"]))
        return replace(choice, range=TimeRange(*(datetime.combine(day, time(), zone) for day in days)))
    if "from_at" in found:
        edges = (datetime.fromisoformat(found["from_at"]), datetime.fromisoformat(found["to_at"]))
        return replace(choice, range=TimeRange(*edges))
    return choice


def _as_of(found: Mapping[str, Any]) -> datetime | None:
    as_of = found.get("as_of")  # results of earlier versions have none
    return datetime.fromisoformat(as_of) if as_of else None


def _worked_out(scope: Scope, study: Study) -> tuple[str, str]:
    assert study.finished_at is not None, "a study with a result was finished"
    return "Worked out", sheets.dated(study.finished_at, scope.workspace.timezone)


def _tested(found: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The back-test of the score and of the plain map, as lines of a header."""
    test = found["backtest"]
    if test is None:
        return (("Back-test", found["sentence"]),)

    def shown(one: Mapping[str, float], style: str) -> str:
        return f"{one['value']:{style}} ({one['low']:{style}} to {one['high']:{style}})"

    area = f"{test['area']:.0%} of the area"
    return (
        ("Back-test", found["sentence"]),
        (f"Score, events in {area}", shown(test["model_hit"], ".1%")),
        (f"Last four weeks' map, events in {area}", shown(test["plain_hit"], ".1%")),
        ("Score, predictive accuracy index", shown(test["model_pai"], ".2f")),
        ("Last four weeks' map, predictive accuracy index", shown(test["plain_pai"], ".2f")),
    )
