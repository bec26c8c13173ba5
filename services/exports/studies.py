"""What is taken along of clusters and risks: each hull, the cluster of each place, each score with its reasons?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from services.formats import grouped, number, plural, share
from services.maps.choices import Box, MapChoice
from services.maps.found import FEATURES, ClusterPicture, box_of_risk, cluster_labels, district_at
from services.maps.hexes import Coverage
from services.maps.labels import Label, Names
from services.maps.pictures import Fact, Picture, Swatch

CLUSTER_COLUMNS = (
    "cluster", "district", "rows", "category", "category_share", "category_lift", "half_within_m", "area_km2",
    "stability", "legend",
)  # fmt: skip
MEMBER_COLUMNS = ("h3", "district", "cluster", "membership", "category", "rows", "legend")
RISK_COLUMNS = ("h3", "district", "score", "expected", "why", *(f"factor: {title}" for title in FEATURES.values()))
_NOISE, _NOISE_DARK = (202, 208, 213), (62, 70, 79)


def cluster_sheet(
    scope: Scope, metric: Metric, study: Study, made: ClusterPicture, names: Names, resolution: int, box: Box,
    choice: MapChoice, filters: Sequence[str], now: datetime,
) -> PlainSheet:  # fmt: skip
    """Every cluster with its hull, the largest first; `resolution` is that of the hexagons that `names` are of.

    Range and rows are those of the day on which the clusters were worked out.
    """
    import shapely

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
        for one, hull in zip(_result(study)["clusters"], made.hulls, strict=True)
    )  # fmt: skip
    labels = tuple(cluster_labels(made, names.labels))
    part = ("Clusters", plural(len(items), "cluster"))
    return _of_clusters(scope, metric, study, made, CLUSTER_COLUMNS, items, part, labels, box, choice, filters, now)


def member_sheet(
    scope: Scope, metric: Metric, study: Study, members: Mapping[str, Sequence[Any]], made: ClusterPicture,
    names: Names, resolution: int, box: Box, choice: MapChoice, filters: Sequence[str], now: datetime,
    is_dark: bool = False,
) -> PlainSheet:  # fmt: skip
    """Every place (an H3 cell of resolution 12, about 19 m) with its rows by category and their cluster, the largest
    cluster first and noise last. Of more rows than are looked at only those are here that were drawn by lot.
    """
    import shapely
    from h3 import cell_to_latlng, cell_to_parent

    swatches = (*made.picture.swatches, Swatch(_NOISE_DARK if is_dark else _NOISE, "Noise: in no cluster"))
    grades = {hull.number: hull.swatch for hull in made.hulls}
    lines = zip(*(members[name] for name in ("cells", "categories", "clusters", "rows")), strict=True)
    ranked = sorted(lines, key=lambda line: (line[2] is None, line[2] or 0, -line[3], line[0], line[1] or ""))
    middles = shapely.points([cell_to_latlng(line[0])[::-1] for line in ranked])
    items = []
    for (cell, category, cluster, rows), middle in zip(ranked, middles, strict=True):
        district = names.of_hexagon.get(cell_to_parent(cell, resolution), "")
        grade = len(swatches) - 1 if cluster is None else grades[cluster]
        membership, title = ("noise", "Noise") if cluster is None else ("cluster", f"Cluster {cluster}")
        values = (cell, district, cluster, membership, category, rows, swatches[grade].text)
        items.append(Item(cell, title, values, grade, middle, float(rows)))
    found = _result(study)
    left_out = found["rows"] - found["used"]
    part = f"{plural(len(items), 'line')} of place and category with {plural(sum(members['rows']), 'row')}"
    if left_out:
        part = f"{part}; {plural(left_out, 'row')} not drawn by lot {'is' if left_out == 1 else 'are'} left out"
    sheet = _of_clusters(
        scope, metric, study, made, MEMBER_COLUMNS, tuple(items), ("Places", part), names.labels, box, choice, filters,
        now,
    )  # fmt: skip
    return replace(sheet, swatches=swatches, about={**sheet.about, "rows_left_out": left_out, "resolution": 12})


def _of_clusters(
    scope: Scope, metric: Metric, study: Study, made: ClusterPicture, columns: tuple[str, ...],
    items: tuple[Item, ...], part: tuple[str, str], labels: Sequence[Label], box: Box, choice: MapChoice,
    filters: Sequence[str], now: datetime,
) -> PlainSheet:  # fmt: skip
    """Items of clusters with what is known of the study in the header; `part` says how many there are."""
    found, looked = _result(study), looked_at(scope, study, choice)
    said = f"{number(found['in_clusters'], 'integer')} of {plural(found['used'], 'row')} lie in clusters."
    told = sheets.about(
        scope, metric, looked, filters, now, made.picture.title, made.said, _as_of(found),
        Coverage(found["rows"], 0, 0), said, box,
    ) | {
        part[0].lower(): len(items), "worked_out_at": study.finished_at,
        **{name: found[name] for name in ("method", "radius_m", "points", "used", "in_clusters", "moved_m", "fitted")},
    }  # fmt: skip
    sentences = (*sheets.sentences(told, part), _worked_out(scope, study))
    return PlainSheet(
        made.picture.title, columns, made.picture.swatches, items, told, sentences, tuple(labels), box, looked
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

    def shown(one: Mapping[str, float], written: Callable[[float, int], str], decimals: int) -> str:
        value, low, high = (written(one[name], decimals) for name in ("value", "low", "high"))
        return f"{value} ({low} to {high})"

    area = f"{share(test['area'])} of the area"
    return (
        ("Back-test", found["sentence"]),
        (f"Score, events in {area}", shown(test["model_hit"], share, 1)),
        (f"Last four weeks' map, events in {area}", shown(test["plain_hit"], share, 1)),
        ("Score, predictive accuracy index", shown(test["model_pai"], grouped, 2)),
        ("Last four weeks' map, predictive accuracy index", shown(test["plain_pai"], grouped, 2)),
    )
