"""How is a CSV or TSV file read in batches of columns, with the physical line of each record?"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO

import numpy as np
import pyarrow as pa

from data.errors import BadInput
from data.imports import Reject
from services.ingest.readers.encodings import find_encoding, is_broken, lines_of
from services.ingest.readers.formats import Member
from services.ingest.records import ROWS_A_BATCH, RawBatch

DELIMITERS = (",", "\t", ";", "|")
SNIFFED_LINES = 200
LONGEST_FIELD = 1 << 20
csv.field_size_limit(LONGEST_FIELD)


class DelimitedReader:
    """A CSV or TSV file; delimiter and encoding are found out unless declared. BadInput when it has no header."""

    def __init__(self, member: Member, encoding: str | None = None, delimiter: str | None = None) -> None:
        self.member = member
        with member.open() as stream:
            self.encoding = find_encoding(stream, encoding, member.name)
        sample = self._sample()
        self.delimiter = self._delimiter(delimiter, sample)
        try:
            first = next((row for row in csv.reader(sample, delimiter=self.delimiter) if row), None)
        except csv.Error as error:
            raise BadInput(f"{member.name}, line 1: no header: {error}; expected the names of columns.") from error
        if first is None:
            raise BadInput(f"{member.name}: the file is empty.")
        self.header = _unique(first)
        if not any(name.strip() for name in first):
            raise BadInput(f"{member.name}, line 1: found no column names; expected a header line.")

    def _sample(self) -> list[str]:
        with self.member.open() as stream, self._text(stream) as text:
            try:
                return list(islice(lines_of(text, self.member.name), SNIFFED_LINES))
            except UnicodeError as error:
                raise BadInput(f"{self.member.name}: not {self.encoding} text: {error}.") from error

    def _text(self, stream: IO[bytes]) -> io.TextIOWrapper:
        # bytes that do not decode become lone surrogates, so that the one row they stand in can be refused
        errors = "strict" if self.encoding.startswith("utf-16") else "surrogateescape"
        return io.TextIOWrapper(stream, encoding=self.encoding, errors=errors, newline="")

    def _delimiter(self, wanted: str | None, sample: list[str]) -> str:
        if wanted is not None:
            chosen = {"tab": "\t", "\\t": "\t"}.get(wanted, wanted)
            if len(chosen) != 1 or chosen in '"\r\n':
                raise BadInput(f"{self.member.name}: `delimiter`: found {wanted!r}; expected one character, or tab.")
            return chosen
        return max(DELIMITERS, key=lambda d: _evenness(sample, d))

    def batches(self) -> Iterator[RawBatch]:
        """The records in batches, in file order; a record that cannot be read is among `refused`."""
        with self.member.open() as stream, self._text(stream) as text:
            lines: list[str] = []
            source = csv.reader(_kept(lines_of(text, self.member.name), lines), delimiter=self.delimiter)
            while not next(source):  # the header, after any blank lines
                pass
            batch = _Batch(self.member.name, self.header, self.delimiter)
            while True:
                lines.clear()
                before = source.line_num
                rows = _take(source, ROWS_A_BATCH - batch.read)
                if rows == [] and not lines:
                    break
                if rows is None or not batch.extend(rows, before + 1, lines):
                    batch.add_each(lines, before)
                if batch.read == ROWS_A_BATCH:
                    yield batch.close()
                    batch = _Batch(self.member.name, self.header, self.delimiter)
            if batch.read:
                yield batch.close()


class _Batch:
    """Records as they come in, until there are enough."""

    def __init__(self, name: str, header: tuple[str, ...], delimiter: str) -> None:
        self.name, self.header, self.delimiter = name, header, delimiter
        self.rows: list[list[str]] = []
        self.starts: list[int] = []
        self.texts: list[str] = []
        self.refused: list[Reject] = []

    @property
    def read(self) -> int:
        return len(self.rows) + len(self.refused)

    def extend(self, rows: list[list[str]], start: int, lines: list[str]) -> bool:
        """Take records that stand on one line each and are whole; False, and nothing taken, when any does not."""
        if len(rows) != len(lines) or set(map(len, rows)) != {len(self.header)} or is_broken("".join(lines)):
            return False
        if _is_open(lines[-1:], self.delimiter):
            return False
        self.rows += rows
        self.starts += range(start, start + len(rows))
        self.texts += lines
        return True

    def add_each(self, lines: list[str], before: int) -> None:
        """Take the records of some lines one by one, refusing what cannot be read."""
        source = csv.reader(iter(lines), delimiter=self.delimiter)
        while (begun := source.line_num) < len(lines):
            try:
                row = next(source)
            except csv.Error as error:
                text = "".join(lines[begun : source.line_num])
                self.refuse(before + begun + 1, text, f"not readable as CSV: {error}")
            else:
                self.add(before + begun + 1, row, lines[begun : source.line_num])

    def add(self, start: int, row: list[str], lines: list[str]) -> None:
        if not row:
            return
        text = "".join(lines)
        if len(row) != len(self.header):
            expected = f"{len(self.header)} fields, as in the header"
            self.refuse(start, text, "wrong number of fields", str(len(row)), expected)
        elif is_broken(text):
            self.refuse(start, text, "bytes that do not belong to the encoding", None, "the file's encoding throughout")
        elif _is_open(lines, self.delimiter):
            self.refuse(start, text, "a quote that never closes", None, 'a closing "')
        else:
            self.rows.append(row)
            self.starts.append(start)
            self.texts.append(text)

    def refuse(self, start: int, text: str, reason: str, found: str | None = None, expected: str = "") -> None:
        self.refused.append(Reject(self.name, start, "", reason, found, expected, text.rstrip("\r\n")))

    def close(self) -> RawBatch:
        values: Iterable[tuple[str, ...]] = zip(*self.rows, strict=True) if self.rows else [()] * len(self.header)
        columns = {name: pa.array(column, pa.string()) for name, column in zip(self.header, values, strict=True)}
        texts = self.texts
        return RawBatch(
            self.name, columns, np.array(self.starts, np.int64), lambda i: texts[i].rstrip("\r\n"), tuple(self.refused)
        )


def _kept(text: Iterable[str], lines: list[str]) -> Iterator[str]:
    for line in text:
        lines.append(line)
        yield line


def _take(source: Iterator[list[str]], count: int) -> list[list[str]] | None:
    """The next records, fewer at the end; None when one of them is not readable as CSV."""
    try:
        return list(islice(source, count))
    except csv.Error:
        return None


def _is_open(lines: list[str], delimiter: str) -> bool:
    """Whether a record ends within a quoted field: only the file's last can."""
    if sum(line.count('"') for line in lines) % 2 == 0:
        return False
    try:
        list(csv.reader(iter(lines), delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _evenness(sample: list[str], delimiter: str) -> tuple[float, int]:
    """How well a delimiter cuts the sample into records of one width above 1."""
    try:
        widths = Counter(len(row) for row in csv.reader(sample, delimiter=delimiter) if row)
    except csv.Error:
        return 0.0, 0
    if not widths:
        return 0.0, 0
    width, times = widths.most_common(1)[0]
    return (times / widths.total(), width) if width > 1 else (0.0, 0)


def _unique(names: list[str]) -> tuple[str, ...]:
    """Header names made distinct: `column 3` for an empty third one, `name (2)` for a second `name`."""
    found: list[str] = []
    for position, name in enumerate(names, 1):
        plain = name.strip() or f"column {position}"
        times, unique = 1, plain
        while unique in found:
            times += 1
            unique = f"{plain} ({times})"
        found.append(unique)
    return tuple(found)
