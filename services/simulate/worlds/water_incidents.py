"""What breaks in the made-up water utility, who notices, and how long does the repair take?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.model import Dataset
from services.simulate.worlds.draws import texts
from services.simulate.worlds.tables import HOUR_MS, NEVER, Table
from services.simulate.worlds.water_network import MAINS, SENSORS, TOWNS
from services.simulate.worlds.water_readings import burst_lost_m3, burst_on, drift_ends_on

_CREWS = ("Crew North", "Crew South", "Crew Night", "Contractor Hale")
_HOURS = np.array([0.5, 0.35, 0.3, 0.3, 0.5, 1.0, 2.2, 2.6, 2.4, 2.1, 1.9, 1.7, 1.6, 1.6, 1.5, 1.5, 1.7, 2.0, 2.0, 1.7,
                   1.3, 1.0, 0.8, 0.6])  # fmt: skip
_SLOWEST_H = 24 * 20.0


@dataclass(frozen=True, slots=True)
class Sort:
    """A kind of incident: how many a day, median hours of repair, customers touched, cubic metres lost an hour."""

    a_day: float
    repair_h: float
    customers: float
    lost_m3_h: float
    severities: tuple[float, float, float]
    sources: tuple[float, float, float]
    causes: tuple[str, ...]
    winter: float = 0.0


_SORTS = {
    "leak": Sort(2.3, 24, 6, 1.1, (0.03, 0.27, 0.7), (0.22, 0.5, 0.28), ("corrosion", "joint", "age", "traffic"), 0.3),
    "break": Sort(0.06, 8, 90, 42, (0.45, 0.5, 0.05), (0.35, 0.6, 0.05), ("frost", "corrosion", "pressure"), 0.8),
    "quality": Sort(0.75, 15, 14, 0, (0.05, 0.3, 0.65), (0.3, 0.68, 0.02), ("sediment", "dead end", "works")),
    "low pressure": Sort(0.6, 7, 25, 0, (0.04, 0.46, 0.5), (0.4, 0.58, 0.02), ("valve closed", "pump", "demand")),
    "no supply": Sort(0.35, 5, 40, 0, (0.3, 0.6, 0.1), (0.1, 0.88, 0.02), ("valve closed", "works", "pump")),
    "sensor fault": Sort(0.22, 40, 0, 0, (0, 0.15, 0.85), (0.75, 0, 0.25), ("battery", "radio", "fouling")),
}  # fmt: skip
_SEVERITIES, _SOURCES = ("critical", "major", "minor"), ("sensor", "customer", "patrol")
_FASTER = {"critical": 0.4, "major": 1.0, "minor": 1.8}


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident with its course: hours since midnight it opens at, then hours to assignment and repair."""

    kind: str
    cause: str
    severity: str
    source: str
    town: int
    zone: str
    main: int | None
    opens_h: float
    assigned_h: float
    repaired_h: float
    customers: float
    lost_m3: float


def told_incidents(day: date, rng: np.random.Generator) -> Iterator[Incident]:
    """Those of the two stories: the burst main, and the drifting sensor when it is found."""
    burst = burst_on(day)
    if burst:
        mains = [i for i, m in enumerate(MAINS) if m.zone == burst.zone]
        lasts, main = burst.lasts_h - 0.4, int(rng.choice(mains))
        lost = burst_lost_m3(burst)
        opens = burst.start_h + 0.4
        yield Incident(
            "break", "age", "critical", "sensor", burst.town, burst.zone, main, opens, 0.6, lasts, 320.0, lost
        )
    sensor = drift_ends_on(day)
    if sensor is not None:
        found = SENSORS[sensor]
        yield Incident(
            "sensor fault", "drift", "major", "patrol", found.town, found.zone, None, 8.0, 0.5, 1.5, 0.0, 0.0
        )


def drawn_incidents(day: date, scale: float, rng: np.random.Generator) -> Iterator[Incident]:
    """All others: fewer at weekends, leaks and breaks more in winter."""
    winter = np.cos((day.timetuple().tm_yday - 20) / 365.25 * 2 * np.pi)
    level = (0.8 if day.weekday() >= 5 else 1.08) * rng.lognormal(0, 0.12) * scale
    for kind, sort in _SORTS.items():
        for _ in range(int(rng.poisson(sort.a_day * level * (1 + sort.winter * winter)))):
            yield _drawn(kind, sort, rng)


