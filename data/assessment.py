"""Which sessions have to be scored, what are their trials, and what was scored before?

Where on the time axis something is new is known exactly from the engine's segments and change numbers; there rows are
found by the time they were received, so that neither a late trial nor one of a slow transaction is missed, and a pass
costs what is new, not what is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from psycopg import sql as q
from pyarrow import csv

from data.database import Transaction, owner_transaction
from data.engine.days import day_start
from data.model import Dataset
from data.statements import run, sql
from data.tables import column_names, table_of
from data.types import Scope

Span = tuple[datetime, datetime]
Found = tuple[str, datetime, datetime]
_NEAR = timedelta(minutes=10)
_NUMBERS = ("trial_no", "reaction_ms", "level", "amount", "reference_amount", "delay_days")
_WORDS = ("session", "task", "condition", "response", "correct")
_TYPES = {"occurred_at": pa.int64(), **dict.fromkeys(_NUMBERS, pa.float64()), **dict.fromkeys(_WORDS, pa.string())}


def lock(tx: Transaction, scope: Scope) -> None:
    """Wait until nobody else scores this workspace; until the transaction ends nobody else will."""
    tx.execute(sql("assessment_lock"), {"workspace": scope.workspace.id})


def changes(tx: Transaction, scope: Scope, datasets: Sequence[Dataset]) -> list[int]:
    """The number of the last change of each dataset; 0 without any."""
    values = {"workspace": scope.workspace.id, "datasets": [dataset.id for dataset in datasets]}
    found = dict(run(tx, "assessment_changes", values))
    return [found.get(dataset.id, 0) for dataset in datasets]


def seen_until() -> datetime:
    """An instant before which no transaction that is still open began: rows received before it can all be seen.

    Only transactions of the application's own login are known; nobody else writes these tables.
    """
    with owner_transaction() as tx:
        row = tx.execute(sql("assessment_seen_until")).fetchone()
    assert row is not None
    return row[0] - timedelta(milliseconds=2)  # type: ignore[no-any-return] # times of rows are rounded to milliseconds


def changed_spans(tx: Transaction, scope: Scope, dataset: Dataset, known: int) -> list[Span]:
    """Spans of the primary time in which something changed after a known change, those that lie near each other joined.

    A merged segment counts only where the merged ones are gone already: their rows were new when they came.
    """
    values = {"workspace": scope.workspace.id, "dataset": dataset.id, "known": known}
    spans: list[Span] = []
    for day, first_ms, last_ms in run(tx, "assessment_changed_spans", values):
        start = day_start(day, scope.workspace.timezone)
        first, end = start + timedelta(milliseconds=first_ms), start + timedelta(milliseconds=last_ms + 1)
        if spans and first <= spans[-1][1] + _NEAR:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((first, end))
    return spans


def sessions_of_trials(tx: Transaction, scope: Scope, span: Span, since: datetime) -> list[Found]:
    """Sessions with trials of a span that were received since an instant."""
    return _found(tx, scope, "assessment_sessions_of_trials", span, since)


def sessions_received(tx: Transaction, scope: Scope, span: Span, since: datetime) -> list[Found]:
    """Sessions of a span whose own row was received since an instant."""
    return _found(tx, scope, "assessment_sessions_received", span, since)


def idle_sessions(tx: Transaction, scope: Scope, span: Span) -> list[Found]:
    """Sessions that began in a span, were not completed and have no result."""
    return _found(tx, scope, "assessment_idle_sessions", span, span[0])


def _found(tx: Transaction, scope: Scope, name: str, span: Span, since: datetime) -> list[Found]:
    values = {"workspace": scope.workspace.id, "first": span[0], "end": span[1], "since": since}
    return [(session, first, last) for session, first, last in run(tx, name, values)]


def trial_span(tx: Transaction, scope: Scope) -> Span | None:
    """First and last time of the workspace's trials, None without any."""
    row = tx.execute(sql("assessment_span"), {"workspace": scope.workspace.id}).fetchone()
    return None if row is None or row[0] is None else (row[0], row[1])


