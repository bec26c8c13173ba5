"""How do lines (mains, pipes) and posts (sensors) of a pack lie, what happened on each line, and how is each post?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from data.assets import Asset, assets_of, places_of
from data.model import Metric, Model, Pack
from data.types import CannotTell, MetricQuery, MetricResult, Scope
from services import metrics
from services.entities.kinds import Kind, kinds
from services.formats import number, plural
from services.live.boards import datasets_of, dimensions_of
from services.maps.choices import MapChoice
from services.spatial.rates import smooth

MOST_LINES = 20_000
_MOST_PLACES = 100_000
_NEAR_M = 100.0
_M_A_DEGREE = 111_320.0
Floats = NDArray[np.float64]
Course = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its points (one only where nothing more is known of it), what happened on it, and of counts the rate a
    kilometre, as counted and drawn to the mean. `is_seen`: it lies where its rows lie, as its register has no place."""

    name: str
    kind: Kind
    course: Course
    peers: str
    value: float
    km: float | None
    is_seen: bool
    rate: float | None = None
    smoothed: float | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """All lines and posts with a place; `without` counts lines that have none. `reason` says why there is nothing."""

    metric: Metric
    lines: tuple[Line, ...]
    without: int
    elsewhere: int
    is_measured: bool
    reason: str = ""
    as_of_at: datetime | None = None

    @property
    def lines_title(self) -> str:
        """What lines are: `pipelines`."""
        return self.lines[0].kind.entity.many if self.lines else "lines"


def line_kinds(pack: Pack) -> list[Kind]:
    """The kinds of things that are lines on the map."""
    return [kind for kind in kinds(Model((pack,))) if kind.entity.line and kind.own is not None]


def post_kinds(pack: Pack) -> list[Kind]:
    """The kinds of things with a place and readings."""
    return [kind for kind in kinds(Model((pack,))) if kind.entity.course and kind.own is not None and kind.own.place]


def has_network(pack: Pack) -> bool:
    """Whether the pack knows lines, or posts that are read."""
    return bool(line_kinds(pack) or post_kinds(pack))


def network(scope: Scope, pack: Pack, metric: Metric, choice: MapChoice, now: datetime) -> Network:
    """The lines of a pack with the number of each; zero where nothing happened.

    A line without a course in its register lies where its rows lie, at any time: through their places, less those
    that are farther off than it is long. Rates a kilometre, raw and drawn to the mean of all lines with or without a
    place (empirical Bayes, Marshall 1991), are of counts and of lines with a length.
    """
    found: list[Line] = []
    elsewhere, is_measured, as_of = 0, False, None
    for kind in line_kinds(pack):
        assert kind.own is not None, "a line has a register"
        peers = (kind.entity.peers,) if kind.entity.peers else ()
        assets = assets_of(scope, kind.own, kind.by, kind.entity.line, kind.entity.length, peers, MOST_LINES)
        names = kind.entity.column in {d.name for d in dimensions_of(pack, metric)}
        told = _by_thing(scope, kind, metric, choice, now) if names else None
        values, as_of = (_values(kind, metric, told), told.as_of) if told else ({}, as_of)
        is_measured = is_measured or names
        seen = _seen(scope, pack, kind, metric) if names and any(not _own_course(one) for one in assets) else {}
        made = [_line(kind, one, values.get(one.name, 0.0), seen.get(one.name)) for one in assets]
        found += _with_rates(metric, made) if names else made
        if metric.shape == "count":
            elsewhere += int(sum(values[name] for name in values.keys() - {one.name for one in made if one.course}))
    lines = tuple(one for one in found if one.course)
    nothing = "" if lines else "No line of this workspace has a place."
    return Network(metric, lines, len(found) - len(lines), elsewhere, is_measured, nothing, as_of)


def _line(kind: Kind, asset: Asset, value: float, seen: Course | None) -> Line:
    own = _own_course(asset)
    km = None if not asset.length_m else asset.length_m / 1000
    course = own or _near_ones(seen or (), (asset.length_m or 0.0) + _NEAR_M)
    return Line(asset.name, kind, course, next(iter(asset.texts), ""), value, km, not own and bool(course))