def _drawn(kind: str, sort: Sort, rng: np.random.Generator) -> Incident:
    # The oldest mains break and leak the most.
    worn = np.array([(10.5 - main.condition) ** 2 * main.length_m for main in MAINS])
    number = int(rng.choice(len(MAINS), p=worn / worn.sum()))
    main = MAINS[number]
    severity = str(rng.choice(_SEVERITIES, p=sort.severities))
    opens = int(rng.choice(24, p=_HOURS / _HOURS.sum())) + float(rng.random())
    repair = min(sort.repair_h * _FASTER[severity] * float(rng.lognormal(0, 0.95)), _SLOWEST_H)
    assigned = min(1.1 * _FASTER[severity] * float(rng.lognormal(0, 0.8)), repair * 0.8)
    customers = float(rng.poisson(sort.customers * rng.lognormal(0, 0.6))) if sort.customers else 0.0
    lost = round(sort.lost_m3_h * repair * float(rng.lognormal(-0.2, 0.5)), 1)
    on_main = number if kind in ("leak", "break") else None
    source, cause = str(rng.choice(_SOURCES, p=sort.sources)), str(rng.choice(sort.causes))
    return Incident(
        kind, cause, severity, source, main.town, main.zone, on_main, opens, assigned, repair, customers, lost
    )


def incident_table(
    dataset: Dataset, prefix: str, found: Sequence[Incident], day: tuple[int, int], rng: np.random.Generator,
    mains: Mapping[int, str],
) -> Table:  # fmt: skip
    """The incidents of a day, given as first instant and length in milliseconds; `mains` names those on mains."""
    start, length = day
    n = len(found)
    hours = np.array([(one.opens_h, one.assigned_h, one.repaired_h) for one in found], np.float64).reshape(n, 3)
    opened = start + np.minimum(hours[:, 0] * HOUR_MS, length - 1).astype(np.int64)
    assigned, repaired = (opened + (hours[:, i] * HOUR_MS).astype(np.int64) for i in (1, 2))
    closed = repaired + (rng.uniform(2, 110, n) * HOUR_MS).astype(np.int64)
    cancelled = (rng.random(n) < 0.02) & np.array([one.severity == "minor" for one in found], np.bool_)
    never = np.full(n, NEVER)
    repaired = np.where(cancelled, NEVER, repaired)
    states = [(opened, "open"), (assigned, "assigned"), (repaired, "repaired")]
    states += [(np.where(cancelled, never, closed), "closed"), (np.where(cancelled, closed, never), "cancelled")]
    columns: dict[str, NDArray[Any]] = {
        "incident_id": texts([f"{prefix}-{number:02d}" for number in range(n)]), "opened_at": opened,
        "assigned_at": assigned, "repaired_at": repaired, "closed_at": closed, "status": texts([None] * n),
        "municipality": texts([TOWNS[one.town].name for one in found]),
        "material": texts([None if one.main is None else MAINS[one.main].material for one in found]),
        "main": texts([None if one.main is None else mains[one.main] for one in found]),
        "crew": np.array(_CREWS, object)[rng.choice(len(_CREWS), n, p=(0.34, 0.3, 0.14, 0.22))],
        "customers": np.array([one.customers for one in found], np.float64),
        "lost_m3": np.array([one.lost_m3 for one in found], np.float64),
    }  # fmt: skip
    for name in ("kind", "cause", "severity", "source", "zone"):
        columns[name] = texts([getattr(one, name) for one in found])
    columns |= _places(found, rng)
    known = {"crew": assigned, "cause": repaired, "lost_m3": repaired}
    return Table(dataset, opened, columns, known=known, states={"status": states})


def _places(found: Sequence[Incident], rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    """On the main that is concerned, or anywhere in town."""
    places = [MAINS[one.main] if one.main is not None else TOWNS[one.town] for one in found]
    spread = np.array([0.0005 if one.main is not None else 0.009 for one in found])
    lat, lon = (np.array([getattr(place, name) for place in places], np.float64) for name in ("lat", "lon"))
    north, east = rng.standard_normal(len(found)) * spread, rng.standard_normal(len(found)) * spread
    return {"lat": np.round(lat + north, 6), "lon": np.round(lon + east * 1.33, 6)}
