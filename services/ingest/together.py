"""How do the rows of several requests get in with one transaction, each request judged by itself?"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

import data.imports
from data.database import Transaction, transaction
from data.engine.batches import Batch, BatchResult, write_batch
from data.errors import BadInput, DatabaseDown
from data.model import Dataset
from data.together import claim, earlier, finish
from data.types import Scope
from services.ingest.once import chosen
from services.ingest.records import IngestResult, Parsed
from services.ingest.rows import answer_to, batch_key, ingest_rows, parse_rows
from services.model import current, find_dataset
from services.people import record, require

KEY = "together:"  # what the batch keys of such transactions begin with


@dataclass(frozen=True, slots=True)
class Sent:
    """The rows of one request and the key under which they count once; `content` tells them from others."""

    rows: Sequence[Any]
    key: str
    content: str = ""


def ingest_together(
    scope: Scope, dataset_name: str, sent: Sequence[Sent], now: datetime
) -> list[IngestResult | Exception]:
    """What `ingest_rows` would give for each request, or the error that it would raise.

    Rows of an append dataset are written in one transaction. When that fails for another reason than a database that
    is down, each request is tried by itself, so that none suffers for its neighbour.
    """
    dataset = find_dataset(current(), dataset_name)
    if dataset.key is None and len(sent) > 1:
        try:
            return _write(scope, dataset, sent, now)
        except DatabaseDown as error:
            return [error] * len(sent)
        except Exception:  # noqa: BLE001 - which request is at fault shows when each is tried, just below
            return [_write_one(scope, dataset, one, now) for one in sent]
    return [_write_one(scope, dataset, one, now) for one in sent]


def _write_one(scope: Scope, dataset: Dataset, one: Sent, now: datetime) -> IngestResult | Exception:
    try:
        return ingest_rows(scope, dataset.qualified, one.rows, one.key, now, one.content)
    except Exception as error:  # noqa: BLE001 - belongs to this one request, which raises it
        return error


def _write(scope: Scope, dataset: Dataset, sent: Sequence[Sent], now: datetime) -> list[IngestResult | Exception]:
    require(scope, "write")
    parsed = parse_rows(dataset, [row for one in sent for row in one.rows], now)
    parts = _parts(parsed, sent)
    keys = [batch_key(one.key) for one in sent]
    with transaction(scope) as tx:
        unclaimed = claim(tx, scope, dataset.id, keys)
        fresh = []
        for key in keys:  # of two requests with one key the first counts
            fresh.append(key in unclaimed)
            unclaimed.discard(key)
        known = earlier(tx, scope, dataset.id, {k for k, is_fresh in zip(keys, fresh, strict=True) if not is_fresh})
        done = _store(tx, scope, dataset, parsed, sent, np.array(fresh), parts)
        with tx.pipeline():
            mine = {key: result for key, result in zip(keys, done, strict=True) if result is not None}
            if mine:
                finish(tx, scope, dataset.id, next(iter(mine.values())).version, mine)
            _note(tx, scope, dataset, sent, parts, fresh)
    results = [
        result or replace(mine.get(key) or known[key], repeated=True) for key, result in zip(keys, done, strict=True)
    ]
    return [_told(*each) for each in zip(sent, parts, results, strict=True)]


def _told(one: Sent, part: Parsed, result: BatchResult) -> IngestResult | Exception:
    try:
        return answer_to(one.rows, part, result, one.key, one.content)
    except BadInput as error:
        return error


def _store(
    tx: Transaction, scope: Scope, dataset: Dataset, parsed: Parsed, sent: Sequence[Sent], fresh: np.ndarray,
    parts: Sequence[Parsed],
) -> list[BatchResult | None]:  # fmt: skip
    """Write the rows of the fresh requests as one batch; what each of them did."""
    if not fresh.any():
        return [None] * len(parts)
    rows = chosen(parsed, fresh[_owners(parsed, sent)])
    version = write_batch(tx, scope, Batch(dataset, f"{KEY}{uuid.uuid4()}", rows.columns)).version
    return [
        BatchResult(part.size, 0, 0, version, content=one.content) if is_fresh else None
        for one, part, is_fresh in zip(sent, parts, fresh, strict=True)
    ]


def _note(
    tx: Transaction, scope: Scope, dataset: Dataset, sent: Sequence[Sent], parts: Sequence[Parsed], fresh: list[bool]
) -> None:
    """The rejects and the audit row of each request."""
    for one, part, is_fresh in zip(sent, parts, fresh, strict=True):
        if is_fresh:
            data.imports.add_rejects(tx, scope, dataset.id, part.rejects, None, batch_key(one.key))
            detail = {"read": len(one.rows), "stored": part.size, "rejected": len(part.rejects), "key": one.key}
            record(tx, scope, "ingested", dataset.qualified, detail)


def _owners(parsed: Parsed, sent: Sequence[Sent]) -> np.ndarray:
    """Of which request each parsed row is."""
    ends = np.cumsum([len(one.rows) for one in sent])
    return np.searchsorted(ends, parsed.lines, side="left")


def _parts(parsed: Parsed, sent: Sequence[Sent]) -> list[Parsed]:
    """What was found about the rows of each request, with their positions in it; without the columns."""
    owners, ends = _owners(parsed, sent), np.cumsum([len(one.rows) for one in sent])
    starts = ends - [len(one.rows) for one in sent]
    flagged = np.bincount(owners[[bool(q) for q in parsed.columns["quality"]]], minlength=len(sent))
    rejects: list[list[data.imports.Reject]] = [[] for _ in sent]
    for reject in parsed.rejects:
        owner = int(np.searchsorted(ends, reject.line or 1, side="left"))
        rejects[owner].append(replace(reject, line=(reject.line or 1) - int(starts[owner])))
    return [
        Parsed({}, parsed.lines[owners == number] - starts[number], tuple(rejects[number]), int(flagged[number]))
        for number in range(len(sent))
    ]
