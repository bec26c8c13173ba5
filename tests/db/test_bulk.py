"""Do rows that are read back in bulk come back as they are stored?"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from psycopg import sql

from data.database import transaction
from data.engine.bulk import every_row, row_blocks
from data.engine.incoming import Rows, Text
from data.engine.stored import read_rows, stored_columns
from data.model import Dataset
from data.tables import table_of
from data.types import Scope
from tests.db.ledger import START, event, hours, installed, write

AMOUNTS = (0.0, -0.001, 1.0, None, 9999.999, -10000.0, 20_000.5, 99999999999999.999, -123456789.012)
KINDS = ("a", None, "", "größe", 'quo"te', "comma,\nline", "x" * 300)


@pytest.fixture
def events(database: str) -> Dataset:
    return installed(database)[1]


def some(n: int) -> list[dict[str, Any]]:
    return [
        event(
            at=START + hours(n - k) / 7 - hours(480_000 if k == 8 else 0),
            kind=KINDS[k % 7], amount=AMOUNTS[k % 9], person=f"p{k}" if k % 5 else None,
            lat=None if k % 3 == 0 else 40.0 + k / 100, lon=-74.0,
        )
        for k in range(n)
    ]  # fmt: skip


def plain(text: Text) -> list[str | None]:
    values = [*text.values.to_pylist(), None]
    return [values[code] for code in text.codes]


def listed(blocks: Sequence[Rows]) -> list[tuple[Any, ...]]:
    found = []
    for rows in blocks:
        assert rows.cell is not None
        columns: list[Any] = [v.tolist() for v in [*rows.times.values(), *rows.measures.values(), rows.cell]]
        found += list(zip(*columns, *map(plain, rows.texts.values()), strict=True))
    return found


@pytest.mark.parametrize("most", [1, 4, 6, 7, 1000])
def test_they_are_the_same_as_one_by_one_whatever_the_size_of_a_block(scope: Scope, events: Dataset, most: int) -> None:
    write(scope, events, "1", some(63))
    with transaction(scope) as tx:
        blocks = list(row_blocks(tx, events, every_row(events, scope.workspace.id), most))
        query = sql.SQL("SELECT {} FROM {} t").format(stored_columns(events, "t"), table_of(events))
        expected = read_rows(tx, events, query)
    assert [rows.n for rows in blocks] == [most] * (63 // most) + ([63 % most] if 63 % most else [])
    assert Counter(listed(blocks)) == Counter(listed([expected])) and len(listed(blocks)) == 63


def test_of_no_rows_there_is_no_block_and_the_connection_goes_on(scope: Scope, events: Dataset) -> None:
    with transaction(scope) as tx:
        assert list(row_blocks(tx, events, every_row(events, scope.workspace.id))) == []
        assert tx.execute("SELECT 1").fetchone() == (1,)


def test_an_error_of_the_server_is_raised_and_the_connection_can_be_used_again(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", some(5))
    broken = every_row(events, scope.workspace.id) + sql.SQL(" AND 1 / (coalesce(amount, 0) - 1)::int > -100")
    with pytest.raises(psycopg.Error), transaction(scope) as tx:
        list(row_blocks(tx, events, broken))
    with transaction(scope) as tx:
        assert tx.execute("SELECT 1").fetchone() == (1,)


def test_one_may_stop_half_way(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", some(63))
    with transaction(scope) as tx:
        assert next(row_blocks(tx, events, every_row(events, scope.workspace.id), 5)).n == 5
        tx.rollback()
    with transaction(scope) as tx:
        assert tx.execute("SELECT 1").fetchone() == (1,)


def test_other_threads_go_on_while_the_server_is_slow(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event(kind="x" * 20_000)] * 3)  # too long to be sent together
    slow = every_row(events, scope.workspace.id) + sql.SQL(" AND pg_sleep(0.3)::text = ''")
    done, ticks = threading.Event(), list[int]()

    def tick() -> None:
        while not done.wait(0.01):
            ticks.append(1)

    thread = threading.Thread(target=tick)
    thread.start()
    with transaction(scope) as tx:
        blocks = row_blocks(tx, events, slow)
        ticks.clear()
        assert sum(rows.n for rows in blocks) == 3
    done.set()
    thread.join()
    assert len(ticks) >= 5
