"""How do messages that may be delivered more than once become rows that are there exactly once?"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import data.imports
from data.database import transaction
from data.engine.batches import Batch, write_batch
from data.imports import Reject
from data.messages import KEY, take
from data.model import Dataset
from data.types import Scope
from services.ingest.fields import wrong_field
from services.ingest.mappings.grammar import Mapping
from services.ingest.mappings.load import targets
from services.ingest.mappings.plain import plain_mapping
from services.ingest.parse import Parser
from services.ingest.readers.json_lines import as_text
from services.ingest.records import Parsed, RawBatch
from services.people import require


@dataclass(frozen=True, slots=True)
class Message:
    """One row as it was sent: `id` names it for ever, `source` says where it came from. `raw` is its text, or empty for
    that of `row`. `row` is None when it could not be read, and then `problem` says why (reason, found, expected)."""

    id: bytes
    source: str
    raw: str
    row: Map[str, Any] | None
    problem: tuple[str, str, str] = ("", "", "")

    @property
    def text(self) -> str:
        """As people read it."""
        return self.raw or json.dumps(dict(self.row or {}), ensure_ascii=True, default=str)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of messages: read = inserted + updated + unchanged + rejected + repeated."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    repeated: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(*(getattr(self, n) + getattr(other, n) for n in self.__slots__))


def store_messages(
    scope: Scope, dataset: Dataset, mapping: Mapping | None, messages: Sequence[Message], now: datetime
) -> Taken:
    """Store the rows of messages in one transaction; one that was taken before changes nothing.

    A row that breaks a rule is kept among the rejects with its source, and never asked for again. Local times are in
    the mapping's zone or the workspace's; without a mapping times need a zone. Raises NotAllowed, BadInput,
    DatabaseDown: then nothing of all this happened.
    """
    require(scope, "write")
    parser = Parser(
        dataset, mapping or plain_mapping(dataset), scope.workspace.timezone, now, needs_zone=mapping is None
    )
    parsed = parser.parse(_batch(dataset, mapping, messages))
    key = f"{KEY}{uuid.uuid4()}"
    with transaction(scope) as tx:
        fresh = take(tx, scope, dataset.id, [message.id for message in messages])
        columns, size = _kept(parsed, fresh)
        rejects = [_sourced(reject, messages) for reject in parsed.rejects if fresh[(reject.line or 1) - 1]]
        result = write_batch(tx, scope, Batch(dataset, key, columns)) if size else None
        data.imports.add_rejects(tx, scope, dataset.id, rejects, None, key)
    inserted, updated = (result.inserted, result.updated) if result else (0, 0)
    unchanged = size - inserted - updated
    repeated = len(messages) - int(fresh.sum())
    return Taken(len(messages), inserted, updated, unchanged, len(rejects), repeated)


def _kept(parsed: Parsed, fresh: NDArray[np.bool_]) -> tuple[dict[str, Any], int]:
    keep = fresh[parsed.lines - 1]
    if keep.all():
        return parsed.columns, parsed.size
    where = np.flatnonzero(keep)
    return {name: _chosen(values, where) for name, values in parsed.columns.items()}, len(where)


def _chosen(values: Any, where: NDArray[np.int64]) -> Any:
    if isinstance(values, pa.Array):
        return values.take(pa.array(where))
    return [values[i] for i in where] if isinstance(values, list) else values[where]


def _sourced(reject: Reject, messages: Sequence[Message]) -> Reject:
    message = messages[(reject.line or 1) - 1]
    return Reject(message.source, None, reject.field, reject.reason, reject.found, reject.expected, message.text)


def _batch(dataset: Dataset, mapping: Mapping | None, messages: Sequence[Message]) -> RawBatch:
    """The messages as columns of text; `lines` are their positions, from 1."""
    known = tuple(mapping.sources()) if mapping else (*targets(dataset), *(("lat", "lon") if dataset.place else ()))
    good: list[Map[str, Any]] = []
    lines: list[int] = []
    refused: list[Reject] = []
    for position, message in enumerate(messages, 1):
        row = None if message.row is None else _flat(message.row) if mapping else message.row
        problem = ("", *message.problem) if row is None else wrong_field(row, known, closed=mapping is None)
        if problem is None and row is not None:
            good.append(row)
            lines.append(position)
        elif problem is not None:
            refused.append(Reject("", position, *problem, raw=""))
    columns = {name: pa.array([as_text(row.get(name)) for row in good], pa.string()) for name in known}
    return RawBatch("", columns, np.array(lines, np.int64), lambda _: "", tuple(refused))


def _flat(row: Map[str, Any], before: str = "") -> dict[str, Any]:
    """Fields of objects inside as `outer.inner`."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found
