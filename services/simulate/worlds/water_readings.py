"""What do the sensors of the made-up water utility show on a day?

Two stories repeat, always in the same way, so that every page has something to find: a main bursts, and a chlorine
sensor drifts until somebody calibrates it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from services.simulate.worlds.water_network import SENSORS, TOWNS, ZONES, Sensor

Floats = NDArray[np.float64]
HOUR_MS = 3_600_000
BURST_EVERY, BURST_OFFSET, BURST_HOUR = 11, 4, 4.2
DRIFT_EVERY, DRIFT_OFFSET, DRIFT_DAYS, DRIFT_A_DAY = 45, 31, 24, -0.021
_SPIKES, _OUTAGES = 0.0004, 1 / 45
_HOURS = (0, 2, 4, 5.5, 7, 8.5, 11, 14, 17, 19, 21, 23, 24)
_DEMAND = (0.55, 0.42, 0.42, 0.75, 1.6, 1.45, 1.12, 1.02, 1.15, 1.5, 1.2, 0.75, 0.55)


@dataclass(frozen=True, slots=True)
class Burst:
    """A main that bursts: in which zone, from which hour of the day, for how many hours."""

    zone: str
    town: int
    start_h: float
    lasts_h: float


def burst_on(day: date) -> Burst | None:
    """The burst that begins on a day, if one does."""
    number, into = divmod(day.toordinal() + BURST_OFFSET, BURST_EVERY)
    if into:
        return None
    zone = number * 5 % len(ZONES)
    return Burst(ZONES[zone], zone // 2, BURST_HOUR, 13.0 + number % 4)


def drift_of(day: date, sensor: int) -> float:
    """What a sensor shows too much at the beginning of a day."""
    number, into = divmod(day.toordinal() + DRIFT_OFFSET, DRIFT_EVERY)
    return DRIFT_A_DAY * into if into < DRIFT_DAYS and _drifting(number) == sensor else 0.0


def drift_ends_on(day: date) -> int | None:
    """The sensor whose drift is found and set right on a day, if there is one."""
    number, into = divmod(day.toordinal() + DRIFT_OFFSET, DRIFT_EVERY)
    return _drifting(number) if into == DRIFT_DAYS else None


def _drifting(number: int) -> int:
    chlorine = [i for i, one in enumerate(SENSORS) if one.kind == "chlorine"]
    return chlorine[number % len(chlorine)]


@dataclass(frozen=True, slots=True)
class Shown:
    """Readings of a day: milliseconds since midnight, which sensor, value and anomaly score."""

    into_ms: NDArray[np.int64]
    sensor: NDArray[np.int64]
    value: Floats
    score: Floats


def readings_of(day: date, length_ms: int, rng: np.random.Generator) -> Shown:
    """All readings of a local day in order of time."""
    parts = [_of_sensor(number, sensor, day, length_ms, rng) for number, sensor in enumerate(SENSORS)]
    into_ms = np.concatenate([part.into_ms for part in parts])
    order = np.argsort(into_ms, kind="stable")
    columns = (np.concatenate([getattr(part, name) for part in parts])[order] for name in ("sensor", "value", "score"))
    return Shown(into_ms[order], *columns)


def _of_sensor(number: int, sensor: Sensor, day: date, length_ms: int, rng: np.random.Generator) -> Shown:
    step = sensor.every_min * 60_000
    into_ms = np.arange(number * 37_000 % step, length_ms, step, dtype=np.int64)
    hours = into_ms / HOUR_MS
    expected = expected_values(sensor, day, hours)
    noise = rng.standard_normal(len(hours)) * sensor.sigma
    noise += np.where(rng.random(len(hours)) < _SPIKES, sensor.sigma * rng.choice((-14, 14)), 0.0)
    drift = drift_of(day, number)
    value = _during_burst(sensor, day, hours, expected) + noise + (drift + DRIFT_A_DAY * hours / 24 if drift else 0.0)
    value = np.maximum(value, 0.02)
    strayed = (value - expected) / sensor.sigma
    score = strayed**2 / (strayed**2 + 16)
    kept = ~_in_outage(hours, rng)
    return Shown(into_ms[kept], np.full(int(kept.sum()), number), np.round(value[kept], 3), np.round(score[kept], 3))


def expected_values(sensor: Sensor, day: date, hours: Floats) -> Floats:
    """What a sensor shows on an ordinary day: by hour, day of the week and season."""
    weekend = day.weekday() >= 5
    demand = np.interp((hours - (1.2 if weekend else 0.0)) % 24, _HOURS, _DEMAND)
    summer = np.cos((day.timetuple().tm_yday - 200) / 365.25 * 2 * np.pi)
    demand = demand * (1 + 0.12 * summer) * (1.05 if weekend else 1.0)
    if sensor.kind == "flow":
        return np.asarray(sensor.base * demand)
    if sensor.kind == "pressure":
        return np.asarray(sensor.base - 0.75 * (demand - 1))
    if sensor.kind == "level":
        return np.asarray(sensor.base + 0.9 * np.cos((hours - 6) / 24 * 2 * np.pi))
    if sensor.kind == "chlorine":
        return np.asarray(sensor.base - 0.07 * summer - 0.03 * (demand - 1))
    return np.full(len(hours), sensor.base)


def _during_burst(sensor: Sensor, day: date, hours: Floats, expected: Floats) -> Floats:
    burst = burst_on(day)
    if burst is None or sensor.town != burst.town:
        return expected
    own = sensor.zone == burst.zone
    factors = {"pressure": 0.5 if own else 0.88, "flow": 1.9 if own else 1.06, "turbidity": 1.5, "level": 0.9}
    inside = (hours >= burst.start_h) & (hours < burst.start_h + burst.lasts_h)
    return np.where(inside, expected * factors.get(sensor.kind, 1.0), expected)


def _in_outage(hours: Floats, rng: np.random.Generator) -> NDArray[np.bool_]:
    begins, lasts, happens = rng.uniform(0, 20), rng.uniform(1.5, 9), rng.random() < _OUTAGES
    return np.asarray((hours >= begins) & (hours < begins + lasts) & happens)


def supplied_m3(town: int, day: date, rng: np.random.Generator) -> dict[str, float]:
    """The water balance of a town's day by component."""
    summer = np.cos((day.timetuple().tm_yday - 200) / 365.25 * 2 * np.pi)
    supplied = TOWNS[town].people * 0.245 * (1 + 0.12 * summer) * (1.05 if day.weekday() >= 5 else 1.0)
    shares = {"billed": 0.775, "unbilled": 0.018, "apparent losses": 0.047, "real losses": 0.16 - 0.02 * town}
    found = {name: supplied * share * rng.lognormal(0, 0.03) for name, share in shares.items()}
    burst = burst_on(day)
    if burst and burst.town == town:
        found["real losses"] += burst_lost_m3(burst)
    return {name: round(volume, 1) for name, volume in found.items()}


def burst_lost_m3(burst: Burst) -> float:
    """The water that a burst main loses: the flow above the usual, as long as it lasts."""
    flow = next(s.base for s in SENSORS if s.kind == "flow" and s.zone == burst.zone)
    return round(0.9 * flow * 3.6 * burst.lasts_h, 1)
