"""How do rows that another program sends become rows of a dataset?"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

import data.imports
from data.database import transaction
from data.engine.batches import Batch, BatchResult, write_batch
from data.errors import BadInput
from data.imports import Reject
from data.model import Dataset
from data.types import Scope
from services.ingest.fields import Problem, wrong_field
from services.ingest.mappings.load import targets
from services.ingest.mappings.plain import plain_mapping
from services.ingest.parse import Parser
from services.ingest.readers.json_lines import as_text
from services.ingest.records import IngestResult, Parsed, RawBatch
from services.model import current, find_dataset
from services.people import record, require

_PLAIN = {str, int, float, bool, type(None)}


def ingest_rows(
    scope: Scope, dataset_name: str, rows: Sequence[Any], key: str | None, now: datetime, content: str = ""
) -> IngestResult:
    """Store rows given as objects whose names are the dataset's columns (and lat, lon), in one transaction.

    Times are ISO 8601 with a zone. A row that breaks a rule is among `rejects` and the others are stored. A keyed row
    replaces the stored one as a whole; of equal keys the last wins. The same `key` a second time writes nothing and
    gives the first result; with another `content`, where both have one, it is refused. Raises NotAllowed, UnknownName,
    BadInput.
    """
    require(scope, "write")
    dataset = find_dataset(current(), dataset_name)
    parsed = parse_rows(dataset, rows, now)
    known_by = batch_key(key)
    with transaction(scope) as tx:
        result = write_batch(tx, scope, Batch(dataset, known_by, parsed.columns, content))
        if not result.repeated:
            data.imports.add_rejects(tx, scope, dataset.id, parsed.rejects, None, known_by)
            detail = {"read": len(rows), "stored": parsed.size, "rejected": len(parsed.rejects), "key": key or ""}
            record(tx, scope, "ingested", dataset.qualified, detail)
    return answer_to(rows, parsed, result, key, content)


def batch_key(key: str | None) -> str:
    """How a sender's key is called among the keys of all batches; without one the batch is like no other."""
    return f"ingest:{key or uuid.uuid4()}"


def parse_rows(dataset: Dataset, rows: Sequence[Any], now: datetime) -> Parsed:
    """The rows that may be stored and those that are refused; `line` is the position in `rows`, from 1."""
    return Parser(dataset, plain_mapping(dataset), "UTC", now, needs_zone=True).parse(_batch(dataset, rows))


def answer_to(
    rows: Sequence[Any], parsed: Parsed, result: BatchResult, key: str | None, content: str = ""
) -> IngestResult:
    """What a sender is told of its rows. Raises BadInput when its key was used for other rows before."""
    written = result.inserted + result.updated
    is_other = bool(content and result.content) and content != result.content
    if result.repeated and (is_other or written + result.unchanged > parsed.size):
        raise BadInput(f"The key {key!r} was used for other rows before; use a new key for new rows.")
    return IngestResult(
        len(rows), result.inserted, result.updated, parsed.size - written, len(parsed.rejects), parsed.flagged,
        parsed.rejects, result.repeated, result.version,
    )  # fmt: skip


def _batch(dataset: Dataset, rows: Sequence[Any]) -> RawBatch:
    """The rows as columns of text; a row that is no flat object of known names is refused."""
    names = (*targets(dataset), *(("lat", "lon") if dataset.place else ()))
    plain = _plain_columns(rows, names)
    if plain is not None:
        return RawBatch("", plain, np.arange(1, len(rows) + 1), lambda i: _shown(rows[i]), ())
    good: list[dict[str, Any]] = []
    lines: list[int] = []
    refused: list[Reject] = []
    for position, row in enumerate(rows, 1):
        problem = _problem(row, names)
        if problem is None:
            good.append(row)
            lines.append(position)
        else:
            refused.append(Reject("", position, *problem, raw=_shown(row)))
    columns = {name: _texts([row.get(name) for row in good]) for name in names}
    return RawBatch("", columns, np.array(lines, np.int64), lambda i: _shown(good[i]), tuple(refused))


def _plain_columns(rows: Sequence[Any], names: Sequence[str]) -> dict[str, pa.Array] | None:
    """The columns when no row has a wrong shape, which is found out a column at a time; None when one may have."""
    if set(map(type, rows)) != {dict} or not set().union(*rows) <= set(names):
        return None
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if not set(map(type, values)) <= _PLAIN:
            return None
        try:
            columns[name] = _texts(values)
        except UnicodeEncodeError:
            return None
    return columns


def _texts(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except pa.ArrowTypeError:  # numbers or truths among them
        return pa.array([as_text(value) for value in values], pa.string())


def _problem(row: Any, names: Sequence[str]) -> Problem | None:
    """What is wrong with the shape of a row."""
    if not isinstance(row, dict):
        return "", "not an object", type(row).__name__, "an object of column: value"
    return wrong_field(row, names)


def _shown(row: Any) -> str:
    return json.dumps(row, ensure_ascii=True, default=str)
