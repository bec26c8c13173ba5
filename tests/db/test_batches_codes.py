"""Does a code stand for one value for ever, whatever is rolled back and whoever else gives codes?"""

from __future__ import annotations

import contextlib

import pytest

from data.database import transaction
from data.engine import dictionary
from data.engine.batches import Batch, write_batch
from data.engine.verify import verify
from data.model import Dataset
from data.types import Scope
from tests.db.ledger import columns, content, event, installed, write


class Undone(Exception):
    """Raised to roll a transaction back."""


def write_and_undo(scope: Scope, dataset: Dataset, key: str, rows: list[dict[str, object]]) -> None:
    with contextlib.suppress(Undone), transaction(scope) as tx:
        write_batch(tx, scope, Batch(dataset, key, columns(rows)))
        raise Undone


@pytest.fixture
def events(database: str) -> Dataset:
    return installed(database)[1]


def clean(scope: Scope, dataset: Dataset) -> bool:
    return verify(scope, dataset).mismatches == []


def test_codes_of_a_rolled_back_batch_are_not_remembered(scope: Scope, events: Dataset) -> None:
    write(scope, events, "0", [event(kind="known")])
    write_and_undo(scope, events, "1", [event(kind="lost"), event(kind="lost too")])
    write(scope, events, "2", [event(kind="other")])
    write(scope, events, "3", [event(kind="lost too"), event(kind="lost")])
    assert sorted(row["d:kind"] for row in content(scope, events)) == ["known", "lost", "lost too", "other"]
    assert clean(scope, events)


def test_codes_of_a_rolled_back_savepoint_are_not_remembered(scope: Scope, events: Dataset) -> None:
    with transaction(scope) as tx:
        with contextlib.suppress(Undone), tx.transaction():
            write_batch(tx, scope, Batch(events, "1", columns([event(kind="lost")])))
            raise Undone
        write_batch(tx, scope, Batch(events, "2", columns([event(kind="kept")])))
        write_batch(tx, scope, Batch(events, "3", columns([event(kind="lost"), event(kind="kept")])))
    write(scope, events, "4", [event(kind="lost"), event(kind="kept"), event(kind="more")])
    assert sorted(row["d:kind"] for row in content(scope, events)) == ["kept"] * 3 + ["lost"] * 2 + ["more"]
    assert clean(scope, events)


def test_a_retry_by_another_process_does_not_confirm_codes_that_were_rolled_back(scope: Scope, events: Dataset) -> None:
    write_and_undo(scope, events, "1", [event(kind="x"), event(kind="y")])
    remembered = dict(dictionary._memories)
    dictionary.forget()  # what another process knows
    write(scope, events, "1", [event(kind="y"), event(kind="x")])
    dictionary._memories.update(remembered)
    write(scope, events, "2", [event(kind="x"), event(kind="x"), event(kind="y")])
    assert sorted(row["d:kind"] for row in content(scope, events)) == ["x", "x", "x", "y", "y"]


def test_a_process_that_starts_late_finds_every_code(
    scope: Scope, events: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dictionary, "_LEAST_READ", 3)
    monkeypatch.setattr(dictionary, "_READ_FOR_EACH", 1)
    write(scope, events, "0", [event(kind=f"k{i}") for i in range(40)])
    dictionary.forget()
    for number, kinds in enumerate([[39], [38, 7, 50], [2, 60, 0, 39], [51, 50, 20]], start=1):
        write(scope, events, str(number), [event(kind=f"k{i}") for i in kinds])
        assert clean(scope, events)
    with transaction(scope) as tx:
        count = "SELECT count(*), max(code) FROM belvedere.dictionary WHERE column_name = 'kind'"
        assert tx.execute(count).fetchone() == (43, 43)


def test_codes_are_dense_and_given_once(scope: Scope, events: Dataset) -> None:
    for number in range(4):
        write(scope, events, str(number), [event(kind=f"k{i}") for i in range(number, number + 3)])
    with transaction(scope) as tx:
        found = tx.execute("SELECT code FROM belvedere.dictionary WHERE column_name = 'kind' ORDER BY code").fetchall()
    assert [code for (code,) in found] == [1, 2, 3, 4, 5, 6]
