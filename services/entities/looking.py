"""What does the page of one thing show: what it is, how it is doing, how it stands among its peers, and its rows?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import data.entities as stored
from data.database import transaction
from data.model import Dataset, Measure
from data.types import Filter, MetricQuery, Scope, TimeRange
from services import metrics, model, people
from services.entities import courses
from services.entities.courses import CourseView, Readings, course_view, limits_of, readings_of, value_text
from services.entities.finding import require_sight
from services.entities.kinds import Kind, metrics_of, naming
from services.entities.peers import Standing, peer_filter, peer_queries, standings
from services.exports import hidden_columns, personal_columns
from services.formats import NOTHING, age, inside, moment, span
from services.live.choices import Choice
from services.live.drills import Drill, titles_of
from services.live.series import Series, series

_LOOK_BACK = timedelta(days=400)
State = Literal["good", "bad", "silent", "neutral"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One column of the thing's row, as text; `slug` is the kind of thing that it names, if it has a page."""

    title: str
    text: str
    slug: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How the thing is doing: its last value, how old that is, and whether both are as they should be."""

    state: State
    headline: str
    value: str
    age: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Sight:
    """Everything that the page draws. `known` is False when neither a row nor any other row names the thing."""

    known: bool
    name: str
    facts: tuple[Fact, ...]
    hidden: tuple[str, ...]
    health: Health
    course: CourseView | None
    standings: tuple[Standing, ...]
    peers: str
    series: Series | None
    lists: tuple[Drill, ...]
    range_text: str


def look(scope: Scope, kind: Kind, name: str, choice: Choice, now: datetime) -> Sight:
    """The thing of that name in the choice's range. Reading personal data is audited. Raises NotAllowed."""
    require_sight(scope, kind)
    own = Filter(kind.entity.column, "in", (name,))
    row = _own_row(scope, kind, name)
    newest = _newest_row(scope, kind, own, now)
    alike = peer_filter(kind, {**newest, **row})
    found = readings_of(kind)
    course = None
    if found and newest:
        course = _course(scope, kind, found, own, alike, choice.range, {**row, **newest}, row, now)
    standing = standings(kind, name, metrics.answer(scope, peer_queries(kind, own, alike, choice.range), now))
    return Sight(
        bool(row or newest), name, _facts(scope, kind, row, now), _hidden(scope, kind),
        _health(scope, kind, newest, now), course, standing, _peers_text(kind, alike),
        _series(scope, kind, own, choice, standing, now), _lists(scope, kind, name, row, choice.range),
        span(choice.range.from_at, choice.range.to_at, scope.workspace.timezone),
    )  # fmt: skip


def _own_row(scope: Scope, kind: Kind, name: str) -> dict[str, Any]:
    """The visible columns of the thing's own row; empty without one."""
    dataset = kind.own
    if dataset is None:
        return {}
    hidden = hidden_columns(scope, dataset)
    with transaction(scope) as tx:
        found = stored.thing(tx, scope, dataset, kind.by, name)
        if found and not hidden and personal_columns(dataset):
            people.record(tx, scope, "read_personal", dataset.qualified, {"rows": 1})
    return {column: value for column, value in (found or {}).items() if column not in hidden}


def _newest_row(scope: Scope, kind: Kind, own: Filter, now: datetime) -> dict[str, Any]:
    """The visible columns of the newest row that names the thing, its readings first."""
    readings = readings_of(kind)
    order = ([readings.dataset] if readings else []) + [d for d in kind.named_in if d.kind == "append"]
    for dataset in dict.fromkeys((*order, *kind.named_in)):
        page = metrics.rows(scope, dataset.qualified, TimeRange(now - _LOOK_BACK, now + timedelta(days=1)), (own,), 1)
        if not page.rows:
            continue
        hidden = hidden_columns(scope, dataset)
        if not hidden and personal_columns(dataset):
            with transaction(scope) as tx:
                people.record(tx, scope, "read_personal", dataset.qualified, {"rows": 1})
        found = dict(zip(page.columns, page.rows[0], strict=True))
        return {column: value for column, value in found.items() if column not in hidden} | {"": dataset}
    return {}


def _hidden(scope: Scope, kind: Kind) -> tuple[str, ...]:
    dataset = kind.own
    if dataset is None:
        return ()
    titles = titles_of(dataset)
    return tuple(sorted(titles.get(name, name.capitalize()) for name in hidden_columns(scope, dataset)))


def _facts(scope: Scope, kind: Kind, row: dict[str, Any], now: datetime) -> tuple[Fact, ...]:
    """The columns of the thing's own row that hold something."""
    dataset = kind.own
    if dataset is None:
        return ()
    titles, links = titles_of(dataset), naming(model.model_of(scope), dataset)
    units = {m.name: unit_of_measure(kind, m, row) for m in dataset.measures}
    found = []
    for column, value in row.items():
        if value is None or column in (kind.by, "quality", "received_at", "lat", "lon"):
            continue
        link = links.get(column)
        text = _text(value, units.get(column, ""), scope.workspace.timezone, now)
        title = titles.get(column, column.replace("_", " ").capitalize())
        found.append(Fact(title, text, link.slug if link else "", str(value) if link else ""))
    if row.get("lat") is not None and row.get("lon") is not None:
        found.append(Fact("Place", f"{row['lat']:.5f}, {row['lon']:.5f}"))
    return tuple(found)


