"""Which instant does a text mean?"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from services.ingest.mappings.grammar import Column
from services.ingest.rules.texts import Mask, Texts, mask_of

Times = NDArray[np.datetime64]
EARLIEST = np.datetime64("1900-01-01", "ms")
LATEST = np.datetime64("2100-01-01", "ms")
_ZONED = r"[T ]\d{1,2}:?\d{2}.*(?:[Zz]|[+-]\d{2}:?\d{2})$"
DATED = r"^\d{4}-?\d{2}-?\d{2}"
_DAY = r"^\d{4}-?\d{2}-?\d{2}$"
_NAMED_UTC = r"^(\d{4}-?\d{2}-?\d{2}[T ]\d.*\d) ?(?:UTC|GMT)$"  # as databases write it
_CLOCK = ("%H", "%I", "%M", "%S", "%X", "%c", "%T", "%R")
_UNIX = {"unix_s": "s", "unix_ms": "ms"}


def to_instants(
    texts: Texts, column: Column, zone: str, now: datetime, needs_zone: bool = False
) -> tuple[Texts, Times]:
    """The texts as UTC instants in milliseconds, rounded down; NaT where missing or not readable.

    Local times are those of `zone`. A date without a time is the first instant of that local day. Times before 1900 and
    from 2100 on are refused as unreadable. `needs_zone` refuses local times.
    """
    instants = np.full(len(texts.values), "NaT", "datetime64[ms]")
    waiting = mask_of(pc.is_valid(texts.values))
    present = waiting.copy()
    for form in column.formats:
        if waiting.any():
            texts = _read(texts, column, form, zone, waiting, instants, needs_zone)
            waiting &= np.isnat(instants) & ~_refused(texts)
    with np.errstate(invalid="ignore"):
        strange = present & ((instants < EARLIEST) | (instants >= LATEST))
    instants[strange] = np.datetime64("NaT")
    texts = _settle(texts, column, waiting, strange)
    late = ~np.isnat(instants) & (instants > np.datetime64(now.replace(tzinfo=None), "ms"))
    if column.future == "reject":
        return texts.rejected(late, "in the future", f"a time up to {now:%Y-%m-%d %H:%M} UTC"), instants
    return (texts.flagged(late, "in_future") if column.future == "flag" else texts), instants


def _refused(texts: Texts) -> Mask:
    found = np.zeros(len(texts.values), np.bool_)
    for problem in texts.problems:
        if problem.flag is None:
            found |= problem.mask
    return found


def _settle(texts: Texts, column: Column, unread: Mask, strange: Mask) -> Texts:
    forms = dict.fromkeys(column.formats)
    expected = "a time as " + " or ".join("2024-03-31T14:05:00" if form == "iso" else form for form in forms)
    if column.unreadable == "reject":
        texts = texts.rejected(unread, "not a time", expected)
        return texts.rejected(strange, "not a believable time", "a time from 1900 to 2099")
    return texts.flagged(unread | strange, "unreadable")


def _read(
    texts: Texts, column: Column, form: str, zone: str, waiting: Mask, instants: Times, needs_zone: bool
) -> Texts:
    """Read what is waiting by one format into `instants`."""
    if form == "iso":  # a year or a month alone is no time, though ISO knows them too
        waiting = waiting & mask_of(pc.match_substring_regex(texts.values, DATED))
    where = np.flatnonzero(waiting)
    values = texts.values.filter(pa.array(waiting))
    if form == "iso":
        values = pc.replace_substring_regex(values, _NAMED_UTC, r"\1Z")
    zoned = mask_of(pc.match_substring_regex(values, _ZONED)) if form == "iso" else np.full(len(where), "%z" in form)
    if form in _UNIX:
        numbers = pd.to_numeric(pd.Series(values.to_pylist(), dtype="object"), errors="coerce")
        parsed = pd.to_datetime(numbers, unit=cast(Any, _UNIX[form]), errors="coerce", utc=True)
        instants[where] = _ms(parsed)
        return texts
    plain = pd.Series(values.to_pylist(), dtype="object")
    chosen = "ISO8601" if form == "iso" else form
    if zoned.any():
        instants[where[zoned]] = _ms(pd.to_datetime(plain[zoned], format=chosen, errors="coerce", utc=True))
    local = where[~zoned]
    if not len(local):
        return texts
    clock = _ms(pd.to_datetime(plain[~zoned], format=chosen, errors="coerce"))
    if needs_zone:
        bad = np.zeros(len(texts.values), np.bool_)
        bad[local[~np.isnat(clock)]] = True
        return texts.rejected(bad, "a time without a zone", "a time with its zone, as 2024-03-31T14:05:00Z")
    days = mask_of(pc.match_substring_regex(values, _DAY))[~zoned] if form == "iso" else _is_day(form)
    return _localise(texts, column, zone, local, clock, days, instants)


def _is_day(form: str) -> bool:
    return not any(part in form for part in _CLOCK)


def _ms(parsed: pd.Series[Any]) -> Times:
    naive = parsed.dt.tz_localize(None) if parsed.dt.tz is not None else parsed
    return np.asarray(naive.to_numpy(), "datetime64[us]").astype("datetime64[ms]")


def _localise(
    texts: Texts, column: Column, zone: str, where: NDArray[np.int64], clock: Times, days: Mask | bool, instants: Times
) -> Texts:
    """Clock times of a zone as instants: those that come twice or never are settled by `ambiguous` and `nonexistent`.

    A day starts at its first instant, which needs no settling: midnight may come twice or never too.
    """
    index = pd.DatetimeIndex(clock)
    tz = ZoneInfo(zone)
    first = _utc(index.tz_localize(tz, ambiguous=np.ones(len(clock), np.bool_), nonexistent="shift_forward"))
    second = _utc(index.tz_localize(tz, ambiguous=np.zeros(len(clock), np.bool_), nonexistent="shift_forward"))
    strict = _utc(index.tz_localize(tz, ambiguous=np.ones(len(clock), np.bool_), nonexistent="NaT"))
    known = ~np.isnat(clock) & ~np.asarray(days)
    twice, never = np.zeros(len(texts.values), np.bool_), np.zeros(len(texts.values), np.bool_)
    twice[where] = known & (first != second)
    never[where] = known & np.isnat(strict)
    instants[where] = first
    if column.ambiguous == "later":
        instants[where] = np.where(twice[where], second, first)
    if column.ambiguous == "reject":
        texts = texts.rejected(twice, "a local time that comes twice", f"a time that is unique in {zone}")
    else:
        texts = texts.flagged(twice, "ambiguous")
    if column.nonexistent == "reject":
        return texts.rejected(never, "a local time that does not exist", f"a time that clocks in {zone} showed")
    return texts.flagged(never, "nonexistent")


def _utc(index: pd.DatetimeIndex) -> Times:
    return np.asarray(index.tz_convert("UTC").tz_localize(None).to_numpy(), "datetime64[us]").astype("datetime64[ms]")
