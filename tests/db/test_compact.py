"""Does merging segments leave the data as it is, readers undisturbed and writers running?"""

from __future__ import annotations

import threading
from datetime import date

import numpy as np
import pytest

from data.database import transaction
from data.engine import storage
from data.engine.batches import Batch, delete_keys, write_batch
from data.engine.compact import compact
from data.engine.state import lock, unlocked
from data.engine.storage import LEAST_SEALED, live, load
from data.engine.verify import verify
from data.model import Dataset
from data.types import Scope
from tests.db.ledger import START, case, content, damage, event, hours, installed, segments, state, write

NOW = {"quiet_s": 0, "settled_s": 0}


@pytest.fixture
def cases(database: str) -> Dataset:
    return installed(database)[0]


@pytest.fixture
def events(database: str) -> Dataset:
    return installed(database)[1]


def fill(scope: Scope, events: Dataset, batches: int, size: int, first: int = 0) -> None:
    for number in range(first, first + batches):
        rng = np.random.default_rng(number)
        ms = int(START.timestamp() * 1000) + rng.integers(0, 8 * 3_600_000, size)
        batch = {
            "at": ms, "kind": rng.choice(["a", "b", "c"], size).tolist(), "amount": rng.integers(0, 9999, size),
            "person": [f"p{i}" for i in rng.integers(0, 5000, size)], "lat": np.full(size, 40.7),
            "lon": np.full(size, -74.0), "quality": None,
        }  # fmt: skip
        with transaction(scope) as tx:
            write_batch(tx, scope, Batch(events, f"fill {number}", batch))


def kinds(scope: Scope, dataset: Dataset) -> list[bool]:
    """Whether each live segment is packed."""
    with transaction(scope) as tx:
        return [s.packed for s in live(unlocked(tx, scope, dataset))]


def test_a_quiet_day_becomes_one_sealed_segment_in_order_of_time(scope: Scope, events: Dataset) -> None:
    fill(scope, events, batches=3, size=LEAST_SEALED)
    before = state(scope, events)
    compact(scope, events, **NOW)
    assert segments(scope, events) == [(0, date(2026, 3, 7), 3 * LEAST_SEALED, 0)]
    with transaction(scope) as tx:
        place = unlocked(tx, scope, events)
        (columns,) = load(place, live(place))
    assert bool((np.diff(columns["t"].astype(np.int64)) >= 0).all())
    assert kinds(scope, events) == [False] and verify(scope, events).mismatches == []
    after = state(scope, events)
    assert after["version"] == before["version"] and after["change"] > before["change"]


def test_a_small_day_stays_packed(scope: Scope, events: Dataset) -> None:
    fill(scope, events, batches=3, size=10)
    compact(scope, events, **NOW)
    assert kinds(scope, events) == [True] and len(segments(scope, events)) == 1
    assert verify(scope, events).mismatches == []


def test_a_second_pass_finds_nothing_to_do(scope: Scope, events: Dataset) -> None:
    fill(scope, events, batches=2, size=LEAST_SEALED)
    compact(scope, events, **NOW)
    change = state(scope, events)["change"]
    assert compact(scope, events, **NOW).merged == 0 and state(scope, events)["change"] == change


def test_what_was_taken_back_is_gone_after_merging(scope: Scope, cases: Dataset) -> None:
    for version in range(5):
        write(scope, cases, str(version), [case(f"c{i}", cost=float(version)) for i in range(20)])
    with transaction(scope) as tx:
        delete_keys(tx, scope, cases, [f"c{i}" for i in range(10)])
    compact(scope, cases, **NOW)
    assert segments(scope, cases) == [(0, date(2026, 3, 7), 10, 0)]
    assert {row["m:cost"] for row in content(scope, cases)} == {400}


def test_a_day_from_which_all_was_deleted_has_no_segment(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case("a"), case("b")])
    with transaction(scope) as tx:
        delete_keys(tx, scope, cases, ["a", "b"])
    compact(scope, cases, **NOW)
    assert segments(scope, cases) == [] and verify(scope, cases).mismatches == []


