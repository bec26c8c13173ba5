"""Which cases begin on a day: how many, when, about what, where and by whom?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from services.simulate.recipes import Recipe, Weights

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
_METRES_A_DEGREE = 111_320.0
_GRID = np.arange(0, 24.25, 0.25)


@dataclass(frozen=True, slots=True)
class Day:
    """A local day: its ordinal, its first instant in UTC, its length, and a factor on how many cases begin."""

    ordinal: int
    start_ms: int
    length_ms: int
    scale: float


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases in order of time. `day` (an ordinal) and `number` within it name a case; `codes` point into the recipe's
    values (-1 is missing), `kind` into its kinds and is never missing."""

    day: Codes
    number: Codes
    opened_ms: Ints
    kind: Codes
    codes: dict[str, Codes]
    actor: Codes
    lat: Floats
    lon: Floats

    @property
    def n(self) -> int:
        """How many."""
        return len(self.opened_ms)


def arrivals(recipe: Recipe, day: Day, rng: np.random.Generator) -> Cases:
    """The cases that begin on a day."""
    ordinal = day.ordinal
    weights = _kind_weights(recipe, ordinal)
    mean = (
        recipe.per_day
        * day.scale
        * _level(recipe, ordinal, rng)
        * weights.sum()
        / sum(kind.weight for kind in recipe.kinds)
    )
    n = int(rng.poisson(mean))
    kind = rng.choice(len(weights), n, p=weights / weights.sum()).astype(np.int32)
    part = _part_of_day(recipe, kind, rng)
    order = np.argsort(part, kind="stable")
    kind, part = kind[order], part[order]
    area = _areas(recipe, ordinal, kind, rng)
    lat, lon = _positions(recipe, kind, area, rng)
    actor = (recipe.actor_count * rng.random(n) ** recipe.actor_skew).astype(np.int32)
    codes = _dimensions(recipe, kind, area, rng)
    opened_ms = day.start_ms + (part * day.length_ms).astype(np.int64)
    days, number = np.full(n, ordinal, np.int32), np.arange(n, dtype=np.int32)
    return Cases(days, number, opened_ms, kind, codes, actor, lat, lon)


def _kind_weights(recipe: Recipe, ordinal: int) -> Floats:
    day = date.fromordinal(ordinal)
    month = day.month + day.day / 31 - 0.5
    weekend = day.weekday() >= 5
    weights = []
    for kind in recipe.kinds:
        season = 1 + kind.season_swing * np.cos((month - kind.season_month) / 12 * 2 * np.pi)
        weight = kind.weight * season * (kind.weekend if weekend else 1.0)
        for story in recipe.stories:
            weight *= 1 + (story.kinds.get(kind.name, 1.0) - 1) * story.strength(ordinal)
        weights.append(weight)
    return np.array(weights)


def _level(recipe: Recipe, ordinal: int, rng: np.random.Generator) -> float:
    day = date.fromordinal(ordinal)
    years = (ordinal - date(2026, 1, 1).toordinal()) / 365.25
    growth = (1 + recipe.growth_per_year) ** years
    holiday = recipe.holidays.get(f"{day:%m-%d}", 1.0)
    return float(recipe.weekdays[day.weekday()] * growth * holiday * rng.lognormal(0, recipe.noise))


def _part_of_day(recipe: Recipe, kind: Codes, rng: np.random.Generator) -> Floats:
    drawn = rng.random(len(kind))
    part = np.empty(len(kind))
    rhythm_of = np.array([list(recipe.rhythms).index(k.rhythm) for k in recipe.kinds])[kind]
    for number, points in enumerate(recipe.rhythms.values()):
        hours, levels = zip(*((float(hour), level) for hour, level in points), strict=True)
        levels_on_grid = np.interp(_GRID, [*hours, hours[0] + 24], [*levels, levels[0]])
        cumulative = np.concatenate([[0.0], np.cumsum((levels_on_grid[1:] + levels_on_grid[:-1]) / 2)])
        mine = rhythm_of == number
        part[mine] = np.interp(drawn[mine], cumulative / cumulative[-1], _GRID / 24)
    return np.minimum(part, 1 - 1e-9)


def _areas(recipe: Recipe, ordinal: int, kind: Codes, rng: np.random.Generator) -> Codes:
    weights = np.array([area.weight for area in recipe.areas])
    found = rng.choice(len(weights), len(kind), p=weights / weights.sum()).astype(np.int32)
    for story in recipe.stories:
        strength = story.strength(ordinal)
        if strength == 0 or not story.areas:
            continue
        drawn = weights * [1 + (story.areas.get(area.name, 1.0) - 1) * strength for area in recipe.areas]
        touched = np.isin(kind, [i for i, k in enumerate(recipe.kinds) if k.name in story.kinds])
        found[touched] = rng.choice(len(drawn), int(touched.sum()), p=drawn / drawn.sum())
    return found


def _positions(recipe: Recipe, kind: Codes, area: Codes, rng: np.random.Generator) -> tuple[Floats, Floats]:
    n = len(kind)
    lat, lon, spread = (np.array([getattr(a, f) for a in recipe.areas])[area] for f in ("lat", "lon", "spread_m"))
    drawn = rng.random(n)
    names = [a.name for a in recipe.areas]
    for spot in recipe.hotspots:
        kinds = [i for i, k in enumerate(recipe.kinds) if k.name in spot.kinds]
        here = (area == names.index(spot.area)) & np.isin(kind, kinds) & (drawn < spot.share)
        lat[here], lon[here], spread[here] = spot.lat, spot.lon, spot.spread_m
    north, east = rng.standard_normal(n) * spread, rng.standard_normal(n) * spread
    lat = lat + north / _METRES_A_DEGREE
    lon = lon + east / (_METRES_A_DEGREE * np.cos(np.radians(lat)))
    return np.round(lat, 6), np.round(lon, 6)


def _draw(table: Weights, values: list[str], n: int, rng: np.random.Generator) -> Codes:
    weights = np.array([weight for _, weight in table])
    codes = np.array([values.index(name) for name, _ in table], np.int32)
    return codes[rng.choice(len(weights), n, p=weights / weights.sum())]


def _dimensions(recipe: Recipe, kind: Codes, area: Codes, rng: np.random.Generator) -> dict[str, Codes]:
    values, n = recipe.values, len(kind)
    codes = {dimension: np.full(n, -1, np.int32) for dimension in values}
    codes[recipe.kind], codes[recipe.area] = kind.copy(), area
    for dimension, table in recipe.choices.items():
        codes[dimension] = _draw(table, values[dimension], n, rng)
    for number, one in enumerate(recipe.kinds):
        mine = kind == number
        for dimension, value in one.sets.items():
            codes[dimension][mine] = values[dimension].index(value)
        for dimension, table in one.choices.items():
            codes[dimension][mine] = _draw(table, values[dimension], int(mine.sum()), rng)
    for dimension, share in recipe.missing.items():
        codes[dimension][rng.random(n) < share] = -1
    return codes
