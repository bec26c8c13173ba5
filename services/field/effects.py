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
from data.model import Metric
from data.types import CannotTell, Filter, MetricQuery, Scope, TimeRange
from services import metrics
from services.field.planning import Progress
from services.formats import number, signed
from services.impact.effects import did_it_work
from services.maps.hexes import ADDED_UP, counting, placed_dataset
from services.model import current
from services.queries import filters_from_json

MOST_DONORS = 150
WEEKS_BEFORE = 26
_CHANCE = 0.05  # above such a p chance could well have done the same
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

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Of which rows."""
        return filters_from_json(self.where)


def ask_of(told: Mapping[str, Any]) -> EffectAsk:
    """The question that was stored."""
    return EffectAsk(**{**told, "treated": tuple(told["treated"]), "where": tuple(told["where"])})


def as_json(ask: EffectAsk) -> dict[str, Any]:
    """The question as it is stored."""
    return asdict(ask) | {"treated": list(ask.treated), "where": list(ask.where)}


def run(scope: Scope, told: Mapping[str, Any], progress: Progress, now: datetime) -> dict[str, Any]:
    """The effect, or why none can be told, as it is stored."""
    ask = ask_of(told)
    progress(0.1, "Reading weeks")
    weeks = weeks_of(ask, scope.workspace.timezone, now)
    if isinstance(weeks, CannotTell):
        return {"reason": weeks.reason}
    table = _read(scope, ask, weeks, now)
    weeks, series = since_data(weeks, table.series)
    progress(0.4, "Comparing with places that went alike")
    told_weeks = {"weeks": [day.isoformat() for day in weeks.starts], "before": weeks.before, "as_of": table.as_of}
    judgement = judged(ask, table.names, series, weeks.before)
    return told_weeks | judgement | _counted(table, judgement, len(weeks.starts))


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


@dataclass(frozen=True)
class _Table:
    """The metric (`series`) and the rows behind it by place and week, and how many rows have no place; `rows` is None
    where no metric of the pack counts them."""

    names: tuple[str, ...]
    series: Floats
    rows: NDArray[np.int64] | None
    unplaced: int
    as_of: str | None


def _read(scope: Scope, ask: EffectAsk, weeks: Weeks, now: datetime) -> _Table:
    """The metric by place and week; 0 for what adds up where nothing was, else NaN."""
    metric, counter = _metrics(ask)
    asked = (ask.metric,) if counter in ("", ask.metric) else (ask.metric, counter)
    query = MetricQuery(asked, weeks.range, grain="week", by=(ask.by,), where=ask.filters)
    found = metrics.answer(scope, [query], now)[0]
    if ask.metric in found.cannot_tell:
        raise BadInput(found.cannot_tell[ask.metric])
    week = {day: n for n, day in enumerate(weeks.starts)}
    dated = [(row, week.get(datetime.fromisoformat(row["bucket"]).date())) for row in found.rows]
    known = [(row, at_week) for row, at_week in dated if at_week is not None]
    names = tuple(dict.fromkeys(str(row[ask.by]) for row, _ in dated if row[ask.by] is not None))
    at = {name: n for n, name in enumerate(names)}
    series = np.full((len(names), len(week)), 0.0 if metric.shape in ADDED_UP else np.nan)
    rows = np.zeros(series.shape, np.int64)
    for row, at_week in known:
        if row[ask.by] is not None:
            place = at[str(row[ask.by])], at_week
            rows[place] = int(row.get(counter) or 0)
            series[place] = series[place] if row[ask.metric] is None else float(row[ask.metric])
    unplaced = sum(int(row.get(counter) or 0) for row, _ in known if row[ask.by] is None)
    as_of = found.as_of.isoformat() if found.as_of else None
    return _Table(names, series, rows if counter else None, unplaced, as_of)


def _counted(table: _Table, judgement: Mapping[str, Any], weeks: int) -> dict[str, Any]:
    """How many rows of the weeks that are compared lie in places that are, how many elsewhere, how many nowhere."""
    if table.rows is None:
        return {}
    compared = {*judgement.get("treated", ()), *judgement.get("controls", ())}
    rows = table.rows[:, table.rows.shape[1] - weeks :].sum(axis=1)
    shown = int(sum(rows[number] for number, name in enumerate(table.names) if name in compared))
    return {"rows": shown, "rows_elsewhere": int(rows.sum()) - shown, "rows_unplaced": table.unplaced}


def _metrics(ask: EffectAsk) -> tuple[Metric, str]:
    """The metric, and the name of the one that counts the rows behind it; "" where none does."""
    pack, metric = next((pack, m) for pack in current().packs for m in pack.metrics if m.qualified == ask.metric)
    dataset = placed_dataset(pack, metric)
    counter = counting(pack, dataset, metric) if dataset else None
    return metric, counter.qualified if counter else ""


def since_data(weeks: Weeks, series: Floats) -> tuple[Weeks, Floats]:
    """Without the weeks before the data begins, in which nothing is no number, and the week in which it does."""
    filled = (np.nan_to_num(series) != 0).any(axis=0)
    first = int(filled.argmax()) if filled.any() else 0
    cut = first + 1 if first else 0
    return replace(weeks, starts=weeks.starts[cut:], before=max(0, weeks.before - cut)), series[:, cut:]


@dataclass(frozen=True)
class InWords:
    """A stored effect as people are told it; `often` says whether chance could have made it."""

    change: str
    low: str
    high: str
    relative: str
    chance: str
    missed: str
    often: str


def in_words(found: Mapping[str, Any]) -> InWords:
    """What was found, in words and short numbers."""
    return InWords(
        signed(found["effect"], 2), signed(found["low"], 2), signed(found["high"], 2),
        ("+" if found["relative"] > 0 else "") + number(found["relative"], "percent"), number(found["p"], "percent"),
        number(found["fit"], "percent"), "could well be chance" if found["p"] > _CHANCE else "is hardly chance",
    )  # fmt: skip


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
    listed = {
        "actual": found.actual.tolist(), "synthetic": found.synthetic.tolist(), "controls": list(found.controls),
        "trials": [asdict(one) for one in found.trials],
    }  # fmt: skip
    numbers = {name: getattr(found, name) for name in found.__dataclass_fields__ if name not in listed}
    return told | numbers | listed | {"reason": ""}


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
