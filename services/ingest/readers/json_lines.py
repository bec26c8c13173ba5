"""How is a file of JSON lines read in batches of columns?"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from data.errors import BadInput
from data.imports import Reject
from services.ingest.readers.encodings import find_encoding, is_broken, lines_of
from services.ingest.readers.formats import Member
from services.ingest.records import ROWS_A_BATCH, RawBatch

HEADER_LINES = 1_000
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)  # numbers keep the text they came with


class JsonLinesReader:
    """One JSON object a line. The columns are the names met in the first 1,000 objects."""

    delimiter = ""

    def __init__(self, member: Member, encoding: str | None = None) -> None:
        self.member = member
        with member.open() as stream:
            self.encoding = find_encoding(stream, encoding, member.name)
        names: dict[str, None] = {}
        for position, (_, line) in enumerate(self._lines()):
            if position == HEADER_LINES:
                break
            found = _object(line)
            if isinstance(found, dict):
                names.update(dict.fromkeys(found))
        if not names:
            raise BadInput(f"{member.name}: found no JSON object; expected one on each line.")
        self.header = tuple(names)

    def _lines(self) -> Iterator[tuple[int, str]]:
        with self.member.open() as stream:
            text = io.TextIOWrapper(stream, encoding=self.encoding, errors="surrogateescape")
            for number, line in enumerate(lines_of(text, self.member.name), 1):
                if line.strip():
                    yield number, line

    def batches(self) -> Iterator[RawBatch]:
        """The objects in batches, in file order; a line that holds no flat object is among `refused`."""
        rows: list[dict[str, Any]] = []
        texts: list[str] = []
        starts: list[int] = []
        refused: list[Reject] = []
        for number, line in self._lines():
            found = self._row(line)
            if isinstance(found, str):
                refused.append(Reject(self.member.name, number, "", found, None, "a flat JSON object", line.rstrip()))
            else:
                rows.append(found)
                texts.append(line)
                starts.append(number)
            if len(rows) + len(refused) == ROWS_A_BATCH:
                yield self._batch(rows, texts, starts, refused)
                rows, texts, starts, refused = [], [], [], []
        if rows or refused:
            yield self._batch(rows, texts, starts, refused)

    def _row(self, line: str) -> dict[str, Any] | str:
        found = _object(line)
        if isinstance(found, str):
            return found
        for name, value in found.items():
            if name not in self.header:
                return f"a name that the first {HEADER_LINES:,} objects do not have: {name}"
            if isinstance(value, (dict, list)):
                return f"a value within `{name}` that is no text, number or truth"
            if isinstance(value, str) and is_broken(value):  # JSON can write half of a character: "\\ud800"
                return f"half a character within `{name}`"
        return found

    def _batch(
        self, rows: list[dict[str, Any]], texts: list[str], starts: list[int], refused: list[Reject]
    ) -> RawBatch:
        columns = {name: pa.array([as_text(row.get(name)) for row in rows], pa.string()) for name in self.header}
        lines = np.array(starts, np.int64)
        return RawBatch(self.member.name, columns, lines, lambda i: texts[i].rstrip("\r\n"), tuple(refused))


def _object(line: str) -> dict[str, Any] | str:
    if is_broken(line):
        return "bytes that do not belong to the encoding"
    try:
        found = _DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return found if isinstance(found, dict) else "not a JSON object"


def as_text(value: Any) -> str | None:
    """A JSON value as the text that the rules read; null stays null."""
    if value is None or isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