def trial_columns(
    tx: Transaction, scope: Scope, trials: Dataset, sessions: Sequence[str], span: Span
) -> dict[str, Any]:
    """The trials of some sessions in a span, as Arrow columns; `occurred_at` in UTC milliseconds."""
    at = q.SQL("(extract(epoch FROM occurred_at) * 1000)::bigint AS occurred_at")
    columns = [at if name == "occurred_at" else q.Identifier(name) for name in _TYPES]
    chosen = q.SQL(
        "SELECT {} FROM {} WHERE workspace_id = {} AND occurred_at >= {} AND occurred_at < {} AND session = ANY ({})"
        " ORDER BY id"
    ).format(
        q.SQL(", ").join(columns), table_of(trials), q.Literal(scope.workspace.id), q.Literal(span[0]),
        q.Literal(span[1]), q.Literal(list(sessions)),
    )  # fmt: skip
    with tx.cursor() as cursor, cursor.copy(q.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(chosen)) as copy:
        text = b"".join(bytes(block) for block in copy)
    if not text:
        return {name: pa.array([], kind) for name, kind in _TYPES.items()}
    table = csv.read_csv(
        pa.py_buffer(text), csv.ReadOptions(column_names=list(_TYPES)), csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(column_types=_TYPES, strings_can_be_null=True, quoted_strings_can_be_null=False),
    )  # fmt: skip
    return {name: table[name].combine_chunks() for name in _TYPES}


def known_sessions(tx: Transaction, scope: Scope, sessions: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of some sessions."""
    cursor = tx.execute(sql("assessment_known_sessions"), {"workspace": scope.workspace.id, "sessions": list(sessions)})
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def stored_rows(tx: Transaction, scope: Scope, dataset: Dataset, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rows of a keyed dataset with some keys, by key: times in UTC milliseconds, numbers as floats."""
    assert dataset.key
    where = q.SQL("workspace_id = {} AND {} = ANY ({})").format(
        q.Literal(scope.workspace.id), q.Identifier(dataset.key), q.Literal(list(keys))
    )
    return {row[dataset.key]: row for row in _rows(tx, dataset, where)}


def all_rows(tx: Transaction, scope: Scope, dataset: Dataset) -> list[dict[str, Any]]:
    """Every row of a small keyed dataset, as stored_rows gives them."""
    return list(_rows(tx, dataset, q.SQL("workspace_id = {}").format(q.Literal(scope.workspace.id))))


def _rows(tx: Transaction, dataset: Dataset, where: q.Composable) -> Iterator[dict[str, Any]]:
    names = [name for name in column_names(dataset) if name != "quality"]
    times, measures = {t.name for t in dataset.times}, {m.name for m in dataset.measures}
    columns = [_selected(name, times, measures) for name in names]
    for row in tx.execute(
        q.SQL("SELECT {} FROM {} WHERE {}").format(q.SQL(", ").join(columns), table_of(dataset), where)
    ):
        yield dict(zip(names, row, strict=True))


def _selected(name: str, times: set[str], measures: set[str]) -> q.Composable:
    if name in times:
        return q.SQL("(extract(epoch FROM {}) * 1000)::bigint").format(q.Identifier(name))
    return q.SQL("{}::float8").format(q.Identifier(name)) if name in measures else q.Identifier(name)


def last_progress(tx: Transaction, scope: Scope, dataset: Dataset, prefix: str) -> str | None:
    """The greatest batch key of a dataset with this prefix."""
    values = {"workspace": scope.workspace.id, "dataset": dataset.id, "prefix": prefix}
    row = tx.execute(sql("assessment_last_progress"), values).fetchone()
    return str(row[0]) if row else None


def forget_progress(tx: Transaction, scope: Scope, dataset: Dataset, prefix: str, key: str) -> None:
    """Forget keys with this prefix that are smaller than a key."""
    values = {"workspace": scope.workspace.id, "dataset": dataset.id, "prefix": prefix, "key": key}
    tx.execute(sql("assessment_forget_progress"), values)


def person_values(tx: Transaction, scope: Scope, span: Span) -> list[tuple[str, str | None, str, float]]:
    """Participant, norm group, metric and value: the first valid value of each metric that a person has in a span."""
    values = {"workspace": scope.workspace.id, "first": span[0], "end": span[1]}
    return [(p, g, m, v) for p, g, m, v in run(tx, "assessment_person_values", values)]


def valid_sessions(tx: Transaction, scope: Scope, span: Span, most: int) -> list[Found]:
    """The newest valid sessions of a span."""
    values = {"workspace": scope.workspace.id, "first": span[0], "end": span[1], "most": most}
    return [(session, first, last) for session, first, last in run(tx, "assessment_valid_sessions", values)]


def sessions_of_person(tx: Transaction, scope: Scope, participant: str) -> list[dict[str, Any]]:
    """The scored sessions of a person, the newest first."""
    values = {"workspace": scope.workspace.id, "participant": participant}
    cursor = tx.execute(sql("assessment_sessions_of_person"), values)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]