def _text(value: Any, unit: str, timezone: str, now: datetime) -> str:
    if isinstance(value, datetime):
        return moment(value, timezone, now)
    if isinstance(value, int | float):
        return value_text(float(value), unit)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _health(scope: Scope, kind: Kind, newest: dict[str, Any], now: datetime) -> Health:
    """Silent when the newest row is older than is usual for its dataset; bad when its value is out of its range."""
    if not newest:
        return Health("neutral", "Nothing recorded", NOTHING, NOTHING, "No row of the last 400 days names it.")
    dataset: Dataset = newest[""]
    at = newest[dataset.time]
    seconds = (now - at).total_seconds()
    old, when = age(seconds), moment(at, scope.workspace.timezone, now)
    found = readings_of(kind)
    if found is None or found.dataset != dataset:
        return Health("neutral", "", NOTHING, old, f"The newest of its {inside(dataset.title)} is of {when}.")
    value = newest.get(found.course.of)
    text = value_text(value, unit_of(kind, newest))
    usual = f"The last reading is of {when}; the newest is usually at most {age(dataset.usual_delay_s)} old."
    if seconds > dataset.usual_delay_s:
        return Health("silent", "Does not report", text, old, usual)
    if found.limits and newest.get(found.limits.name) == found.limits.outside:
        return Health("bad", "Out of its range", text, old, f"{_range_text(found, newest, kind)} {usual}")
    return Health("good", "In order", text, old, f"{_range_text(found, newest, kind)} {usual}".strip())


def unit_of(kind: Kind, row: dict[str, Any]) -> str:
    """The unit of the course's measure for this thing."""
    course = kind.entity.course
    units = dict(course.units) if course else {}
    return units.get(str(row.get(kind.entity.peers or "")), "")


def unit_of_measure(kind: Kind, measure: Measure, row: dict[str, Any]) -> str:
    """The unit of a measure of the thing's own row; the course's, where both are in the same unit that varies."""
    found = readings_of(kind)
    course = next((m for m in found.dataset.measures if m.name == found.course.of), None) if found else None
    varies = course is not None and found is not None and found.course.units and course.unit == measure.unit
    return unit_of(kind, row) if varies else measure.unit


def _range_text(found: Readings, row: dict[str, Any], kind: Kind) -> str:
    low, high = limits_of(found, row)
    unit = unit_of(kind, row)
    if low is None and high is None:
        return ""
    if low is None or high is None:
        word = "at most" if low is None else "at least"
        return f"It should be {word} {value_text(high if low is None else low, unit)}."
    return f"It should lie from {value_text(low, '')} to {value_text(high, unit)}."


def _course(
    scope: Scope, kind: Kind, found: Readings, own: Filter, alike: Filter | None, shown: TimeRange,
    facts: dict[str, Any], row: dict[str, Any], now: datetime,
) -> CourseView | None:  # fmt: skip
    others = (alike,) if alike else ()
    results = metrics.answer(scope, courses.queries_of(found, own, others, shown), now, extra=found.metrics)
    beside = f"mean of {_peers_text(kind, alike)}"
    marks = _marks(scope, kind, row, shown)
    return course_view(found, results, shown, facts, marks, now, unit_of(kind, facts), beside)


def _marks(scope: Scope, kind: Kind, row: dict[str, Any], shown: TimeRange) -> list[tuple[str, str]]:
    """Moments of the thing's own life in the range: local time and what happened."""
    zone, times = ZoneInfo(scope.workspace.timezone), kind.own.times if kind.own else ()
    known = [(t.title, row.get(t.name)) for t in times]
    return [
        (at.astimezone(zone).replace(tzinfo=None).isoformat(), title)
        for title, at in known
        if isinstance(at, datetime) and shown.from_at <= at < shown.to_at
    ]


def _peers_text(kind: Kind, alike: Filter | None) -> str:
    if alike is None:
        return f"all {kind.entity.many}"
    return f"all {kind.entity.many} with the same {alike.dimension.replace('_', ' ')} ({alike.values[0]})"


def _series(
    scope: Scope, kind: Kind, own: Filter, choice: Choice, known: tuple[Standing, ...], now: datetime
) -> Series | None:
    """The course of the chosen metric, of the first that says something without a choice."""
    names = [s.metric for s in known]
    chosen = choice.metric if choice.metric in names else next(iter(names), "")
    metric = next((m for m in metrics_of(kind) if m.qualified == chosen), None)
    if metric is None:
        return None
    query = MetricQuery((chosen,), choice.range, grain=choice.grain, where=(own,), compare=choice.compare)
    return series(metric, choice, metrics.answer(scope, [query], now)[0])


def _lists(scope: Scope, kind: Kind, name: str, row: dict[str, Any], shown: TimeRange) -> tuple[Drill, ...]:
    """The rows that name the thing, and those that concern it because both agree in a column."""
    found = [(d, Filter(kind.entity.column, "in", (name,)), f"{d.title}") for d in kind.named_in]
    datasets = {d.name: d for d in kind.pack.datasets}
    for other, column in kind.entity.related:
        if row.get(column) is not None:
            title = titles_of(datasets[other]).get(column, column).lower()
            text = f"{datasets[other].title} of the same {title}"
            found.append((datasets[other], Filter(column, "in", (str(row[column]),)), text))
    days = span(shown.from_at, shown.to_at, scope.workspace.timezone)
    return tuple(Drill(text, d, d.time, shown, (where,), f"{text}, {days}") for d, where, text in found)
