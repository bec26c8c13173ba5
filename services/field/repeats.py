"""Which reports are probably of one incident, and in which districts is most reported more than once?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from data.types import CannotTell, Scope, TimeRange
from services import metrics
from services.field.planning import Progress
from services.model import current, find_dataset
from services.queries import filters_from_json
from services.spatial.incidents import Linking, league, link

MOST_REPORTS = 50_000
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


def as_json(ask: RepeatsAsk) -> dict[str, Any]:
    """The question as it is stored."""
    return asdict(ask) | {"where": list(ask.where)}


def run(scope: Scope, told: Mapping[str, Any], progress: Progress, _now: datetime) -> dict[str, Any]:
    """The over-reporting ratio and the league table, as they are stored."""
    ask = RepeatsAsk(**{**told, "where": tuple(told["where"])})
    lat, lon, hours, kinds, areas, total = _reports(scope, ask, progress)
    if not len(lat):
        return {"reason": "No report of this range has a place."}
    found = link(lat, lon, hours, kinds, Linking(ask.distance_m, ask.hours))
    progress(0.8, "Ranking districts")
    ranked = league(areas, found)
    largest = int(found.reports.max())
    result = {
        "reports": len(lat), "total": total, "incidents": len(found.reports), "ratio": found.ratio, "largest": largest,
    }  # fmt: skip
    if isinstance(ranked, CannotTell):
        return result | {"reason": ranked.reason, "standings": []}
    return result | {"reason": "", "overall": ranked.overall, "standings": [asdict(one) for one in ranked.standings]}


def _reports(scope: Scope, ask: RepeatsAsk, progress: Progress) -> tuple[Any, Any, Any, Any, Any, int]:
    """Places, hours, categories and districts of reports with a place, and how many reports there are at all."""
    dataset = find_dataset(current(), ask.dataset)
    span = TimeRange(datetime.fromisoformat(ask.from_at), datetime.fromisoformat(ask.to_at))
    where = filters_from_json(ask.where)
    taken: list[tuple[float, float, float, str, str]] = []
    after, total, seen = None, 0, 0
    while seen < MOST_REPORTS:
        page = metrics.rows(scope, ask.dataset, span, where, _PAGE, after)
        at = {name: page.columns.index(name) for name in {"lat", "lon", dataset.time, ask.category, ask.area}}
        total, seen, after = page.total, seen + len(page.rows), page.next
        for row in page.rows:
            if row[at["lat"]] is not None and row[at["lon"]] is not None:
                hours = row[at[dataset.time]].timestamp() / 3600
                kind, area = row[at[ask.category]] or _UNKNOWN, row[at[ask.area]] or _UNKNOWN
                taken.append((row[at["lat"]], row[at["lon"]], hours, str(kind), str(area)))
        progress(min(0.7, 0.7 * seen / max(total, 1)), f"Read {seen:,} of {total:,} reports")
        if after is None:
            break
    columns = list(zip(*taken, strict=True)) or [()] * 5
    lat, lon, hours_of = (np.asarray(column, np.float64) for column in columns[:3])
    return lat, lon, hours_of, np.asarray(columns[3], np.str_), np.asarray(columns[4], np.str_), total
