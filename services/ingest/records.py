"""What passes between reading a file, applying its mapping and storing the rows?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from data.imports import Reject

ROWS_A_BATCH = 20_000  # part of what an import is known by: batches must be cut alike when a file is read again


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Up to ROWS_A_BATCH records of a file as columns of text, null where a format knows no value.

    `lines` holds where each record starts, `raw` gives its text for a refused row. `refused` are records of the same
    stretch that could not be read at all. `typed` names columns whose times are typed, given as ISO text.
    """

    file_name: str
    columns: dict[str, pa.Array]
    lines: np.ndarray
    raw: Callable[[int], str]
    refused: tuple[Reject, ...] = ()
    typed: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """Records that could be read."""
        return len(self.lines)

    @property
    def read(self) -> int:
        """Records, those that could not be read among them."""
        return len(self.lines) + len(self.refused)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a rule found: where (a mask), and either a flag for the row or the reason for which it is refused."""

    mask: np.ndarray
    field: str
    reason: str
    expected: str
    flag: str | None = None
    found: pa.Array | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A batch after its mapping: columns ready to be written, what is refused, and how often each flag was raised."""

    columns: dict[str, Any]
    lines: np.ndarray
    rejects: tuple[Reject, ...]
    flagged: int
    flags: dict[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Rows to be written."""
        return len(self.lines)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: a share of the file's bytes, and rows so far."""

    share: float
    rows: int


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What became of a file: read = inserted + updated + unchanged + rejected."""

    import_id: int
    read: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    flagged: int
    seconds: float
    rejects_file: str | None
    flags: dict[str, int] = field(default_factory=dict)
    mapping: str = ""


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of rows that were sent: read = inserted + updated + unchanged + rejected. `line` of a reject is the
    position of the row among those sent, from 1. `repeated`: the same key was seen before, so nothing was written."""

    read: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    flagged: int
    rejects: Sequence[Reject]
    repeated: bool = False
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of problem that a check met: how often, and a few examples with their lines."""

    field: str
    reason: str
    outcome: str
    count: int
    examples: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What an import would make of a file; `complete` is false when only its beginning was read."""

    read: int
    accepted: int
    rejected: int
    flagged: int
    findings: tuple[Finding, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file as it was understood."""

    format: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
