"""How do the rows of past days leave a dataset, so that the engine goes on agreeing with the rows?

Whole local days go, rows and segments in one transaction. A month that holds nobody else's rows is emptied at once;
elsewhere rows are deleted. The emptied partition stays: processes remember which are there when they copy rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

import numpy as np
from psycopg import sql as q
from psycopg.errors import LockNotAvailable

from data.database import Transaction, owner_transaction, transaction
from data.engine.buckets import add_months
from data.engine.days import day_start
from data.engine.micro import add_segments, row_columns, split_days
from data.engine.state import State, advance, lock, unlocked
from data.engine.storage import Stored, live, prepare, switch
from data.engine.stored import read_rows, stored_columns
from data.model import Dataset
from data.statements import sql
from data.tables import partition_of, table_of
from data.types import Scope

ROWS_AT_ONCE = 200_000
_PATIENCE = "5s"  # for a month in which somebody reads; after it the rows are deleted one by one
_ONE_DAY = timedelta(days=1)


def remove_before(scope: Scope, dataset: Dataset, day: date, should_stop: Callable[[], bool]) -> int:
    """Remove the rows whose primary time lies before a local day, in transactions of their own; how many.

    What is left after an interruption agrees with its segments like before. Raises DatabaseDown.
    """
    counts = _days_before(scope, dataset, day)
    months = _whole_months(scope, dataset, list(counts), day)
    inside = {found for days in months.values() for found in days}
    removed = 0
    for chunk in _chunks({found: rows for found, rows in counts.items() if found not in inside}):
        if should_stop():
            return removed
        removed += _remove(scope, dataset, chunk)
    for month, days in months.items():
        if should_stop():
            return removed
        emptied = _empty_month(scope, dataset, month, days)
        if emptied is None:
            emptied = sum(_remove(scope, dataset, chunk) for chunk in _chunks({d: counts[d] for d in days}))
        removed += emptied
    return removed


def _remove(scope: Scope, dataset: Dataset, days: Sequence[date]) -> int:
    with transaction(scope) as tx:
        return _remove_days(tx, scope, dataset, days)


def first_day(scope: Scope, dataset: Dataset) -> date | None:
    """The first local day that has rows by their primary time; None without any."""
    with transaction(scope) as tx:
        return min((s.day for s in live(unlocked(tx, scope, dataset)) if s.stream == 0), default=None)


def _days_before(scope: Scope, dataset: Dataset, day: date) -> dict[date, int]:
    """Local days before a day that have segments of the primary time, with their rows, in order."""
    counts: dict[date, int] = {}
    with transaction(scope) as tx:
        for segment in live(unlocked(tx, scope, dataset)):
            if segment.stream == 0 and segment.day < day:
                counts[segment.day] = counts.get(segment.day, 0) + segment.rows
    return dict(sorted(counts.items()))


def _chunks(counts: dict[date, int]) -> Iterator[list[date]]:
    """Days that follow each other, so many together that they have about ROWS_AT_ONCE rows."""
    chunk: list[date] = []
    rows = 0
    for day, count in counts.items():
        if chunk and (day - chunk[-1] > _ONE_DAY or rows + count > ROWS_AT_ONCE):
            yield chunk
            chunk, rows = [], 0
        chunk.append(day)
        rows += count
    if chunk:
        yield chunk


def _remove_days(tx: Transaction, scope: Scope, dataset: Dataset, days: Sequence[date]) -> int:
    """Delete the rows of days that follow each other; their other times are taken back in the streams of those."""
    tx.execute(sql("wait_compactor"), unlocked(tx, scope, dataset).values())
    state = lock(tx, scope, dataset)
    delete = q.SQL("DELETE FROM {} t WHERE workspace_id = {} AND {} >= {} AND {} < {}").format(
        table_of(dataset), q.Literal(scope.workspace.id),
        q.Identifier(dataset.time), q.Literal(day_start(days[0], scope.workspace.timezone)),
        q.Identifier(dataset.time), q.Literal(day_start(days[-1] + _ONE_DAY, scope.workspace.timezone)),
    )  # fmt: skip
    if len(dataset.streams) == 1:
        count = tx.execute(delete).rowcount
        _retire(state, days)
    else:
        gone = read_rows(tx, dataset, delete + q.SQL(" RETURNING ") + stored_columns(dataset, "t"))
        count = gone.n
        columns, weights = row_columns(state.place, dataset, gone), np.full(count, -1, np.int32)
        add_segments(state, list(split_days(dataset, scope.workspace.timezone, gone.times, columns, weights)))
    advance(state, -count, None)
    return count


def _retire(state: State, days: Sequence[date]) -> None:
    """Take the segments from the first of the days to the last away, also of days between that got rows only now."""
    gone: list[Stored] = [s for s in live(state.place) if days[0] <= s.day <= days[-1]]
    switch(state.place, prepare(state.place, []), gone, state.change + 1)


def _whole_months(scope: Scope, dataset: Dataset, days: Sequence[date], before: date) -> dict[date, list[date]]:
    """UTC months that lie before a day as a whole, with the days that lie in each as a whole.

    Only for datasets with one time, whose segments of a day are exactly the rows of that day.
    """
    if dataset.kind != "append" or len(dataset.streams) != 1:
        return {}
    zone = scope.workspace.timezone
    months: dict[date, list[date]] = {}
    for day in days:
        start, last = day_start(day, zone), day_start(day + _ONE_DAY, zone) - timedelta(milliseconds=1)
        month = start.date().replace(day=1)
        if last.date().replace(day=1) == month:
            months.setdefault(month, []).append(day)
    end = day_start(before, zone).date()  # of UTC
    return {month: found for month, found in months.items() if add_months(month, 1) <= end}


def _empty_month(scope: Scope, dataset: Dataset, month: date, days: Sequence[date]) -> int | None:
    """Empty the partition of a month of which only these days of this workspace are left; the rows that were in it.

    None, and nothing is done, when it holds other rows too, or somebody goes on reading it or writing to the dataset.
    """
    part = partition_of(dataset, month)
    with owner_transaction() as tx:
        tx.execute(sql("wait_compactor"), unlocked(tx, scope, dataset).values())
        try:
            with tx.transaction():
                tx.execute(q.SQL("SET LOCAL lock_timeout = {}").format(q.Literal(_PATIENCE)))
                tx.execute(q.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(part))
                state = lock(tx, scope, dataset)
        except LockNotAvailable:
            return None
        if not _is_alone(tx, scope, dataset, part, days):
            return None
        row = tx.execute(q.SQL("SELECT count(*) FROM {}").format(part)).fetchone()
        assert row is not None
        tx.execute(q.SQL("TRUNCATE {}").format(part))
        _retire(state, days)
        advance(state, -row[0], None)
        return int(row[0])


def _is_alone(tx: Transaction, scope: Scope, dataset: Dataset, part: q.Identifier, days: Sequence[date]) -> bool:
    """Whether a partition holds no rows but those of some days of this workspace; by its key, without reading it."""
    zone, time = scope.workspace.timezone, q.Identifier(dataset.time)
    others = q.SQL(
        "SELECT EXISTS (SELECT FROM {part} WHERE workspace_id < {own}) OR EXISTS (SELECT FROM {part}"
        " WHERE workspace_id > {own}) OR EXISTS (SELECT FROM {part} WHERE workspace_id = {own} AND {time} < {first})"
        " OR EXISTS (SELECT FROM {part} WHERE workspace_id = {own} AND {time} >= {end})"
    ).format(
        part=part, own=q.Literal(scope.workspace.id), time=time, first=q.Literal(day_start(days[0], zone)),
        end=q.Literal(day_start(days[-1] + _ONE_DAY, zone)),
    )  # fmt: skip
    return tx.execute(others).fetchone() == (False,)
