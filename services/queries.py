"""What does a question in JSON ask, and which range do its words mean?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from data.engine.buckets import first_day, floor, local_date, next_day
from data.engine.days import day_start
from data.engine.hexagons import PLACE, area_of
from data.engine.shapes import find_dataset, find_metric
from data.engine.splits import filter_columns
from data.errors import BadInput, unknown
from data.model import Metric, Model
from data.types import COMPARES, GRAINS, Filter, Grain, MetricQuery, TimeRange, Workspace

FIELDS = ("metrics", "range", "grain", "by", "where", "compare", "top", "exact")
PERIODS = (
    "today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_quarter", "last_quarter",
    "this_year", "last_year",
)  # fmt: skip
LONGEST_DAYS = 36_600
_LAST = re.compile(r"(\d{1,18})(m|h|d|w)", re.ASCII)
_LENGTHS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def parse_query(payload: dict[str, Any], model: Model, workspace: Workspace, now: datetime) -> MetricQuery:
    """The MetricQuery that a JSON object describes; metric names stay as they were asked.

    Raises UnknownName, and BadInput naming the field, what was found and what was expected.
    """
    if not isinstance(payload, dict):
        raise _bad("query", payload, "an object with the fields " + ", ".join(FIELDS))
    for name in payload:
        if name not in FIELDS:
            raise unknown("field", str(name), FIELDS, "a query")
    metrics = _names(payload, "metrics", "a list of metric names")
    if not metrics:
        raise _bad("metrics", payload.get("metrics"), "at least one metric name")
    known = _dimensions([find_metric(model, name) for name in metrics], model)
    by = _names(payload, "by", "a list of at most two dimensions")
    for name in by:
        _known_dimension(name, known - {PLACE})
    return MetricQuery(
        metrics=metrics, range=resolve_range(payload.get("range", {"last": "30d"}), workspace.timezone, now),
        grain=_choice(payload, "grain", GRAINS), by=by, where=parse_filters(payload.get("where"), known),
        compare=_choice(payload, "compare", COMPARES), top=_top(payload, by), exact=_flag(payload, "exact"),
    )  # fmt: skip


def _bad(field: str, found: object, expected: str) -> BadInput:
    return BadInput(f"Field `{field}`: found {found!r}; expected {expected}.")


def _names(payload: dict[str, Any], field: str, expected: str) -> tuple[str, ...]:
    found = payload.get(field) or []
    found = [found] if isinstance(found, str) else found
    if not isinstance(found, list | tuple) or not all(isinstance(name, str) for name in found):
        raise _bad(field, found, expected)
    if len(set(found)) < len(found) or (field == "by" and len(found) > 2):
        raise _bad(field, found, f"{expected}, each once")
    return tuple(found)


def _choice(payload: dict[str, Any], field: str, choices: tuple[Any, ...]) -> Any:
    found = payload.get(field)
    if found is not None and found not in choices:
        raise _bad(field, found, "one of " + ", ".join(choices))
    return found


def _flag(payload: dict[str, Any], field: str) -> bool:
    found = payload.get(field, False)
    if not isinstance(found, bool):
        raise _bad(field, found, "true or false")
    return found


def _top(payload: dict[str, Any], by: tuple[str, ...]) -> int | None:
    found = payload.get("top")
    if found is None:
        return None
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= 10_000:
        raise _bad("top", found, "a whole number from 1 to 10000")
    if not by:
        raise _bad("top", found, "`by` to name the dimension whose largest values are kept")
    return found


def _dimensions(metrics: list[Metric], model: Model) -> set[str]:
    """The dimensions of every dataset that the metrics, and the metrics they are made of, read."""
    names: set[str] = set()
    for metric in metrics:
        if metric.dataset:
            dataset = metric.dataset if "." in metric.dataset else f"{metric.pack}.{metric.dataset}"
            names.update(filter_columns(find_dataset(model, dataset)))
        others = [metric.numerator, metric.denominator, metric.plus, metric.minus]
        others += [metric.of] if metric.shape in ("rate", "pace", "age") else []
        inner = [name if "." in name else f"{metric.pack}.{name}" for name in others if name]
        names |= _dimensions([find_metric(model, name) for name in inner], model)
    return names


def _known_dimension(name: str, known: set[str]) -> None:
    if name not in known:
        raise unknown("dimension", name, sorted(known), "the datasets of these metrics")


def parse_filters(where: Any, known: set[str] | None = None) -> tuple[Filter, ...]:
    """Filters from `{"category": "Noise"}`, `["Noise", null]`, `{"not": [...]}` or `{"contains": "wat"}`; of `place`
    `{"inside": [west, south, east, north]}` or a GeoJSON polygon there."""
    if where is None:
        return ()
    if not isinstance(where, dict):
        raise _bad("where", where, 'an object such as {"category": "Noise"}')
    filters = []
    for dimension, wanted in where.items():
        if known is not None:
            _known_dimension(dimension, known)
        filters.append(_area(wanted) if dimension == PLACE else _filter(dimension, wanted))
    return tuple(filters)


def filters_as_json(where: Iterable[Filter]) -> tuple[dict[str, Any], ...]:
    """Filters as a question that is kept for the worker holds them."""
    return tuple({"dimension": f.dimension, "op": f.op, "values": list(f.values)} for f in where)


def filters_from_json(told: Iterable[Mapping[str, Any]]) -> tuple[Filter, ...]:
    """The filters that were kept."""
    return tuple(Filter(one["dimension"], one["op"], tuple(one["values"])) for one in told)


def _area(wanted: Any) -> Filter:
    """A filter by area from `{"inside": [west, south, east, north]}` or `{"inside": {"type": "Polygon", ...}}`."""
    if not isinstance(wanted, dict) or set(wanted) != {"inside"} or not isinstance(wanted["inside"], list | dict):
        raise _bad("where.place", wanted, '{"inside": [west, south, east, north]} or {"inside": a GeoJSON polygon}')
    text = json.dumps(wanted["inside"])
    area_of(text)
    return Filter(PLACE, "inside", (text,))


def _filter(dimension: str, wanted: Any) -> Filter:
    expected = 'a value, a list of values (null is missing), {"not": [...]} or {"contains": "..."}'
    op: Any = "in"
    if isinstance(wanted, dict):
        if len(wanted) != 1 or next(iter(wanted)) not in ("not", "contains"):
            raise _bad(f"where.{dimension}", wanted, expected)
        kind, wanted = next(iter(wanted.items()))
        op = "not_in" if kind == "not" else "contains"
    values = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
    fits = all(isinstance(v, str) or (v is None and op != "contains") for v in values)
    if not values or not fits:
        raise _bad(f"where.{dimension}", wanted, expected)
    return Filter(dimension, op, tuple(values))


def resolve_range(spec: Any, timezone: str, now: datetime) -> TimeRange:
    """The instants that a range in words means in a time zone.

    `{"last": "15m"}` (m, h, d, w) ends with the current minute, hour or day; `{"from", "to"}` are ISO 8601, dates are
    local days and `to` is not included; `{"period": "this_month"}` is the whole period. A bare string is `last` or
    `period`. Raises BadInput.
    """
    if isinstance(spec, str):
        spec = {"last": spec} if _LAST.fullmatch(spec) else {"period": spec}
    if not isinstance(spec, dict) or set(spec) not in ({"last"}, {"period"}, {"from", "to"}, {"from"}):
        raise _bad(
            "range", spec, '{"last": "30d"}, {"period": "this_month"} or {"from": "2026-01-01", "to": "2026-02-01"}'
        )
    if "last" in spec:
        return _last(spec["last"], timezone, now)
    if "period" in spec:
        return _period(spec["period"], timezone, now)
    start = _instant("range.from", spec["from"], timezone)
    end = _instant("range.to", spec["to"], timezone) if "to" in spec else _end_of("day", timezone, now)
    if start >= end:
        raise _bad("range", spec, "`from` before `to`")
    return TimeRange(start, end)


def _end_of(grain: Grain, tz: str, now: datetime) -> datetime:
    day = local_date(now, tz)
    if grain == "day":
        return day_start(day + timedelta(days=1), tz)
    step = timedelta(minutes=1) if grain == "minute" else timedelta(hours=1)
    return floor(now, grain, tz) + step


def _last(found: Any, tz: str, now: datetime) -> TimeRange:
    match = _LAST.fullmatch(found) if isinstance(found, str) else None
    count, one = (int(match[1]), _LENGTHS[match[2]]) if match else (0, _LENGTHS["d"])
    if not match or not 1 <= count <= timedelta(days=LONGEST_DAYS) / one:
        raise _bad("range.last", found, f"a length such as 15m, 24h, 30d or 4w, at most {LONGEST_DAYS}d")
    if match[2] in "mh":
        end = _end_of("minute" if match[2] == "m" else "hour", tz, now)
        return TimeRange(end - count * one, end)
    tomorrow = local_date(now, tz) + timedelta(days=1)
    return TimeRange(day_start(tomorrow - count * one, tz), day_start(tomorrow, tz))


def _period(found: Any, tz: str, now: datetime) -> TimeRange:
    if found not in PERIODS:
        raise _bad("range.period", found, "one of " + ", ".join(PERIODS))
    day = local_date(now, tz)
    if found in ("today", "yesterday"):
        first = day if found == "today" else day - timedelta(days=1)
        return TimeRange(day_start(first, tz), day_start(first + timedelta(days=1), tz))
    which, _, unit = found.partition("_")
    grain = cast(Grain, unit)
    first = first_day(day, grain)
    if which == "last":
        first = first_day(first - timedelta(days=1), grain)
    return TimeRange(day_start(first, tz), day_start(next_day(first, grain), tz))


def _instant(field: str, found: Any, tz: str) -> datetime:
    expected = "an ISO 8601 date or time such as 2026-01-31 or 2026-01-31T08:00"
    if not isinstance(found, str):
        raise _bad(field, found, expected)
    readers: tuple[Callable[[str], datetime], ...] = (
        lambda text: day_start(date.fromisoformat(text), tz),
        lambda text: _aware(datetime.fromisoformat(text), tz),
    )
    reader = readers[0] if len(found.strip()) == 10 else readers[1]
    try:
        instant = reader(found.strip())
    except (ValueError, OverflowError) as error:
        raise _bad(field, found, expected) from error
    if not 1900 <= instant.year <= 2200:
        raise _bad(field, found, "a year from 1900 to 2200")
    return instant


def _aware(at: datetime, tz: str) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(tz))).astimezone(UTC)


__all__ = ["FIELDS", "PERIODS", "parse_filters", "parse_query", "resolve_range"]
