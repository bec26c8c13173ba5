"""How do lines (mains, pipes) and posts (sensors) of a pack lie, what happened on each line, and how is each post?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from data.assets import Asset, assets_of, places_of, register_of
from data.model import Metric, Model, Pack
from data.types import CannotTell, MetricQuery, MetricResult, Scope
from services import metrics
from services.entities.kinds import Kind, kinds
from services.formats import inside, number, plural
from services.live.boards import datasets_of, dimensions_of
from services.maps.choices import MapChoice
from services.spatial.rates import smooth

MOST_LINES = 20_000
_MOST_PLACES = 100  # of one line that lies where its rows do
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
    """The lines and posts with a place; `without` counts lines that have none. `reason` says why there is nothing.

    Of more than MOST_LINES `registered` lines those with the largest numbers are kept; `cut_rows` name one of the
    others, `elsewhere` one without a place or one that is not registered.
    """

    metric: Metric
    lines: tuple[Line, ...]
    without: int
    elsewhere: int
    is_measured: bool
    reason: str = ""
    as_of_at: datetime | None = None
    registered: int = 0
    cut_rows: int = 0

    @property
    def lines_title(self) -> str:
        """What lines are: `pipelines`."""
        return self.lines[0].kind.entity.many if self.lines else "lines"

    @property
    def kept(self) -> int:
        """How many lines were looked at."""
        return len(self.lines) + self.without

    def which(self) -> str:
        """Of which lines the network is, where there are more: `those with most breaks`."""
        if not self.is_measured:
            return "the first by name"
        title = inside(self.metric.title)
        return f"those with most {title}" if self.metric.shape == "count" else f"those with the largest {title}"


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

    A line without a course in its register lies where its rows lie, at any time: through their places (the newest 100),
    less those that are farther off than it is long. Rates a kilometre, raw and drawn to the mean of all lines with or
    without a place (empirical Bayes, Marshall 1991), are of counts and of lines with a length.
    """
    parts = [_part(scope, pack, kind, metric, choice, now) for kind in line_kinds(pack)]
    found = [line for part in parts for line in part.lines]
    lines = tuple(one for one in found if one.course)
    return Network(
        metric, lines, len(found) - len(lines), sum(part.elsewhere for part in parts),
        any(part.told is not None for part in parts), "" if lines else "No line of this workspace has a place.",
        next((part.told.as_of for part in reversed(parts) if part.told), None),
        sum(part.registered for part in parts), sum(part.cut_rows for part in parts),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Part:
    """The lines of one kind, with or without a place; `told` is the answer by line, None where no row names one."""

    lines: Sequence[Line]
    registered: int
    told: MetricResult | None
    elsewhere: int
    cut_rows: int


def _part(scope: Scope, pack: Pack, kind: Kind, metric: Metric, choice: MapChoice, now: datetime) -> _Part:
    assert kind.own is not None, "a line has a register"
    names = kind.entity.column in {d.name for d in dimensions_of(pack, metric)}
    told = _by_thing(scope, kind, metric, choice, now) if names else None
    values = _values(kind, metric, told) if told else {}
    register = register_of(scope, kind.own, kind.by, kind.entity.length)
    peers = (kind.entity.peers,) if kind.entity.peers else ()
    kept = _with_most(register, values)
    assets = assets_of(scope, kind.own, kind.by, kind.entity.line, kind.entity.length, peers, kept)
    bare = [one.name for one in assets if not _own_course(one)]
    seen = _seen(scope, pack, kind, metric, bare) if names and bare else {}
    lines = [_line(kind, one, values.get(one.name, 0.0), seen.get(one.name)) for one in assets]
    if metric.shape != "count" or told is None:
        return _Part(lines, len(register), told, 0, 0)
    cut = {name for name, _ in register} - {one.name for one in lines}
    placed = {one.name for one in lines if one.course}
    elsewhere = int(sum(values[name] for name in values.keys() - placed - cut))
    cut_rows = int(sum(values.get(name, 0.0) for name in cut))
    return _Part(_with_rates(lines, register, values), len(register), told, elsewhere, cut_rows)


def _with_most(register: Sequence[tuple[str, float | None]], values: Mapping[str, float]) -> list[str] | None:
    """The names of the lines with the largest numbers where there are too many; None means all."""
    if len(register) <= MOST_LINES:
        return None
    return sorted((name for name, _ in register), key=lambda name: (-values.get(name, 0.0), name))[:MOST_LINES]


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


def _seen(scope: Scope, pack: Pack, kind: Kind, metric: Metric, names: Sequence[str]) -> dict[str, Course]:
    """The newest places of the rows that name these things, whenever they happened."""
    sources = [d for d in datasets_of(pack, metric) if d.place]
    found: dict[str, list[tuple[float, float]]] = {}
    for name, lat, lon in places_of(scope, sources[0], kind.entity.column, names, _MOST_PLACES) if sources else ():
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


def _with_rates(
    lines: Sequence[Line], register: Sequence[tuple[str, float | None]], values: Mapping[str, float]
) -> Sequence[Line]:
    """The lines with their rates, where lengths are known; all lines of the register make the mean."""
    km = np.asarray([(metres or 0.0) / 1000 for _, metres in register])
    rates = smooth(np.asarray([values.get(name, 0.0) if metres else 0.0 for name, metres in register]), km)
    if isinstance(rates, CannotTell):
        return lines
    places = {name: place for place, (name, _) in enumerate(register)}
    return [
        replace(line, rate=float(rates.raw[places[line.name]]), smoothed=float(rates.smoothed[places[line.name]]))
        if line.km else line
        for line in lines
    ]  # fmt: skip


def sentence(shown: Network) -> str:
    """How many lines have a place, of which sort, and what happened on others."""
    many, placed, parts = shown.lines_title, number(len(shown.lines), "integer"), []
    if shown.registered > shown.kept:
        kept, registered = number(shown.kept, "integer"), number(shown.registered, "integer")
        parts.append(f"{kept} of {registered} {many} shown: {shown.which()}; {placed} of them have a place.")
    else:
        parts.append(f"{placed} {many} of {number(shown.kept, 'integer')} have a place.")
    if seen := sum(line.is_seen for line in shown.lines):
        have, it = ("has no course in the register and lies", "it") if seen == 1 else (
            "have no course in the register and lie", "them")  # fmt: skip
        parts.append(f"{number(seen, 'integer')} of them {have} where the rows that name {it} do.")
    if shown.cut_rows:
        parts.append(f"{_naming(shown.cut_rows)} one that is not shown.")
    if shown.elsewhere:
        parts.append(f"{_naming(shown.elsewhere)} one without a place or one that is not registered.")
    if not shown.is_measured:
        parts.append(f"{shown.metric.title} is not told by {many}: no row of it names one.")
    return " ".join(parts)


def _naming(rows: int) -> str:
    return f"{plural(rows, 'row')} {'names' if rows == 1 else 'name'}"
