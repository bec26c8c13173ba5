"""How are the segments of a dataset made again from its rows?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
from psycopg import sql as q

from data.database import Transaction, transaction
from data.engine.bulk import columns, row_blocks
from data.engine.days import day_starts, from_ms
from data.engine.merge import Columns, concatenate, rows_in, sort
from data.engine.micro import row_columns, split_days
from data.engine.state import State, advance_segments, lock, unlocked
from data.engine.storage import MOST_ROWS, Made, live, prepare, switch
from data.model import Dataset
from data.statements import sql
from data.tables import table_of
from data.types import Scope


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many days of streams were made again, from how many rows."""

    days: int
    rows: int


def rebuild(scope: Scope, dataset: Dataset, days: Sequence[date] | None = None) -> Rebuilt:
    """Throw away the segments of some local days, or of all, and make them again from the rows.

    Works through the days in transactions of its own, of about a million rows each; writers wait while one runs. What a
    day holds afterwards depends on the rows alone.
    """
    done = Rebuilt(0, 0)
    for stream in range(len(dataset.streams)):
        for chunk, about in _chunks(scope, dataset, stream, days):
            with transaction(scope) as tx:
                part = _rebuild_days(tx, scope, dataset, stream, chunk, about)
            done = Rebuilt(done.days + part.days, done.rows + part.rows)
    with transaction(scope) as tx:
        state = lock(tx, scope, dataset)
        row = tx.execute(_count(scope, dataset)).fetchone()
        assert row is not None
        advance_segments(state, row[0])
    return done


def _count(scope: Scope, dataset: Dataset) -> q.Composed:
    query = q.SQL("SELECT count(*) FROM {} WHERE workspace_id = {}")
    return query.format(table_of(dataset), q.Literal(scope.workspace.id))


def _chunks(
    scope: Scope, dataset: Dataset, stream: int, days: Sequence[date] | None
) -> Iterator[tuple[list[date], int]]:
    """Days that have rows or segments, so many together that they have about a million rows, and that number."""
    counts, there = _day_counts(scope, dataset, stream)
    wanted = sorted({*counts, *there}) if days is None else sorted(set(days))
    chunk: list[date] = []
    rows = 0
    for day in wanted:
        far = days is not None and chunk and (day - chunk[-1]).days > 1
        if chunk and (far or rows + counts.get(day, 0) > MOST_ROWS):
            yield chunk, rows
            chunk, rows = [], 0
        chunk.append(day)
        rows += counts.get(day, 0)
    if chunk:
        yield chunk, rows


def _day_counts(scope: Scope, dataset: Dataset, stream: int) -> tuple[dict[date, int], set[date]]:
    """Rows by day as the table has them, and the days that have segments."""
    query = q.SQL(
        "SELECT ({time} AT TIME ZONE {tz})::date, count(*) FROM {table}"
        " WHERE workspace_id = {workspace} AND {time} IS NOT NULL GROUP BY 1"
    ).format(
        time=q.Identifier(dataset.streams[stream]), tz=q.Literal(scope.workspace.timezone),
        table=table_of(dataset), workspace=q.Literal(scope.workspace.id),
    )  # fmt: skip
    with transaction(scope) as tx:
        counts = dict(tx.execute(query).fetchall())
        return counts, {s.day for s in live(unlocked(tx, scope, dataset)) if s.stream == stream}


def _rebuild_days(
    tx: Transaction, scope: Scope, dataset: Dataset, stream: int, days: list[date], about: int
) -> Rebuilt:
    tx.execute(sql("wait_compactor"), unlocked(tx, scope, dataset).values())
    state = lock(tx, scope, dataset)
    wanted, rows = set(days), 0
    gone = [s for s in live(state.place) if s.stream == stream and s.day in wanted]
    end = date.fromordinal(days[-1].toordinal() + 1)
    first, last = day_starts(days[0], end, scope.workspace.timezone)[[0, -1]]
    slices = np.linspace(first, last, max(1, -(-about // MOST_ROWS)) + 1).astype(np.int64)
    for start, stop in pairwise(slices.tolist()):
        made = [m for m in _read_anew(state, scope, dataset, stream, start, stop) if m.day in wanted]
        switch(state.place, prepare(state.place, made), [], state.change + 1)
        rows += sum(rows_in(m.columns) for m in made)
    switch(state.place, prepare(state.place, []), gone, state.change + 1)
    advance_segments(state)
    return Rebuilt(len(days), rows)


def _read_anew(state: State, scope: Scope, dataset: Dataset, stream: int, start: int, stop: int) -> list[Made]:
    """The contents of the days between two instants, from their rows."""
    time, tz = dataset.streams[stream], scope.workspace.timezone
    query = q.SQL("SELECT {} FROM {} t WHERE workspace_id = {} AND {} >= {} AND {} < {}").format(
        columns(dataset, "t"), table_of(dataset), q.Literal(scope.workspace.id),
        q.Identifier(time), q.Literal(from_ms(start)), q.Identifier(time), q.Literal(from_ms(stop)),
    )  # fmt: skip
    only = replace(dataset, streams=(time,))
    parts: dict[date, list[Columns]] = {}
    for rows in list(row_blocks(state.place.tx, dataset, query)):  # all of them first: COPY holds the connection
        coded = row_columns(state.place, dataset, rows)
        for part in split_days(only, tz, rows.times, coded, None):
            parts.setdefault(part.day, []).append(part.columns)
    return [Made(stream, day, sort(concatenate(found))) for day, found in sorted(parts.items())]
