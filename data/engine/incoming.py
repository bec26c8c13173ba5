"""What does a batch hold, once its columns have the types that rows and segments share?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.engine.days import check_range
from data.engine.encode import MISSING
from data.engine.places import cells_of
from data.errors import BadInput
from data.model import Band, Dataset, Derived, Duration, LimitFlag, Match, Range

Ints = NDArray[np.int64]
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Text:
    """A text column: `codes` point into the distinct `values`, -1 is missing."""

    codes: NDArray[np.int32]
    values: pa.StringArray

    def take(self, rows: Ints) -> Text:
        """The same column for some of the rows; `values` may keep entries that none of them has."""
        return Text(self.codes[rows], self.values)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one dataset by column. Times are UTC milliseconds, measures value * 10**decimals, both MISSING for null;
    lat and lon are NaN and cell is 0 where there is no place. `texts` holds key, dimensions (flags too) and actor."""

    n: int
    times: dict[str, Ints]
    texts: dict[str, Text]
    measures: dict[str, Ints]
    lat: NDArray[np.float64] | None
    lon: NDArray[np.float64] | None
    cell: Ints | None
    quality: list[list[str] | None] | None

    def take(self, rows: Ints) -> Rows:
        """Some of the rows, in the order asked for."""
        return Rows(
            n=int(rows.size),
            times={name: values[rows] for name, values in self.times.items()},
            texts={name: text.take(rows) for name, text in self.texts.items()},
            measures={name: values[rows] for name, values in self.measures.items()},
            lat=None if self.lat is None else self.lat[rows],
            lon=None if self.lon is None else self.lon[rows],
            cell=None if self.cell is None else self.cell[rows],
            quality=None if self.quality is None else [self.quality[i] for i in rows],
        )


def to_text(values: Any) -> Text:
    """A text column from a list, an array of objects or a pyarrow array (dictionary arrays too)."""
    array = (
        values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, pa.string(), from_pandas=True)
    )
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if not isinstance(array, pa.DictionaryArray):
        array = array.cast(pa.string()).dictionary_encode()
    elif array.dictionary.null_count or array.dictionary.type != pa.string():
        array = array.dictionary_decode().cast(pa.string()).dictionary_encode()
    codes = array.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    text = used_only(Text(codes, array.dictionary))
    if pc.any(pc.match_substring(text.values, "\0")).as_py():
        raise BadInput("A text contains a NUL character, which PostgreSQL cannot keep.")
    return text


def used_only(text: Text) -> Text:
    """The same column without the values that no row has, when there may be many of them."""
    if len(text.values) <= text.codes.size:
        return text
    used, codes = np.unique(text.codes, return_inverse=True)
    if used.size and used[0] < 0:
        used, codes = used[1:], codes - 1
    return Text(codes.astype(np.int32), text.values.take(pa.array(used)))


def to_ms(values: Any) -> Ints:
    """UTC milliseconds, rounded down, from datetime64, int64 milliseconds, datetimes or pyarrow timestamps."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        if pa.types.is_integer(values.type):
            return np.asarray(values.cast(pa.int64()).fill_null(MISSING).to_numpy(zero_copy_only=False), np.int64)
        values = values.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
    array = np.asarray(values)
    if array.dtype == object:
        array = pa.array(values, pa.timestamp("us", "UTC"), from_pandas=True).to_numpy(zero_copy_only=False)
    if array.dtype.kind == "M":
        whole = array.astype("datetime64[us]") if np.datetime_data(array.dtype)[0] != "ms" else array
        ms = whole.view(np.int64) if whole is array else whole.view(np.int64) // 1000
        return np.where(np.isnat(array), MISSING, ms)
    return np.ascontiguousarray(array, np.int64)


def to_scaled(values: Any, decimals: int) -> Ints:
    """value * 10**decimals from numbers (None and NaN are missing); integer arrays are taken as already scaled."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        values = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    array = np.asarray(values)
    if array.dtype.kind in "iu":
        return np.ascontiguousarray(array, np.int64)
    numbers = array.astype(np.float64)  # None becomes NaN
    missing = np.isnan(numbers)
    scaled = np.round(np.where(missing, 0.0, numbers) * 10.0**decimals)
    if scaled.size and np.abs(scaled).max() >= 1e18:
        raise BadInput("A number is too large: at most 18 digits can be kept.")
    return np.where(missing, MISSING, scaled.astype(np.int64))