def _own_course(asset: Asset) -> Course:
    """The points that the register has; its place where it has no line."""
    found = course_of(asset.line)
    if not found and asset.lat is not None and asset.lon is not None:
        return ((asset.lon, asset.lat),)
    return found


def course_of(text: str) -> Course:
    """The points of `lon lat, lon lat` or of a WKT line; none where it is something else."""
    inner = text.strip().removesuffix(")").rpartition("(")[2]
    try:
        points = tuple((float(lon), float(lat)) for lon, lat in (pair.split() for pair in inner.split(",") if pair))
    except ValueError:
        return ()
    sound = all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in points)
    return points if sound else ()


def _by_thing(scope: Scope, kind: Kind, metric: Metric, choice: MapChoice, now: datetime) -> MetricResult:
    query = MetricQuery((metric.qualified,), choice.range, by=(kind.entity.column,), where=choice.where)
    return metrics.answer(scope, [query], now)[0]


def _values(kind: Kind, metric: Metric, found: MetricResult) -> dict[str, float]:
    column, name = kind.entity.column, metric.qualified
    return {row[column]: float(row[name]) for row in found.rows if row[column] is not None and row[name] is not None}


def _seen(scope: Scope, pack: Pack, kind: Kind, metric: Metric) -> dict[str, Course]:
    """The places of the rows that name a thing, whenever they happened."""
    sources = [d for d in datasets_of(pack, metric) if d.place]
    found: dict[str, list[tuple[float, float]]] = {}
    for name, lat, lon in places_of(scope, sources[0], kind.entity.column, _MOST_PLACES) if sources else ():
        found.setdefault(name, []).append((round(lon, 6), round(lat, 6)))
    return {name: tuple(points) for name, points in found.items()}


def _near_ones(points: Course, within_m: float) -> Course:
    """The points that lie within so many metres of their middle, in the order of a line through them."""
    if len(points) < 2:
        return points
    at: Floats = np.asarray(points, np.float64)
    middle = np.median(at, axis=0)
    metres = (at - middle) * [_M_A_DEGREE * math.cos(math.radians(float(middle[1]))), _M_A_DEGREE]
    near = np.hypot(metres[:, 0], metres[:, 1]) <= within_m
    kept, metres = at[near], metres[near] - metres[near].mean(axis=0) if near.any() else metres
    if len(kept) < 2:
        return tuple(map(tuple, kept.tolist())) or points[:1]
    along = metres @ np.linalg.svd(metres, full_matrices=False)[2][0]
    return tuple((lon, lat) for lon, lat in kept[np.argsort(along)].tolist())


def _with_rates(metric: Metric, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with their rates, where the metric counts and lengths are known."""
    if metric.shape != "count" or not lines:
        return tuple(lines)
    km = np.asarray([line.km or 0.0 for line in lines])
    rates = smooth(np.asarray([line.value if line.km else 0.0 for line in lines]), km)
    if isinstance(rates, CannotTell):
        return tuple(lines)
    return tuple(
        replace(line, rate=float(rates.raw[i]), smoothed=float(rates.smoothed[i])) if line.km else line
        for i, line in enumerate(lines)
    )


def sentence(shown: Network) -> str:
    """How many lines have a place, of which sort, and what happened on others."""
    many, placed = shown.lines_title, len(shown.lines)
    parts = [f"{number(placed, 'integer')} {many} of {number(placed + shown.without, 'integer')} have a place."]
    if seen := sum(line.is_seen for line in shown.lines):
        have, it = ("has no course in the register and lies", "it") if seen == 1 else (
            "have no course in the register and lie", "them")  # fmt: skip
        parts.append(f"{number(seen, 'integer')} of them {have} where the rows that name {it} do.")
    if shown.elsewhere:
        name = "names" if shown.elsewhere == 1 else "name"
        parts.append(f"{plural(shown.elsewhere, 'row')} {name} one without a place or one that is not registered.")
    if not shown.is_measured:
        parts.append(f"{shown.metric.title} is not told by {many}: no row of it names one.")
    return " ".join(parts)
