"""What do the measured rows look like, a day at a time?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from bench.model import CARDINALITY

DAYS = 366
LAST_DAY = datetime(2026, 6, 30, tzinfo=UTC)
FIRST_DAY = LAST_DAY - timedelta(days=DAYS - 1)
PEOPLE = 1_000_000
PLACES = 10_000
_DAY_MS = 86_400_000

_PERSON_NAMES = pa.array([f"p{i:07d}" for i in range(PEOPLE)])
_RNG = np.random.default_rng(7)
LATITUDES = np.round(_RNG.normal(41.85, 0.08, PLACES), 5)
LONGITUDES = np.round(_RNG.normal(-87.68, 0.07, PLACES), 5)
_WEIGHTS = {name: _RNG.dirichlet(np.full(n, 2.0)).cumsum() for name, n in CARDINALITY.items()}
_NAMES = {name: pa.array([f"{name} {i:02d}" for i in range(n)]) for name, n in CARDINALITY.items()}


def _pick(rng: np.random.Generator, name: str, n: int) -> pa.DictionaryArray:
    codes = np.minimum(np.searchsorted(_WEIGHTS[name], rng.random(n)), CARDINALITY[name] - 1)
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), _NAMES[name])


def columns(rng: np.random.Generator, start: datetime, span_ms: int, n: int) -> dict[str, object]:
    """n rows in [start, start + span), in order of time, as the columns of a Batch of bench.events."""
    ms = np.sort(rng.integers(0, span_ms, n)) + int(start.timestamp() * 1000)
    place = rng.integers(0, PLACES, n)
    person = pa.array(rng.integers(0, PEOPLE, n).astype(np.int32))
    return {
        "occurred_at": ms.astype("datetime64[ms]"),
        **{name: _pick(rng, name, n) for name in CARDINALITY},
        "person": pa.DictionaryArray.from_arrays(person, _PERSON_NAMES),
        "amount": np.round(rng.lognormal(3.0, 1.0, n), 2),
        "lat": LATITUDES[place],
        "lon": LONGITUDES[place],
        "quality": None,
    }


def day(rows: int, number: int, seed: int = 11) -> tuple[datetime, dict[str, object]]:
    """The start and the rows of one of the 366 days of a set of `rows` rows, the same for the same seed."""
    n = rows * (number + 1) // DAYS - rows * number // DAYS
    start = FIRST_DAY + timedelta(days=number)
    return start, columns(np.random.default_rng((seed, number)), start, _DAY_MS, n)


def days(rows: int) -> Iterator[tuple[datetime, dict[str, object]]]:
    """The whole set, day by day."""
    return (day(rows, number) for number in range(DAYS))
