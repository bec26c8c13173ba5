"""What happens to rows whose key the file has more than once?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.imports import Reject
from services.ingest.duplicates import Seen, hash_rows, hash_texts, superseded
from services.ingest.parse import Parser
from services.ingest.readers import Source
from services.ingest.records import Parsed, RawBatch


class Once(Protocol):
    """Lets through the rows of a batch that are to be written, with how many were left out because they say nothing
    new. `remembers` says whether earlier batches of the file matter."""

    remembers: bool

    def sift(self, parsed: Parsed, raw: RawBatch) -> tuple[Parsed, int]:
        """The batch without repeats, and how many rows repeat what the file says elsewhere."""
        ...


class EveryRow:
    """Events have no key: every row counts."""

    remembers = False

    def sift(self, parsed: Parsed, raw: RawBatch) -> tuple[Parsed, int]:  # noqa: ARG002  # it needs no lines
        """The batch as it is."""
        return parsed, 0


class FirstOfKey:
    """`duplicates: reject`: the first row of a key is written, a later one with other values is refused."""

    remembers = True

    def __init__(self, key: str) -> None:
        self._key, self._seen = key, Seen()

    def sift(self, parsed: Parsed, raw: RawBatch) -> tuple[Parsed, int]:
        """The first rows; later ones with other values are among the rejects, equal ones are counted."""
        contents = hash_rows(parsed.columns, parsed.size)
        new, first, lines = self._seen.add(hash_texts(parsed.columns[self._key]), contents, parsed.lines)
        if new.all():
            return parsed, 0
        other = ~new & (contents != first)
        refused = [self._reject(parsed, raw, int(row), int(lines[row])) for row in np.flatnonzero(other)]
        rejects = sorted((*parsed.rejects, *refused), key=lambda r: r.line or 0)
        return replace(chosen(parsed, new), rejects=tuple(rejects)), int((~new & ~other).sum())

    def _reject(self, parsed: Parsed, raw: RawBatch, row: int, first: int) -> Reject:
        line = int(parsed.lines[row])
        text = raw.raw(int(np.searchsorted(raw.lines, line)))
        found = parsed.columns[self._key][row].as_py()
        expected = f"one row a key; line {first} has it with other values"
        return Reject(raw.file_name, line, self._key, "duplicate key", found, expected, text)


class LastOfKey:
    """`duplicates: update`: the last row of a key is written. The file is read once before, to know which that is, so
    that importing it again changes nothing."""

    remembers = True

    def __init__(self, key: str, parser: Parser, source: Source) -> None:
        keys = [hash_texts(parser.parse(raw).columns[key]) for raw in source.batches()]
        self._superseded, self._row = superseded(keys), 0

    def sift(self, parsed: Parsed, raw: RawBatch) -> tuple[Parsed, int]:  # noqa: ARG002  # it needs no lines
        """The last rows of their keys; the others are counted."""
        old = self._superseded[self._row : self._row + parsed.size]
        self._row += parsed.size
        return (chosen(parsed, ~old), int(old.sum())) if old.any() else (parsed, 0)


def chosen(parsed: Parsed, rows: NDArray[np.bool_]) -> Parsed:
    """Some rows of a batch, and their flags."""
    columns: dict[str, Any] = {}
    for name, values in parsed.columns.items():
        if name == "quality":
            columns[name] = [values[i] for i in np.flatnonzero(rows)]
        else:
            columns[name] = values.filter(pa.array(rows)) if isinstance(values, pa.Array) else values[rows]
    flags = Counter(flag for listed in columns["quality"] for flag in listed or ())
    flagged = sum(1 for listed in columns["quality"] if listed)
    return replace(parsed, columns=columns, lines=parsed.lines[rows], flagged=flagged, flags=dict(flags))


def once_for(parser: Parser, source: Source) -> Once:
    """The way of the mapping, for the kind of the dataset."""
    key = parser.dataset.key
    if key is None:
        return EveryRow()
    return LastOfKey(key, parser, source) if parser.mapping.duplicates == "update" else FirstOfKey(key)
