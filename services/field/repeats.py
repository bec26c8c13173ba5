"""Which reports are probably of one incident, and in which districts is most reported more than once?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from data.types import CannotTell, Filter, Scope, TimeRange
from services import metrics
from services.field.planning import Progress
from services.formats import grouped
from services.model import current, find_dataset
from services.queries import filters_from_json
from services.spatial.incidents import Incidents, Linking, league, link

MOST_REPORTS = 50_000
MOST_PLACED = 4_000
"""Incidents that are kept with their places, those with most reports first."""
_PAGE = 10_000
_UNKNOWN = "(missing)"


@dataclass(frozen=True)
class RepeatsAsk:
    """Reports of a dataset in a range (ISO times), how near those of one incident are, and by what they are ranked."""

    dataset: str
    from_at: str
    to_at: str
    category: str
    area: str
    distance_m: float = 75.0
    hours: float = 72.0
    where: tuple[dict[str, Any], ...] = ()

    @property
    def range(self) -> TimeRange:
        """From when to when reports came in."""
        return TimeRange(datetime.fromisoformat(self.from_at), datetime.fromisoformat(self.to_at))

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Which reports."""
        return filters_from_json(self.where)


def ask_of(told: Mapping[str, Any]) -> RepeatsAsk:
    """The question that was stored."""
    return RepeatsAsk(**{**told, "where": tuple(told["where"])})


def as_json(ask: RepeatsAsk) -> dict[str, Any]:
    """The question as it is stored."""
    return asdict(ask) | {"where": list(ask.where)}


def run(scope: Scope, told: Mapping[str, Any], progress: Progress, _now: datetime) -> dict[str, Any]:
    """The over-reporting ratio and the league table, as they are stored."""
    ask = ask_of(told)
    newest = metrics.newest_at(scope, ask.dataset)
    lat, lon, hours, kinds, areas, total = _reports(scope, ask, progress)
    if not len(lat):
        return {"reason": "No report of this range has a place."}
    found = link(lat, lon, hours, kinds, Linking(ask.distance_m, ask.hours))
    progress(0.8, "Ranking districts")
    ranked = league(areas, found)
    largest = int(found.reports.max())
    result = {
        "reports": len(lat), "total": total, "incidents": len(found.reports), "ratio": found.ratio, "largest": largest,
        "repeated": int((found.reports > 1).sum()), "placed": _placed(found, hours, kinds, areas),
        "as_of": newest.isoformat() if newest else None,
    }  # fmt: skip
    if isinstance(ranked, CannotTell):
        return result | {"reason": ranked.reason, "standings": []}
    return result | {"reason": "", "overall": ranked.overall, "standings": [asdict(one) for one in ranked.standings]}


def _placed(found: Incidents, hours: Any, kinds: Any, areas: Any) -> list[list[Any]]:
    """Incidents as [latitude, longitude, reports, time of the first report, category, area], those with most reports
    first and of those the newest."""
    order = np.lexsort((-hours[found.first], -found.reports))[:MOST_PLACED]
    return [
        [
            round(float(found.lat[n]), 5), round(float(found.lon[n]), 5), int(found.reports[n]),
            datetime.fromtimestamp(float(hours[found.first[n]]) * 3600, UTC).isoformat(timespec="seconds"),
            str(kinds[found.first[n]]), str(areas[found.first[n]]),
        ]
        for n in order.tolist()
    ]  # fmt: skip


def _reports(scope: Scope, ask: RepeatsAsk, progress: Progress) -> tuple[Any, Any, Any, Any, Any, int]:
    """Places, hours, categories and districts of reports with a place, and how many reports there are at all."""
    dataset = find_dataset(current(), ask.dataset)
    taken: list[tuple[float, float, float, str, str]] = []
    after, total, seen = None, 0, 0
    while seen < MOST_REPORTS:
        page = metrics.rows(scope, ask.dataset, ask.range, ask.filters, _PAGE, after)
        at = {name: page.columns.index(name) for name in {"lat", "lon", dataset.time, ask.category, ask.area}}
        total, seen, after = page.total, seen + len(page.rows), page.next
        for row in page.rows:
            if row[at["lat"]] is not None and row[at["lon"]] is not None:
                hours = row[at[dataset.time]].timestamp() / 3600
                kind, area = row[at[ask.category]] or _UNKNOWN, row[at[ask.area]] or _UNKNOWN
                taken.append((row[at["lat"]], row[at["lon"]], hours, str(kind), str(area)))
        progress(min(0.7, 0.7 * seen / max(total, 1)), f"Read {grouped(seen)} of {grouped(total)} reports")
        if after is None:
            break
    columns = list(zip(*taken, strict=True)) or [()] * 5
    lat, lon, hours_of = (np.asarray(column, np.float64) for column in columns[:3])
    return lat, lon, hours_of, np.asarray(columns[3], np.str_), np.asarray(columns[4], np.str_), total
