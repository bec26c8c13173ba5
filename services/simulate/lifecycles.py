"""What happens to cases after they begin, and when?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from data.engine.days import from_ms
from data.model import LimitFlag
from services.simulate.arrivals import Cases, Codes, Floats, Ints
from services.simulate.recipes import Answer, Recipe, Step

NEVER = np.iinfo(np.int64).max
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Lives:
    """Cases with all their future: when each step happens (NEVER when it does not), who works on them, what
    people will answer (before anything is lost; NaN for no answer)."""

    cases: Cases
    at_ms: dict[str, Ints]
    staff: Codes
    answers: dict[str, Floats]


@dataclass(frozen=True, slots=True)
class _Day:
    cases: Cases
    usual_hours: Floats
    slowness: Floats
    offset_ms: int


def lives(recipe: Recipe, cases: Cases, timezone: str, rng: np.random.Generator) -> Lives:
    """The future of the cases of one day, in UTC milliseconds."""
    usual = np.array([kind.hours for kind in recipe.kinds])[cases.kind]
    day = _Day(cases, usual, _slowness(recipe, cases), _offset_ms(cases, timezone))
    first, *rest = recipe.lifecycle
    at = {first.name: cases.opened_ms}
    for step in rest:
        at[step.name] = _when(recipe, step, day, at, rng)
    answers = {answer.measure: _drawn(answer, day, at[answer.after], rng) for answer in recipe.answers}
    return Lives(cases, at, _staff(recipe, cases, rng), answers)


def _drawn(answer: Answer, day: _Day, reached: Ints, rng: np.random.Generator) -> Floats:
    hours = np.where(reached == NEVER, 0, reached - day.cases.opened_ms) / HOUR_MS
    drawn = answer.mean + answer.spread * rng.standard_normal(day.cases.n)
    drawn -= answer.slow * np.log2(np.maximum(hours / day.usual_hours, 1.0))
    return np.where(rng.random(day.cases.n) < answer.chance, drawn, np.nan)


def staff_names(recipe: Recipe) -> list[str]:
    """Everybody who works, team by team; the same person for the same place."""
    if recipe.staff is None:
        return []
    total, pool = int(sum(size for _, size in recipe.staff.sizes)), recipe.staff.names
    return [f"{pool[i % len(pool)]}, {chr(65 + (i * 7 + i // len(pool)) % 26)}." for i in range(total)]


def _offset_ms(cases: Cases, timezone: str) -> int:
    """Local time less UTC on this day; good enough for working hours on the few days after a change of clocks."""
    middle = from_ms(int(cases.opened_ms[0])) if cases.n else datetime(2000, 1, 1, tzinfo=UTC)
    offset = middle.astimezone(ZoneInfo(timezone)).utcoffset() or timedelta()
    return int(offset.total_seconds() * 1000)


def _matches(recipe: Recipe, cases: Cases, only: dict[str, str]) -> NDArray[np.bool_]:
    values = recipe.values
    found = np.ones(cases.n, np.bool_)
    for dimension, value in only.items():
        found &= cases.codes[dimension] == values[dimension].index(value)
    return found


def _slowness(recipe: Recipe, cases: Cases) -> Floats:
    slowness = np.ones(cases.n)
    for story in recipe.stories:
        strength = story.strength(int(cases.day[0])) if cases.n else 0.0
        if strength > 0 and story.slower != 1:
            slowness[_matches(recipe, cases, story.only)] *= 1 + (story.slower - 1) * strength
    return slowness


def _when(recipe: Recipe, step: Step, day: _Day, at: dict[str, Ints], rng: np.random.Generator) -> Ints:
    cases = day.cases
    base = at[step.after or recipe.lifecycle[0].name]
    happens = (base != NEVER) & (rng.random(cases.n) < step.chance)
    start = np.where(happens, base, cases.opened_ms)
    if step.limit:
        start = np.maximum(start, cases.opened_ms + _limit_ms(recipe, step.limit, cases))
    hours = np.full(cases.n, step.hours)
    if step.kind_hours:
        hours = day.usual_hours * step.kind_hours * day.slowness
    hours = hours * _factors(recipe, step, cases) * rng.lognormal(0, step.spread, cases.n)
    moment = start + np.maximum(hours * HOUR_MS, 60_000).astype(np.int64)
    if step.working:
        moment = _in_working_hours(recipe, moment, day.offset_ms, rng)
    happens &= moment < cases.opened_ms + recipe.longest_days * DAY_MS
    if step.before:
        happens &= moment < at[step.before]
    return np.where(happens, moment, NEVER)


def _factors(recipe: Recipe, step: Step, cases: Cases) -> Floats:
    values, found = recipe.values, np.ones(cases.n)
    for dimension, factors in step.factors.items():
        table = np.array([*(factors.get(value, 1.0) for value in values[dimension]), 1.0])
        found *= table[cases.codes[dimension]]
    return found


def _limit_ms(recipe: Recipe, name: str, cases: Cases) -> Ints:
    flag = next(f for f in recipe.cases.flags if isinstance(f, LimitFlag) and f.name == name)
    limits, values = dict(flag.limits_hours), recipe.values[flag.by]
    hours = np.array([*(limits.get(value, flag.otherwise_hours) for value in values), flag.otherwise_hours])
    return (hours[cases.codes[flag.by]] * HOUR_MS).astype(np.int64)


def _in_working_hours(recipe: Recipe, moment: Ints, offset_ms: int, rng: np.random.Generator) -> Ints:
    """What falls into the night or on a Sunday happens some time in the next working day, rather early."""
    opens, closes = (hour * HOUR_MS for hour in recipe.working)
    local = moment + offset_ms
    days, into = local // DAY_MS, local % DAY_MS
    morning = opens + rng.beta(1.2, 1.9, len(moment)) * (closes - opens)
    late = into >= closes
    days, into = np.where(late, days + 1, days), np.where(late | (into < opens), morning, into)
    sunday = (days + 3) % 7 == 6  # 1970-01-01 was a Thursday
    days, into = np.where(sunday, days + 1, days), np.where(sunday, morning, into)
    return np.maximum(days * DAY_MS + into.astype(np.int64) - offset_ms, moment)


def _staff(recipe: Recipe, cases: Cases, rng: np.random.Generator) -> Codes:
    if recipe.staff is None:
        return np.full(cases.n, -1, np.int32)
    values, start = recipe.values[recipe.staff.by], 0
    codes = np.full(cases.n, -1, np.int32)
    for team, size in recipe.staff.sizes:
        mine = cases.codes[recipe.staff.by] == values.index(team)
        weights = np.linspace(1.4, 0.6, int(size))
        codes[mine] = start + rng.choice(int(size), int(mine.sum()), p=weights / weights.sum())
        start += int(size)
    return codes


def join_lives(parts: list[Lives]) -> Lives:
    """The cases of several days as one."""
    cases = [part.cases for part in parts]

    def joined(field: str) -> NDArray[Any]:
        return np.concatenate([getattr(one, field) for one in cases])

    codes = {name: np.concatenate([one.codes[name] for one in cases]) for name in cases[0].codes}
    every = Cases(
        joined("day"), joined("number"), joined("opened_ms"), joined("kind"), codes,
        joined("actor"), joined("lat"), joined("lon"),
    )  # fmt: skip
    at_ms = {step: np.concatenate([part.at_ms[step] for part in parts]) for step in parts[0].at_ms}
    answers = {name: np.concatenate([part.answers[name] for part in parts]) for name in parts[0].answers}
    return Lives(every, at_ms, np.concatenate([part.staff for part in parts]), answers)


def take_lives(lived: Lives, rows: NDArray[np.bool_]) -> Lives:
    """Some of the cases."""
    c = lived.cases
    cases = Cases(
        c.day[rows], c.number[rows], c.opened_ms[rows], c.kind[rows], {k: v[rows] for k, v in c.codes.items()},
        c.actor[rows], c.lat[rows], c.lon[rows],
    )  # fmt: skip
    at_ms = {step: values[rows] for step, values in lived.at_ms.items()}
    return Lives(cases, at_ms, lived.staff[rows], {k: v[rows] for k, v in lived.answers.items()})