def to_degrees(values: Any) -> NDArray[np.float64]:
    """Degrees as float64, NaN where missing."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        values = values.to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(np.asarray(values), np.float64)


def duration_ms(duration: Duration, times: dict[str, Ints]) -> Ints:
    """Milliseconds between the two times; MISSING where one is missing or the end lies before the start."""
    start, end = times[duration.from_time], times[duration.to_time]
    known = (start != MISSING) & (end != MISSING)
    length = np.where(known, end, 0) - np.where(known, start, 0)
    return np.where(known & (length >= 0), length, MISSING)


def flag_text(flag: LimitFlag, dataset: Dataset, times: dict[str, Ints], texts: dict[str, Text]) -> Text:
    """`within` or `over` for each row by its own limit, missing while the duration is."""
    duration = duration_ms(next(d for d in dataset.durations if d.name == flag.of), times)
    by, hours = texts[flag.by], dict(flag.limits_hours)
    limits = [round(hours.get(v, flag.otherwise_hours) * HOUR_MS) for v in by.values.to_pylist()]
    limit = np.array([*limits, round(flag.otherwise_hours * HOUR_MS)], np.int64)[by.codes]
    codes = np.where(duration == MISSING, -1, (duration > limit).astype(np.int32)).astype(np.int32)
    return Text(codes, pa.array([flag.within, flag.over], pa.string()))


def band_text(band: Band, dataset: Dataset, times: dict[str, Ints], measures: dict[str, Ints]) -> Text:
    """The band of each row, missing while its number is or lies below all bands."""
    duration = next((d for d in dataset.durations if d.name == band.of), None)
    if duration:
        values, scale = duration_ms(duration, times), HOUR_MS
    else:
        values, scale = measures[band.of], 10 ** next(m.decimals for m in dataset.measures if m.name == band.of)
    lowest = np.array([round(least * scale) for _, least in band.lowest], np.int64)
    codes = np.where(values == MISSING, -1, np.searchsorted(lowest, values, side="right") - 1)
    return used_only(Text(codes.astype(np.int32), pa.array([name for name, _ in band.lowest], pa.string())))


def match_text(match: Match, texts: dict[str, Text]) -> Text:
    """Is the text of each row the true one? Missing while the truth is."""
    of, truth = texts[match.of], texts[match.truth]
    place = pc.index_in(of.values, value_set=truth.values).fill_null(-1).to_numpy(zero_copy_only=False)
    among_truths = np.append(place, -1)[of.codes]  # code -1, missing, takes the last entry
    codes = np.where(truth.codes < 0, -1, (among_truths != truth.codes).astype(np.int32))
    return Text(codes.astype(np.int32), pa.array([match.same, match.differs], pa.string()))


def range_text(found: Range, dataset: Dataset, measures: dict[str, Ints], texts: dict[str, Text]) -> Text:
    """`within` or `outside` for each row by its own range, missing while the number is or the value has no range."""
    values, by = measures[found.of], texts[found.by]
    scale = 10 ** next(m.decimals for m in dataset.measures if m.name == found.of)
    ranges = {value: (low, high) for value, low, high in found.ranges}
    named = [ranges.get(value) for value in by.values.to_pylist()]
    every = np.iinfo(np.int64)
    ends = [_ends(ends, scale) if ends else (every.min, every.max) for ends in (*named, None)]
    low, high = np.array(ends, np.int64)[by.codes].T
    judged = np.array([*(ends is not None for ends in named), False])[by.codes] & (values != MISSING)
    codes = np.where(judged, (values < low) | (values > high), -1)
    return Text(codes.astype(np.int32), pa.array([found.within, found.outside], pa.string()))


def _ends(ends: tuple[float | None, float | None], scale: int) -> tuple[int, int]:
    """The least and the greatest stored integer inside; half a last place is the slack of decimal fractions."""
    every = np.iinfo(np.int64)
    low, high = ends
    least = every.min if low is None else math.ceil(low * scale - 1e-6)
    return int(least), int(every.max if high is None else math.floor(high * scale + 1e-6))


def derived_text(
    flag: Derived, dataset: Dataset, times: dict[str, Ints], texts: dict[str, Text], measures: dict[str, Ints]
) -> Text:
    """A derived text column."""
    if isinstance(flag, Range):
        return range_text(flag, dataset, measures, texts)
    if isinstance(flag, Band):
        return band_text(flag, dataset, times, measures)
    return match_text(flag, texts) if isinstance(flag, Match) else flag_text(flag, dataset, times, texts)


def _quality(values: Any) -> list[list[str] | None] | None:
    if values is None:
        return None
    listed = values.to_pylist() if isinstance(values, pa.Array | pa.ChunkedArray) else list(values)
    return listed if any(listed) else None


def _check_lengths(rows: Rows, columns: dict[str, Any]) -> None:
    for name, values in columns.items():
        if values is not None and len(values) != rows.n:
            raise BadInput(f"Column `{name}` of a batch has {len(values)} values, expected {rows.n}.")


def to_rows(dataset: Dataset, columns: dict[str, Any]) -> Rows:
    """The rows of a batch with derived texts and cells. Raises BadInput for a missing or an empty required column."""
    flags = {flag.name for flag in dataset.flags}
    names = [d.name for d in dataset.dimensions if d.name not in flags]
    text_names = [n for n in (dataset.key, *names, dataset.actor) if n]
    needed = [*(t.name for t in dataset.times), *text_names, *(m.name for m in dataset.measures)]
    for name in [*needed, *(("lat", "lon") if dataset.place else ())]:
        if columns.get(name) is None:
            raise BadInput(f"A batch for {dataset.qualified} has no column `{name}`.")
    times = {t.name: to_ms(columns[t.name]) for t in dataset.times}
    texts = {name: to_text(columns[name]) for name in text_names}
    measures = {m.name: to_scaled(columns[m.name], m.decimals) for m in dataset.measures}
    texts |= {flag.name: derived_text(flag, dataset, times, texts, measures) for flag in dataset.flags}
    lat = to_degrees(columns["lat"]) if dataset.place else None
    lon = to_degrees(columns["lon"]) if dataset.place else None
    rows = Rows(
        n=len(columns[dataset.time]),
        times=times,
        texts=texts,
        measures=measures,
        lat=lat,
        lon=lon,
        cell=None if lat is None or lon is None else cells_of(lat, lon),
        quality=_quality(columns.get("quality")),
    )
    _check_lengths(rows, {name: columns.get(name) for name in [*needed, "lat", "lon", "quality"]})
    _check_required(dataset, rows)
    return rows


def _check_required(dataset: Dataset, rows: Rows) -> None:
    for values in rows.times.values():
        check_range(values[values != MISSING])
    if bool((rows.times[dataset.time] == MISSING).any()):
        raise BadInput(f"A row for {dataset.qualified} has no `{dataset.time}`.")
    if dataset.key and bool((rows.texts[dataset.key].codes < 0).any()):
        raise BadInput(f"A row for {dataset.qualified} has no `{dataset.key}`.")


def last_of_each(keys: Text) -> Ints:
    """The positions of the last row of each key, in the order of the rows."""
    last = np.full(len(keys.values), -1, np.int64)
    np.maximum.at(last, keys.codes, np.arange(keys.codes.size))
    return np.sort(last[last >= 0])


def cell_text(cell: Ints) -> Text:
    """Cells as the text they have in the dictionary: signed decimal, 0 is missing."""
    coded = pc.dictionary_encode(pa.array(cell, mask=cell == 0))
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Text(codes, coded.dictionary.cast(pa.string()))
