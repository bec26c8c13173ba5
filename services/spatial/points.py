"""Where, when and what are the points of a file, and which of its rows are no points?"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import BadInput, unknown

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
_FORMS = ("ISO8601", "%m/%d/%Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M",
          "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y")  # fmt: skip


@dataclass(frozen=True)
class Points:
    """The rows with a point, in file order; what was left out is counted by reason."""

    source: str
    lat: Floats
    lon: Floats
    columns: dict[str, Texts]
    lines: NDArray[np.int64]  # the line (or feature) of each
    left_out: dict[str, int]

    @property
    def size(self) -> int:
        """How many points there are."""
        return int(self.lat.size)

    def column(self, name: str) -> Texts:
        """One column as text, None where there is none; raises UnknownName with the nearest name."""
        if name not in self.columns:
            raise unknown("column", name, self.columns, self.source)
        return self.columns[name]


def read_points(path: Path, lat: str, lon: str, delimiter: str = "") -> Points:
    """Points of a delimited file, JSON lines or Parquet (also gzipped or zipped), or of GeoJSON.

    Rows without numbers, at 0, 0 or off the earth are left out and counted. Raises BadInput when none is left, with the
    first bad line.
    """
    columns, lines, source = _columns(path, delimiter)
    if {"lat", "lon"} <= columns.keys() and lat not in columns and lon not in columns:
        lat, lon = "lat", "lon"
    for name in (lat, lon):
        if name not in columns:
            raise unknown("column", name, columns, source)
    return _checked(source, columns, lines, lat, lon)


def numbers_of(points: Points, column: str) -> Floats:
    """A column as numbers, NaN where there is none. Raises BadInput with the line of the first that is none."""
    found, bad = _numbers(points.column(column))
    if bad.any():
        at = int(np.argmax(bad))
        what = points.column(column)[at]
        raise BadInput(f"{points.source}, line {points.lines[at]}, `{column}`: found {what!r}; expected a number.")
    return found


def days_of(points: Points, column: str, form: str = "") -> NDArray[np.int64]:
    """A column of dates or times as days since 1970. Raises BadInput for a text in another form than the others."""
    import pandas as pd

    texts = pd.Series(points.column(column), dtype="object")
    readings: dict[str, Any] = {}
    for one in (form,) if form else _FORMS:
        # TRICKY: offsets are dropped, so that a day is the local one that stands in the file
        plain = texts.str.replace(r"(Z|[+-]\d\d:?\d\d)$", "", regex=True) if one == "ISO8601" else texts
        readings[one] = pd.to_datetime(plain, format=one, errors="coerce")
        if not readings[one].isna().any():
            break
    best = min(readings, key=lambda name: int(readings[name].isna().sum()))
    unread = readings[best].isna().to_numpy()
    if unread.any():
        at = int(np.argmax(unread))
        found = points.column(column)[at]
        where = f"{points.source}, line {points.lines[at]}, `{column}`"
        raise BadInput(f"{where}: found {found!r}; expected a time such as {form or '2026-01-31 14:05'}.")
    _refuse_either_way(texts, best, f"{points.source}, `{column}`", form)
    days: NDArray[np.int64] = readings[best].to_numpy().astype("datetime64[D]").astype(np.int64)
    return days


def _refuse_either_way(texts: Any, best: str, where: str, form: str) -> None:
    import pandas as pd

    if form or not best.startswith(("%m/%d", "%d/%m")):
        return
    other = best.replace("%m/%d", "%d/%m") if best.startswith("%m") else best.replace("%d/%m", "%m/%d")
    if not pd.to_datetime(texts, format=other, errors="coerce").isna().any():
        raise BadInput(f"{where}: found days that can be read two ways, as {best} and {other}; say which is meant.")


def _columns(path: Path, delimiter: str) -> tuple[dict[str, Texts], NDArray[np.int64], str]:
    if path.is_file() and _is_geojson(path):
        return _features(path)
    from services.ingest.readers import open_source
    from services.ingest.readers.delimited import DelimitedReader

    source = open_source(path)
    parts: dict[str, list[Any]] = {name: [] for name in source.header}
    lines: list[NDArray[np.int64]] = []
    readers = source.readers
    if delimiter:
        readers = tuple(DelimitedReader(reader.member, None, delimiter) for reader in readers)
        parts = {name: [] for name in readers[0].header}
    for reader in readers:
        for batch in reader.batches():
            if batch.refused:
                one = batch.refused[0]
                raise BadInput(f"{source.name}, line {one.line}: {one.reason}; expected {one.expected}.")
            lines.append(np.asarray(batch.lines, np.int64))
            for name in parts:
                parts[name] += batch.columns[name].to_pylist()
    if not lines:
        raise BadInput(f"{source.name}: found a header and no records.")
    return {name: np.array(part, object) for name, part in parts.items()}, np.concatenate(lines), source.name


def _is_geojson(path: Path) -> bool:
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as text:
        head = text.read(4096)
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and b'"FeatureCollection"' in head


def _features(path: Path) -> tuple[dict[str, Texts], NDArray[np.int64], str]:
    """Points of GeoJSON: the coordinates become `lat` and `lon` beside the properties."""
    from services.spatial.formats.geojson import read_features

    raw = path.read_bytes()
    shapes, found, _ = read_features(gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw, path.name)
    for number, shape in enumerate(shapes, 1):
        if shape is not None and shape.geom_type != "Point":
            raise BadInput(f"{path.name}, feature {number}: found {shape.geom_type}; expected Point.")
    here = [None if shape is None or shape.is_empty else (repr(shape.y), repr(shape.x)) for shape in shapes]
    columns = {name: np.array([_text(v) for v in values], object) for name, values in found.items()}
    columns["lat"] = np.array([pair and pair[0] for pair in here], object)
    columns["lon"] = np.array([pair and pair[1] for pair in here], object)
    return columns, np.arange(1, len(shapes) + 1), path.name


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _numbers(texts: Texts) -> tuple[Floats, NDArray[np.bool_]]:
    """Texts as numbers, a decimal comma as a point; NaN where there is none, and which are no numbers."""
    found = np.full(texts.size, np.nan)
    bad = np.zeros(texts.size, np.bool_)
    for at, text in enumerate(texts.tolist()):
        if text is None or not text.strip():
            continue
        try:
            found[at] = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
        except ValueError:
            bad[at] = True
    return found, bad | np.isinf(found)


def _checked(source: str, columns: dict[str, Texts], lines: NDArray[np.int64], lat: str, lon: str) -> Points:
    (y, bad_y), (x, bad_x) = _numbers(columns[lat]), _numbers(columns[lon])
    text = bad_y | bad_x
    missing = (np.isnan(y) | np.isnan(x)) & ~text
    zero = (y == 0) & (x == 0)
    off = ~text & ~missing & ((np.abs(y) > 90) | (np.abs(x) > 180))
    swapped = off & (np.abs(y) <= 180) & (np.abs(x) <= 90)
    reasons = {"missing": missing, "not a number": text, "at 0, 0": zero, "latitude and longitude swapped": swapped,
               "not in degrees": off & ~swapped}  # fmt: skip
    good = ~(missing | text | zero | off)
    left_out = {name: int(mask.sum()) for name, mask in reasons.items() if mask.any()}
    if not good.any():
        found = f"`{lat}` {columns[lat][0]!r} and `{lon}` {columns[lon][0]!r}"
        why = ", ".join(f"{count} {name}" for name, count in left_out.items())
        raise BadInput(f"{source}, line {lines[0]}: found {found}; expected degrees. No row has a point: {why}.")
    kept = {name: column[good] for name, column in columns.items()}
    return Points(source, y[good], x[good], kept, lines[good], left_out)
