"""On which local day does an instant fall, and how many milliseconds after the first instant of that day?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from data.errors import BadInput

Ints = NDArray[np.int64]
DAY_MS = 86_400_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_BLOCK = 512
_EARLIEST_MS = -62_000_000_000_000  # a little after the year 1
_LATEST_MS = 253_000_000_000_000  # a little before the year 10000


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00Z of an aware datetime, rounded down."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """The UTC instant of a number of milliseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


@lru_cache(maxsize=4096)
def day_start(day: date, tz: str) -> datetime:
    """The first instant of a local day, as UTC.

    LIMIT: where clocks went back from just after midnight into the day before, the time that came twice counts for the
    new day.

    Where clocks jump over midnight that is the moment of the jump; where midnight comes twice it is the first one.
    """
    zone = ZoneInfo(tz)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    start, early = midnight.astimezone(UTC), midnight.replace(fold=1).astimezone(UTC)
    while early < start:  # clocks jumped over midnight: the day begins at the jump, somewhere between the two
        middle = early + (start - early) // 2
        if middle.astimezone(zone).date() >= day:
            start = middle
        elif start - early <= timedelta(microseconds=1):
            break
        else:
            early = middle
    return start


@lru_cache(maxsize=4096)
def _block(number: int, tz: str) -> Ints:
    """Starts of the days with ordinals number * _BLOCK and up, in UTC milliseconds."""
    first = max(number * _BLOCK, 1)
    days = [date.fromordinal(min(o, 3_652_058)) for o in range(first, (number + 1) * _BLOCK)]
    starts = np.fromiter((to_ms(day_start.__wrapped__(d, tz)) for d in days), np.int64, len(days))
    starts.flags.writeable = False
    return starts


def day_starts(first: date, last: date, tz: str) -> Ints:
    """UTC milliseconds of the first instant of each local day from `first` to `last`, both included."""
    low, high = first.toordinal() // _BLOCK, last.toordinal() // _BLOCK
    joined = np.concatenate([_block(n, tz) for n in range(low, high + 1)])
    offset = first.toordinal() - max(low * _BLOCK, 1)
    return joined[offset : offset + last.toordinal() - first.toordinal() + 1]


def check_range(utc_ms: Ints) -> None:
    """Raise BadInput for instants outside the years 1 to 9999."""
    if utc_ms.size and (utc_ms.min() < _EARLIEST_MS or utc_ms.max() > _LATEST_MS):
        raise BadInput("A time is outside the years 1 to 9999.")


def local_days(utc_ms: Ints, tz: str) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
    """For each instant the ordinal of its local day (as in date.toordinal) and the milliseconds since that day began.

    Raises BadInput for instants outside the years 1 to 9999.
    """
    if utc_ms.size == 0:
        return np.empty(0, np.int32), np.empty(0, np.uint32)
    check_range(utc_ms)
    blocks = (utc_ms // DAY_MS + _EPOCH_ORDINAL) // _BLOCK
    low, high = int(blocks.min()), int(blocks.max())
    used = range(low, high + 1) if high - low < 8 else [int(b) for b in np.unique(blocks)]
    around = sorted({b + d for b in used for d in (-1, 0, 1) if b + d >= 0})
    starts = np.concatenate([_block(b, tz) for b in around])
    ordinals = np.concatenate([np.arange(max(b * _BLOCK, 1), (b + 1) * _BLOCK, dtype=np.int32) for b in around])
    at = np.searchsorted(starts, utc_ms, side="right") - 1
    return ordinals[at], (utc_ms - starts[at]).astype(np.uint32)
