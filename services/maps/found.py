"""How are clusters and risks that the worker found drawn, explained and listed?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from data.model import Metric
from data.studies import Study
from services.formats import days_text, moment, number, plural, share
from services.maps.choices import Box
from services.maps.colours import categorical, sequential
from services.maps.labels import Label
from services.maps.pictures import Painted, Picture, Swatch

STABLE, FAIR = 0.75, 0.6
_LISTED = 50
_BEFORE_NAMES = 10  # clusters whose number matters more than the name of a district
_NEAR_SURE = 95.0
FEATURES = {
    "own past": "its own past", "next door": "events next door", "exposure": "exposure", "season": "season",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hull:
    """One cluster to draw: its outline, where its number stands, which swatch it has and what is said of it."""

    number: int
    outline: list[list[float]]
    lon: float
    lat: float
    swatch: int
    tip: str


@dataclass(frozen=True, slots=True)
class ClusterPicture:
    """Clusters, with the legend and table of a picture."""

    hulls: tuple[Hull, ...]
    picture: Picture
    said: str


def age_said(study: Study, timezone: str, now: datetime, version: int | None) -> str:
    """`Worked out: today 06:56; there is newer data.`"""
    if study.finished_at is None or study.result is None:
        return ""
    said = f"Worked out: {moment(study.finished_at, timezone, now)}"
    return f"{said}; there is newer data." if version and study.version != version else f"{said}."


def district_at(lat: float, lon: float, resolution: int, where: dict[str, str]) -> str:
    """The district of the hexagon of the map that a place is in."""
    from h3 import latlng_to_cell

    return where.get(latlng_to_cell(lat, lon, resolution), "")


def _district(index: str, resolution: int, where: dict[str, str]) -> str:
    from h3 import cell_to_latlng

    lat, lon = cell_to_latlng(index)
    return district_at(lat, lon, resolution, where)


def cluster_picture(
    metric: Metric, found: dict[str, Any], resolution: int, where: dict[str, str], is_dark: bool
) -> ClusterPicture:
    """Clusters by how surely they come back when half of the rows are left out."""
    colours = categorical(is_dark)
    swatches = (
        Swatch(colours[5], "Stable (0.75 and more)"), Swatch(colours[1], "Fair (0.6 to 0.75)"),
        Swatch(colours[6], "Not to be trusted (below 0.6)"),
    )  # fmt: skip
    hulls, lines = [], []
    for one in found["clusters"]:
        stable = one["stability"]
        grade = 2 if stable is None or stable < FAIR else 1 if stable < STABLE else 0
        kind = ""
        if one["category"] is not None:
            kind = f"{one['category']} ({share(one['category_share'])}, {one['category_lift']:.1f} × the share overall)"
        shown = "unknown" if stable is None else f"{stable:.2f}"
        tip = f"Cluster {one['number']}: {plural(one['size'], 'row')}\n{kind}\nStability {shown}"
        hulls.append(Hull(one["number"], one["hull"], one["lon"], one["lat"], grade, tip.replace("\n\n", "\n")))
        district = district_at(one["lat"], one["lon"], resolution, where)
        lines.append(
            ("", str(one["number"]), district, number(one["size"], "integer"), kind, _metres(one["radius_m"]), shown)
        )
    columns = ("No", "Where", "Size", "Mainly", "Half within", "Stability")
    part = f"{number(found['in_clusters'], 'integer')} of {plural(found['used'], 'row')}"
    note = f"{plural(len(hulls), 'cluster')} with {part}"
    picture = Picture(
        f"Clusters of {metric.title.lower()}", swatches, (), note, columns, tuple(lines[:_LISTED]), listed_of=len(lines)
    )
    return ClusterPicture(tuple(hulls), picture, _parameters(found))


def cluster_labels(made: ClusterPicture, labels: Sequence[Label]) -> list[Label]:
    """Numbers of clusters and names of districts, those first that matter most where there is no room for all.

    A district that is called by a number is left out: it would look like a cluster.
    """
    numbers = [Label(str(hull.number), hull.lon, hull.lat) for hull in made.hulls[: len(made.picture.lines)]]
    words = [label for label in labels if not label.name.isdigit()]
    return [*numbers[:_BEFORE_NAMES], *words, *numbers[_BEFORE_NAMES:]]


def _parameters(found: dict[str, Any]) -> str:
    """Which parameters were taken, and what was done to be quick."""
    if found["method"] == "dbscan":
        said = f"A cluster grows wherever {found['points']} rows lie within {_metres(found['radius_m'])} (DBSCAN)"
    else:
        said = f"A cluster has {found['points']} rows or more, however dense (HDBSCAN)"
    parts = [f"{said}; both numbers come from the data." if found["method"] == "dbscan" else f"{said}; from the data."]
    if found["used"] < found["rows"]:
        parts.append(f"{number(found['used'], 'integer')} of {plural(found['rows'], 'row')} were drawn by lot.")
    if found["moved_m"]:
        parts.append(f"Rows were moved by up to {_metres(found['moved_m'])} to be quick.")
    return " ".join(parts)


def _metres(metres: float) -> str:
    return f"{metres / 1000:.1f} km" if metres >= 1000 else f"{metres:.0f} m"


def risk_picture(
    metric: Metric, found: dict[str, Any], resolution: int, where: dict[str, str], is_dark: bool
) -> Picture:
    """The score of each hexagon: the chance of at least one event within seven days, 0 to 100.

    Where so much happens that most scores are near 100, colours tell how many events are expected.
    """
    cells = found["cells"]
    is_sure = sum(cell[1] >= _NEAR_SURE for cell in cells) > len(cells) / 2
    if is_sure:
        scale = sequential([cell[2] for cell in cells], "quantiles", is_dark, _expected)
    else:
        scale = sequential([cell[1] for cell in cells], "even", is_dark, _score)
    painted = tuple(
        Painted(
            index, scale.place(expected if is_sure else score),
            f"Score {_score(score)}: {_expected(expected)} expected\n{_why(reasons, ', ')}",
        )
        for index, score, expected, reasons in cells
    )  # fmt: skip
    ranked = sorted(cells, key=lambda cell: (-cell[1], -cell[2], cell[0]))[:_LISTED]
    lines = tuple(
        (index, _district(index, resolution, where), _score(score), _expected(expected), _why(reasons))
        for index, score, expected, reasons in ranked
    )
    facts = {index: (score, expected, _why(reasons)) for index, score, expected, reasons in cells}
    days = number(found["days"], "integer")
    note = f"from {number(found['events'], 'integer')} events in {days} days; 100 means almost surely at least one"
    if is_sure:
        note = f"events expected in each hexagon, as most scores are near 100; {note}"
    return Picture(
        f"Risk of {metric.title.lower()} in {_week(found.get('from_on'))}",
        tuple(Swatch(s.colour, s.text) for s in scale.steps), painted, note,
        ("Where", "Score", "Expected", "Why"), lines, ("score", "expected", "why"), None, facts,
    )  # fmt: skip


def _score(score: float) -> str:
    """A score with the digits that tell small ones apart."""
    return f"{score:.0f}" if score >= 10 else f"{score:.1f}" if score >= 1 else f"{score:.2f}"


def _expected(events: float) -> str:
    return f"{events:.1f}" if events >= 1 else f"{events:.2f}" if events >= 0.1 else f"{events:.3f}"


def _week(from_on: str | None) -> str:
    """The week that a risk is about; of data that ended long ago the one after its end."""
    if from_on is None:
        return "the next 7 days"
    first = date.fromisoformat(from_on)
    return f"{days_text(first, first + timedelta(days=6))}, the week after the newest data"


def _why(reasons: list[list[Any]], between: str = "; ") -> str:
    """`its own past ×2.1; season ×0.8`: factors beside the average hexagon."""
    shown = [(FEATURES.get(name, name), f"{f:.0f}" if f >= 10 else f"{f:.2g}") for name, f in reasons]
    told = [f"{name} ×{factor}" for name, factor in shown]
    return between.join(told) or "like the average hexagon"


def box_of_risk(found: dict[str, Any]) -> Box:
    """The box of all scored hexagons."""
    west, south, east, north = found["box"]
    return west, south, east, north
