"""Which files were imported, how far did each come, and which rows were refused?"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from data.database import Transaction, pool, transaction
from data.errors import DatabaseDown, UnknownName
from data.settings import settings
from data.statements import sql
from data.types import Scope

LOCK_CLASS = 0x1A9  # the first half of the advisory lock's key; the second is the import's id
RAW_LENGTH = 8_000
REJECT_FIELDS = ("file_name", "line", "field", "reason", "found", "expected", "raw")


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not stored: where it stands, what was wrong, what would have been right. `line` is the physical
    line on which the record starts (1 is the header), or the record's number where a format has no lines."""

    file_name: str
    line: int | None
    field: str
    reason: str
    found: str | None
    expected: str
    raw: str


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import as it stands: `running` while a live process holds it, `done`, or `failed` with the reason. A failed
    one goes on when the file is imported again."""

    id: int
    dataset: str
    account: str
    file_name: str
    status: str
    started_at: datetime
    touched_at: datetime
    finished_at: datetime | None
    next_batch: int
    counts: dict[str, Any]
    message: str
    mapping: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewImport:
    """What identifies an import: the same file with the same mapping into the same dataset is the same work."""

    dataset_id: int
    file_name: str
    file_hash: str
    mapping_hash: str
    mapping: dict[str, Any]


@contextmanager
def claimed(scope: Scope, wanted: NewImport) -> Iterator[ImportRecord]:
    """The unfinished import of this work, or a new one, held by this process until the end of the block.

    The hold is a session lock of the server, so it ends with the process, however it ends. An unfinished import that
    another live process holds is left alone and a new one begun. Raises DatabaseDown.
    """
    try:
        with pool().connection() as holder:
            holder.autocommit = True
            try:
                yield find_import(scope, _unfinished(scope, wanted, holder) or _begin(scope, wanted, holder))
            finally:
                if not holder.closed:
                    holder.execute("SELECT pg_advisory_unlock_all()")
                    holder.autocommit = False
    except psycopg.OperationalError as error:
        raise DatabaseDown(f"The database does not answer: {error}") from error


def _lock(holder: Transaction, import_id: int) -> bool:
    row = holder.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCK_CLASS, import_id)).fetchone()
    return bool(row and row[0])


def _unfinished(scope: Scope, wanted: NewImport, holder: Transaction) -> int | None:
    with transaction(scope) as tx:
        ids = [int(r[0]) for r in tx.execute(sql("unfinished_imports"), _identity(scope, wanted)).fetchall()]
    for import_id in ids:
        if not _lock(holder, import_id):
            continue
        if find_import(scope, import_id).status != "done":  # another process may have finished it before the lock
            return import_id
        holder.execute("SELECT pg_advisory_unlock(%s, %s)", (LOCK_CLASS, import_id))
    return None


def _begin(scope: Scope, wanted: NewImport, holder: Transaction) -> int:
    values = _identity(scope, wanted) | {
        "account": scope.account,
        "file_name": wanted.file_name,
        "mapping": Jsonb({"hash": wanted.mapping_hash, "mapping": wanted.mapping}),
    }
    with transaction(scope) as tx:
        row = tx.execute(sql("begin_import"), values).fetchone()
        assert row is not None
        import_id = int(row[0])
        _lock(holder, import_id)  # before the commit that lets others see it
    return import_id


def _identity(scope: Scope, wanted: NewImport) -> dict[str, Any]:
    return {
        "workspace": scope.workspace.id,
        "dataset": wanted.dataset_id,
        "file_hash": wanted.file_hash,
        "mapping_hash": wanted.mapping_hash,
    }


def advance(tx: Transaction, scope: Scope, import_id: int, next_batch: int, counts: dict[str, Any]) -> None:
    """Note, in the transaction of a batch, that it is written and what the counts of the file are now."""
    values = {"workspace": scope.workspace.id, "id": import_id, "next_batch": next_batch, "counts": Jsonb(counts)}
    tx.execute(sql("advance_import"), values)


def finish(tx: Transaction, scope: Scope, import_id: int, status: str, message: str = "") -> None:
    """End an import as `done` or `failed`; a failed one is taken up again by the next attempt."""
    tx.execute(
        sql("finish_import"),
        {"workspace": scope.workspace.id, "id": import_id, "status": status, "message": message},
    )


def add_rejects(
    tx: Transaction, scope: Scope, dataset_id: int, rejects: Sequence[Reject], import_id: int | None, batch_key: str
) -> None:
    """Keep refused rows, in the transaction of the batch they came with."""
    if not rejects:
        return
    values: dict[str, Any] = {
        "workspace": scope.workspace.id, "dataset": dataset_id, "import": import_id, "key": batch_key,
        "lines": [r.line for r in rejects],
    }  # fmt: skip
    for name in ("file_name", "field", "reason", "found", "expected", "raw"):
        values[name] = [_storable(getattr(r, name)) for r in rejects]
    tx.execute(sql("add_rejects"), values)


def _storable(text: str | None) -> str | None:
    # Postgres text holds neither NUL nor bytes that are not UTF-8 (read as lone surrogates)
    if text is None:
        return None
    shown = text if len(text) <= RAW_LENGTH else text[:RAW_LENGTH] + "…"
    return shown.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def find_import(scope: Scope, import_id: int) -> ImportRecord:
    """One import of the viewer's workspaces; raises UnknownName."""
    with transaction(scope) as tx:
        row = tx.execute(sql("one_import"), {"id": import_id, "lock_class": LOCK_CLASS}).fetchone()
    if row is None:
        raise UnknownName(f"No import {import_id} in `{scope.workspace.slug}`.")
    return ImportRecord(*row)


def list_imports(scope: Scope, limit: int = 100) -> list[ImportRecord]:
    """The imports of the active workspace, newest first."""
    with transaction(scope) as tx:
        values = {"workspace": scope.workspace.id, "limit": limit, "lock_class": LOCK_CLASS}
        rows = tx.execute(sql("recent_imports"), values).fetchall()
    return [ImportRecord(*row) for row in rows]


def rejects_of(scope: Scope, import_id: int, limit: int = 100, after: int | None = None) -> list[tuple[int, Reject]]:
    """Refused rows of one import in file order, each with its id; pass the last id as `after` for the next page."""
    with transaction(scope) as tx:
        rows = tx.execute(
            sql("rejects_of_import"),
            {"workspace": scope.workspace.id, "import": import_id, "after": after or 0, "limit": limit},
        ).fetchall()
    return [(int(row[0]), Reject(*row[1:])) for row in rows]


def rejects_path(import_id: int) -> Path:
    """Where the refused rows of an import are kept as a file."""
    return settings().home / "rejects" / f"{import_id}.csv"


def write_rejects_csv(scope: Scope, import_id: int) -> Path | None:
    """Write the refused rows of an import to their file and return its path; None when there are none."""
    path = rejects_path(import_id)
    page = rejects_of(scope, import_id, 5_000)
    if not page:
        return None
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # the rows may hold personal data
    part = path.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(REJECT_FIELDS)
        while page:
            writer.writerows([[getattr(r, name) for name in REJECT_FIELDS] for _, r in page])
            page = rejects_of(scope, import_id, 5_000, page[-1][0])
    part.replace(path)
    return path