def test_full_segments_lose_what_was_taken_back_and_the_others_are_left_alone(
    scope: Scope, cases: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.engine.compact.FULL_ROWS", 10)
    for module in ("storage", "compact"):
        monkeypatch.setattr(f"data.engine.{module}.LEAST_SEALED", 5)
    for day, name in enumerate("ab"):
        write(scope, cases, name, [case(f"{name}{i}", opened_at=START + hours(i / 9 + day / 90)) for i in range(12)])
        compact(scope, cases, **NOW)
    untouched = _ids(scope, cases)
    write(scope, cases, "change", [case("b3", opened_at=START, cost=7.0), case("b4", opened_at=START, cost=7.0)])
    compact(scope, cases, quiet_s=0, settled_s=3600)
    assert sum(n for *_, n in segments(scope, cases)) == 2
    compact(scope, cases, **NOW)
    assert sum(n for *_, n in segments(scope, cases)) == 0
    assert len(untouched & _ids(scope, cases)) == 1
    assert verify(scope, cases).mismatches == []


def _ids(scope: Scope, dataset: Dataset) -> set[int]:
    with transaction(scope) as tx:
        return {s.id for s in live(unlocked(tx, scope, dataset)) if not s.packed}


def test_what_takes_back_a_row_that_never_was_does_not_keep_the_compactor_busy(
    scope: Scope, cases: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.engine.compact.FULL_ROWS", 10)
    for module in ("storage", "compact"):
        monkeypatch.setattr(f"data.engine.{module}.LEAST_SEALED", 5)
    write(scope, cases, "1", [case(f"b{i}") for i in range(12)])
    compact(scope, cases, **NOW)
    write(scope, cases, "2", [case("a", cost=99.0)])
    with transaction(scope) as tx:
        delete_keys(tx, scope, cases, ["a"])
    lose = "DELETE FROM belvedere.segments WHERE workspace_id = %s AND row_count = 1 AND negative_count = 0"
    damage(lose, scope.workspace.id)
    compact(scope, cases, **NOW)
    assert sorted(n for *_, n in segments(scope, cases)) == [0, 1]
    assert [m.kind for m in verify(scope, cases).mismatches] == ["missing"]


def test_no_segment_is_larger_than_the_limit(scope: Scope, events: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("storage", "compact"):
        monkeypatch.setattr(f"data.engine.{module}.MOST_ROWS", 1000)
    monkeypatch.setattr("data.engine.compact.FULL_ROWS", 600)
    fill(scope, events, batches=2, size=2500)
    fill(scope, events, batches=5, size=150, first=2)
    assert max(rows for _, _, rows, _ in segments(scope, events)) <= 1000
    compact(scope, events, **NOW)
    assert max(rows for _, _, rows, _ in segments(scope, events)) <= 1000
    assert len(segments(scope, events)) <= 10 and verify(scope, events).mismatches == []


def test_readers_keep_the_segments_they_know_until_the_grace_is_over(scope: Scope, events: Dataset) -> None:
    fill(scope, events, batches=2, size=LEAST_SEALED)
    with transaction(scope) as tx:
        known = live(unlocked(tx, scope, events))
    compact(scope, events, **NOW)
    with transaction(scope) as tx:
        assert sum(len(part["t"]) for part in load(unlocked(tx, scope, events), known)) == 2 * LEAST_SEALED
    assert compact(scope, events, **NOW, grace_s=0).deleted == 2
    with transaction(scope) as tx, pytest.raises(KeyError):
        load(unlocked(tx, scope, events), known)
    assert verify(scope, events).mismatches == []


def test_columns_of_deleted_segments_are_deleted_too(scope: Scope, events: Dataset) -> None:
    for number in range(2):
        fill(scope, events, batches=2, size=LEAST_SEALED, first=2 * number)
        compact(scope, events, **NOW)
    compact(scope, events, **NOW, grace_s=0)
    with transaction(scope) as tx:
        there = "SELECT count(DISTINCT segment_id) FROM belvedere.segment_columns"
        assert tx.execute(there).fetchone() == (1,)


def test_a_second_compactor_does_nothing_and_does_not_wait(scope: Scope, events: Dataset) -> None:
    fill(scope, events, batches=2, size=10)
    with transaction(scope) as tx:
        place = unlocked(tx, scope, events)
        tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('belvedere.compact', %s::bigint << 32 | %s))",
                   (place.workspace, place.dataset))  # fmt: skip
        assert compact(scope, events, **NOW).merged == 0
    assert compact(scope, events, **NOW).merged == 2


def test_writers_wait_for_the_switch_only(scope: Scope, events: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(scope, events, batches=2, size=LEAST_SEALED)
    written = threading.Event()

    def prepare_while_another_writes(place: object, made: object) -> object:
        thread = threading.Thread(target=lambda: (write(scope, events, "meanwhile", [event()]), written.set()))
        thread.start()
        assert written.wait(20)
        return storage.prepare(place, made)  # type: ignore[arg-type]

    monkeypatch.setattr("data.engine.compact.prepare", prepare_while_another_writes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("data.engine.compact._JOBS_AT_ONCE", 1)
        from data.engine.compact import _step

        _step(scope, events, 0, 0)
    assert sorted(rows for _, _, rows, _ in segments(scope, events)) == [1, 2 * LEAST_SEALED]
    assert verify(scope, events).mismatches == []


def test_compacting_beside_writers_and_readers_loses_nothing(scope: Scope, cases: Dataset) -> None:
    done = threading.Event()
    problems: list[object] = []

    def watch() -> None:
        while not done.is_set():
            problems.extend(verify(scope, cases).mismatches)

    def merge() -> None:
        while not done.is_set():
            compact(scope, cases, **NOW, grace_s=0)

    threads = [threading.Thread(target=watch), threading.Thread(target=merge)]
    for thread in threads:
        thread.start()
    rng = np.random.default_rng(5)
    for number in range(40):
        write(scope, cases, str(number), [
            case(f"c{i}", cost=float(rng.integers(0, 4)), opened_at=START + hours(float(rng.integers(0, 60))))
            for i in rng.integers(0, 50, 20)
        ])  # fmt: skip
    done.set()
    for thread in threads:
        thread.join()
    assert problems == [] and verify(scope, cases).mismatches == []


def test_rows_written_before_a_dimension_was_added_are_missing_in_it(scope: Scope, events: Dataset) -> None:
    fill(scope, events, batches=1, size=LEAST_SEALED)
    compact(scope, events, **NOW)
    damage(
        "DELETE FROM belvedere.segment_columns WHERE workspace_id = %s AND column_name = 'd:kind'", scope.workspace.id
    )
    write(scope, events, "later", [event(kind="new")])
    compact(scope, events, **NOW)
    assert sum(row["d:kind"] is None for row in content(scope, events)) == LEAST_SEALED


def test_the_lock_of_a_dataset_is_not_that_of_another(scope: Scope, cases: Dataset, events: Dataset) -> None:
    with transaction(scope) as tx:
        lock(tx, scope, cases)
        write(scope, events, "1", [event()])
    assert state(scope, events)["version"] == 1
