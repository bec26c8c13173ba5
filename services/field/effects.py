"""What did an intervention change where it was made, against places that went alike before?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from data.errors import BadInput
from data.types import CannotTell, MetricQuery, Scope, TimeRange
from services import metrics
from services.field.planning import Progress
from services.impact.effects import did_it_work
from services.maps.hexes import ADDED_UP
from services.model import current
from services.queries import filters_from_json

MOST_DONORS = 150
WEEKS_BEFORE = 26
_SEED = 4
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class EffectAsk:
    """Where (`treated`: values of `by`, a `cell:R` or a dimension), since which day, and of what."""

    metric: str
    by: str
    treated: tuple[str, ...]
    since: str
    weeks_before: int = WEEKS_BEFORE
    where: tuple[dict[str, Any], ...] = ()


def as_json(ask: EffectAsk) -> dict[str, Any]:
    """The question as it is stored."""
    return asdict(ask) | {"treated": list(ask.treated), "where": list(ask.where)}


def run(scope: Scope, told: Mapping[str, Any], progress: Progress, now: datetime) -> dict[str, Any]:
    """The effect, or why none can be told, as it is stored."""
    ask = EffectAsk(**{**told, "treated": tuple(told["treated"]), "where": tuple(told["where"])})
    progress(0.1, "Reading weeks")
    weeks = weeks_of(ask, scope.workspace.timezone, now)
    if isinstance(weeks, CannotTell):
        return {"reason": weeks.reason}
    names, series, as_of = _series(scope, ask, weeks, now)
    weeks, series = since_data(weeks, series)
    progress(0.4, "Comparing with places that went alike")
    told_weeks = {"weeks": [day.isoformat() for day in weeks.starts], "before": weeks.before, "as_of": as_of}
    return told_weeks | judged(ask, names, series, weeks.before)


@dataclass(frozen=True)
class Weeks:
    """First days of whole weeks, of which so many are over before the intervention; its own week is left out."""

    starts: tuple[date, ...]
    before: int
    range: TimeRange


def weeks_of(ask: EffectAsk, timezone: str, now: datetime) -> Weeks | CannotTell:
    """The weeks that are compared: whole ones alone, and not the one in which the intervention began midway."""
    since, zone = date.fromisoformat(ask.since), ZoneInfo(timezone)
    of_since = since - timedelta(days=since.weekday())
    today = now.astimezone(zone).date()
    this = today - timedelta(days=today.weekday())
    starts = [of_since + timedelta(weeks=n) for n in range(-ask.weeks_before, (this - of_since).days // 7)]
    kept = tuple(day for day in starts if day != of_since or since == of_since)
    after = sum(day >= since for day in kept)
    if after < 1:
        return CannotTell("No whole week has passed since the intervention.")
    span = TimeRange(*(datetime.combine(day, time(), zone) for day in (starts[0], this)))
    return Weeks(kept, len(kept) - after, span)


def _series(scope: Scope, ask: EffectAsk, weeks: Weeks, now: datetime) -> tuple[list[str], Floats, str | None]:
    """The metric by place and week; 0 for what adds up where nothing was, else NaN."""
    where = filters_from_json(ask.where)
    asked = MetricQuery((ask.metric,), weeks.range, grain="week", by=(ask.by,), where=where)
    found = metrics.answer(scope, [asked], now)[0]
    if ask.metric in found.cannot_tell:
        raise BadInput(found.cannot_tell[ask.metric])
    rows = [row for row in found.rows if row[ask.by] is not None]
    names = list(dict.fromkeys(str(row[ask.by]) for row in rows))
    metric = next(m for pack in current().packs for m in pack.metrics if m.qualified == ask.metric)
    fill = 0.0 if metric.shape in ADDED_UP else np.nan
    series = np.full((len(names), len(weeks.starts)), fill)
    at, week = {name: n for n, name in enumerate(names)}, {day: n for n, day in enumerate(weeks.starts)}
    for row in rows:
        number = week.get(datetime.fromisoformat(row["bucket"]).date())
        if number is not None and row[ask.metric] is not None:
            series[at[str(row[ask.by])], number] = float(row[ask.metric])
    return names, series, found.as_of.isoformat() if found.as_of else None


def since_data(weeks: Weeks, series: Floats) -> tuple[Weeks, Floats]:
    """Without the weeks before the data begins, in which nothing is no number, and the week in which it does."""
    filled = (np.nan_to_num(series) != 0).any(axis=0)
    first = int(filled.argmax()) if filled.any() else 0
    cut = first + 1 if first else 0
    return replace(weeks, starts=weeks.starts[cut:], before=max(0, weeks.before - cut)), series[:, cut:]


def judged(ask: EffectAsk, names: Sequence[str], series: Floats, before: int) -> dict[str, Any]:
    """The effect as it is stored; places next to treated hexagons are not compared with, because work spills over."""
    treated = [n for n, name in enumerate(names) if name in ask.treated]
    if not treated:
        return {"reason": "None of the chosen places has a number in these weeks."}
    near = _near(ask)
    whole: NDArray[np.bool_] = np.asarray(np.isfinite(series).all(axis=1))
    donors = [n for n, name in enumerate(names) if n not in treated and name not in near and whole[n]]
    donors = nearest(series, treated, donors, before)
    rows = [*treated, *donors]
    found = did_it_work(
        series[rows], [names[n] for n in rows], range(len(treated)), before, np.random.default_rng(_SEED)
    )
    told = {"donors": len(donors), "near": len(near - set(ask.treated)), "treated": [names[n] for n in treated]}
    if isinstance(found, CannotTell):
        return told | {"reason": found.reason, "actual": series[treated].mean(axis=0).tolist()}
    effect = {name: getattr(found, name) for name in found.__dataclass_fields__ if name not in ("actual", "synthetic")}
    return told | effect | {"actual": found.actual.tolist(), "synthetic": found.synthetic.tolist(), "reason": ""}


def nearest(series: Floats, treated: Sequence[int], donors: Sequence[int], before: int) -> list[int]:
    """The donors whose level before was most like that of the treated places, at most MOST_DONORS.

    A pool of unlike places overfits by chance (Abadie 2021, Journal of Economic Literature 59, 391-425, section 4).
    """
    level = float(series[list(treated), :before].mean())
    return sorted(donors, key=lambda n: (abs(float(series[n, :before].mean()) - level), n))[:MOST_DONORS]


def _near(ask: EffectAsk) -> set[str]:
    """The treated hexagons and those that touch them; of districts nobody knows who touches whom."""
    if not ask.by.startswith("cell:"):
        return set(ask.treated)
    from h3 import grid_disk

    return {cell for name in ask.treated for cell in grid_disk(name, 1)}
