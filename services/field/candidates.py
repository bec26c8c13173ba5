"""Which stops does a day have: open cases, hotspots of the map, or a list of inspections?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from data.errors import BadInput
from data.model import Dataset, Metric, Pack
from data.types import Filter, Scope
from services import metrics
from services.exports import require_visible
from services.field.plans import MOST_STOPS
from services.formats import grouped, plural
from services.live.choices import Choice
from services.maps.choices import MapChoice
from services.maps.hexes import hex_map, placed_dataset
from services.maps.hotspots import hotspot_map
from services.people import require
from services.routing.choosing import Candidate, choose
from services.routing.plans import Stop, StopKind
from services.routing.reading import records_of, stops_of

_LOOKED_AT = 50_000
_PAGE = 10_000
STOPS_SAMPLE = (
    "id,name,kind,lat,lon,service_minutes,from,to,priority,skills,load\n"
    "I-1,School kitchen,inspection,40.4400,-79.9900,45,09:00,12:00,4,food,1\n"
)


@dataclass(frozen=True)
class Found:
    """Stops, a sentence about where they come from, and the newest row behind them."""

    stops: tuple[Stop, ...]
    sentence: str
    as_of: datetime | None = None


@dataclass(frozen=True)
class Service:
    """What is set for all stops that come from the map: minutes, window, the class of roads, the skill's column."""

    minutes: int
    opens_s: int
    closes_s: int
    road: str
    skill: str = ""


def open_until(pack: Pack, dataset: Dataset) -> str | None:
    """The time column of a dataset that is empty while a row is open: what takes it off a backlog. None without one."""
    by_name = {name: m for m in pack.metrics for name in (m.name, m.qualified)}
    ends = (by_name.get(m.minus) for m in pack.metrics if m.shape == "balance" and m.minus)
    for less in ends:
        if less and less.dataset in (dataset.name, dataset.qualified) and less.at not in (None, dataset.time):
            return less.at
    return None


def case_datasets(pack: Pack) -> list[Dataset]:
    """The datasets whose rows are cases with a place."""
    return [d for d in pack.datasets if d.place and d.key]


def cases(
    scope: Scope, pack: Pack, dataset: Dataset, choice: Choice, where: Sequence[Filter], most: int, service: Service,
    on: date,
) -> Found:  # fmt: skip
    """The open rows of a dataset in the range and filters, the oldest first. Raises NotAllowed."""
    require(scope, "plan")
    conditions = (*choice.where, *where)
    require_visible(scope, dataset, {f.dimension for f in conditions} | ({service.skill} if service.skill else set()))
    until = open_until(pack, dataset)
    rows, total = _rows(scope, dataset, choice, conditions)
    waiting = [row for row in rows if until is None or row[until] is None]
    placed = [row for row in waiting if row["lat"] is not None and row["lon"] is not None]
    end = choice.range.to_at
    candidates = [_candidate(dataset, row, end, service) for row in placed]
    kind = "open " if until else ""
    seen = f"the newest {grouped(len(rows))} of " if total > len(rows) else ""
    among = f"{grouped(len(placed))} with a place, among {seen}{grouped(total)}"
    told = f"{plural(min(most, len(placed)), f'{kind}case')} of {among}"
    newest = metrics.newest_at(scope, dataset.qualified)
    return Found(_stops(candidates, "case", most, on, service), told, newest)


def _rows(
    scope: Scope, dataset: Dataset, choice: Choice, conditions: Sequence[Filter]
) -> tuple[list[dict[str, Any]], int]:
    """The newest rows of the range, at most _LOOKED_AT, and how many there are."""
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        page = metrics.rows(scope, dataset.qualified, choice.range, conditions, _PAGE, after)
        rows += [dict(zip(page.columns, row, strict=True)) for row in page.rows]
        after = page.next
        if after is None or len(rows) >= _LOOKED_AT:
            return rows, page.total


def _candidate(dataset: Dataset, row: dict[str, Any], end: datetime, service: Service) -> Candidate:
    """A case with its age in days; its name are its category and district, where it has such."""
    assert dataset.key is not None
    shown = [d.name for d in dataset.dimensions if not d.personal and not d.values][:1]
    name = " ".join(str(row[column]) for column in shown if row[column])
    skills = frozenset({str(row[service.skill]).strip()}) if service.skill and row[service.skill] else frozenset()
    age = (end - row[dataset.time]).total_seconds() / 86_400
    return Candidate(
        str(row[dataset.key]), row["lat"], row["lon"], age, f"{row[dataset.key]} {name}".strip(), None, skills
    )


def hot_hexagons(
    scope: Scope, pack: Pack, metric: Metric, choice: MapChoice, most: int, service: Service, on: date, now: datetime
) -> Found:
    """The middles of the hexagons of significant hotspots, the hottest first."""
    require(scope, "plan")
    from h3 import cell_to_latlng

    shown, dataset = hex_map(scope, pack, metric, choice, now), placed_dataset(pack, metric)
    if shown.reason or dataset is None:
        return Found((), shown.reason or "These rows have no place.")
    found = hotspot_map(scope, dataset, shown, choice, now)
    if found.reason:
        return Found((), found.reason)
    hot = [h for h in found.hexagons if h.grade < 2]
    candidates = []
    for h in hot:
        lat, lon = cell_to_latlng(h.index)
        candidates.append(Candidate(h.index, lat, lon, h.z, f"{metric.title}: {h.shown}"))
    said = f"{plural(min(most, len(hot)), 'hexagon')} of {plural(len(hot), 'hotspot')} of {metric.title.lower()}"
    return Found(_stops(candidates, "hotspot", most, on, service), said, shown.as_of_at)


def _stops(found: Sequence[Candidate], kind: StopKind, most: int, on: date, service: Service) -> tuple[Stop, ...]:
    return tuple(
        replace(stop, service_s=service.minutes * 60, opens_s=service.opens_s, closes_s=service.closes_s)
        for stop in choose(found, kind, most, on, service.road)
    )


def middle(scope: Scope, pack: Pack | None) -> tuple[float, float] | None:
    """The middle of where the rows of a pack lie, as latitude and longitude; None when nobody knows."""
    from data.maps import extent_of

    known = (extent_of(scope, dataset, 1) for dataset in (case_datasets(pack) if pack else ()))
    box = next((found.box for found in known if found is not None), None)
    return ((box[1] + box[3]) / 2, (box[0] + box[2]) / 2) if box else None


def listed(text: str, name: str) -> Found:
    """The stops of a CSV. Raises BadInput naming line and field."""
    stops = stops_of(records_of(text, name))
    if not stops:
        raise BadInput(f"{name}: found no line; expected one for each stop.")
    if len(stops) > MOST_STOPS:
        raise BadInput(f"{name}: found {len(stops)} stops, expected at most {MOST_STOPS}.")
    return Found(stops, f"{plural(len(stops), 'stop')} of {name}")
