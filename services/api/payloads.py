"""Which rows does a body hold: JSON, NDJSON or CSV?

Rows are dicts by column, with their line for messages. A line that cannot be read is a reject, not a failed request.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from services.api.errors import BadField, WrongType

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no row."""

    line: int
    reason: str
    found: str
    expected: str


@dataclass(slots=True)
class Payload:
    """Rows (in JSON whatever the array holds: who stores them refuses what is no object) with their line numbers: the
    position in a JSON array, the line of NDJSON and CSV, from 1."""

    rows: list[Any]
    lines: Sequence[int]
    bad: list[BadLine] = field(default_factory=list)


def read_payload(content_type: str, data: bytes, one: bool = False) -> Payload:
    """The rows of a body; with `one` a JSON object without "rows" is a row itself.

    Raises WrongType for a type that is not taken and BadField for a body that cannot be read.
    """
    kind, _, options = content_type.partition(";")
    kind = kind.strip().lower()
    charset = next(
        (o.split("=", 1)[1] for o in options.split(";") if o.strip().lower().startswith("charset=")), "utf-8"
    )
    reader = _READERS.get(kind)
    if reader is None:
        taken = ", ".join(("application/json", "application/x-ndjson", "text/csv"))
        raise WrongType(f"Content-Type: found {kind or 'none'}, expected one of {taken}.")
    text = _utf8(data, charset.strip().strip('"').lower())
    return _json(text, one) if reader is _json else reader(text)


def _utf8(data: bytes, charset: str) -> bytes:
    data = data.removeprefix(b"\xef\xbb\xbf")
    if charset in ("utf-8", "utf8", "us-ascii"):
        return data
    try:
        return data.decode(charset).encode()
    except (LookupError, UnicodeDecodeError) as error:
        raise BadField(f"The body is not in {charset}: {error}.", "body") from error


def _json(data: bytes, one: bool = False) -> Payload:
    try:
        found = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise BadField(f"The body is no JSON: {error}.", "body") from error
    if isinstance(found, dict):
        if one and "rows" not in found:
            return Payload([found], [1])
        if "rows" not in found:
            raise BadField('Expected an array of rows or {"rows": [...]}; found an object without "rows".', "rows")
        found = found["rows"]
    if not isinstance(found, list):
        raise BadField(f'Expected an array of rows or {{"rows": [...]}}; found {_kind(found)}.', "rows")
    return Payload(found, range(1, len(found) + 1))


def _ndjson(data: bytes) -> Payload:
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    numbers = [number for number, _ in lines]
    try:
        return Payload([from_json(line, allow_inf_nan=False) for _, line in lines], numbers)
    except ValueError:
        return _ndjson_with_bad_lines(lines)


def _ndjson_with_bad_lines(lines: list[tuple[int, bytes]]) -> Payload:
    numbers: list[int] = []
    found: list[Any] = []
    bad: list[BadLine] = []
    for number, line in lines:
        try:
            found.append(from_json(line, allow_inf_nan=False))
            numbers.append(number)
        except ValueError as error:
            bad.append(BadLine(number, f"no JSON: {error}", _shown(line), "one JSON object a line"))
    return Payload(found, numbers, bad)


def _csv(data: bytes) -> Payload:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise BadField(
            f"The body is not in UTF-8: {error}. Say `text/csv; charset=...` if it is another.", "body"
        ) from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not header or len(set(header)) < len(header):
            raise BadField("The first line of CSV must name each column once.", "header", found=_shown(first.encode()))
        return _csv_rows(reader, header)
    except csv.Error as error:
        raise BadField(f"Line {reader.line_num} is no CSV: {error}.", "body", line=reader.line_num) from error


def _csv_rows(reader: Any, header: list[str]) -> Payload:
    rows: list[Any] = []
    lines: list[int] = []
    bad: list[BadLine] = []
    line = reader.line_num + 1
    for values in reader:
        if len(values) == len(header):
            rows.append({name: value or None for name, value in zip(header, values, strict=True)})
            lines.append(line)
        elif values:
            expected = f"{len(header)} fields, as in the first line"
            bad.append(BadLine(line, "wrong number of fields", f"{len(values)} fields", expected))
        line = reader.line_num + 1
    return Payload(rows, lines, bad)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace").strip()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


_READERS: dict[str, Callable[[bytes], Payload]] = {
    "application/json": _json,
    "text/json": _json,
    "application/x-ndjson": _ndjson,
    "application/ndjson": _ndjson,
    "application/jsonl": _ndjson,
    "application/x-jsonlines": _ndjson,
    "text/csv": _csv,
    "application/csv": _csv,
}
