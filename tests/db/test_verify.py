"""Does verify notice whatever is wrong with the segments, and rebuild set it right?"""

from __future__ import annotations

from datetime import date

import pytest

from data.database import owner_transaction, transaction
from data.engine.compact import compact
from data.engine.rebuild import rebuild
from data.engine.state import unlocked
from data.engine.storage import LEAST_SEALED, live
from data.engine.verify import Mismatch, verify
from data.model import Dataset
from data.types import Scope
from tests.db.ledger import START, case, content, damage, event, hours, installed, segments, state, write

DAY = date(2026, 3, 7)


@pytest.fixture
def cases(database: str) -> Dataset:
    return installed(database)[0]


@pytest.fixture
def events(database: str) -> Dataset:
    return installed(database)[1]


def kinds(found: list[Mismatch]) -> list[tuple[str, date | None, str]]:
    return [(m.stream, m.day, m.kind) for m in found]


def test_every_stream_and_day_is_checked(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case("a", closed_at=START + hours(24)), case("b", opened_at=START + hours(24))])
    assert verify(scope, cases).checked == 3
    assert verify(scope, cases).mismatches == []


def test_a_lost_segment_is_missed(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event(), event(at=START + hours(24))])
    damage("DELETE FROM belvedere.segments WHERE workspace_id = %s AND day = %s", scope.workspace.id, DAY)
    assert kinds(verify(scope, events).mismatches) == [("at", DAY, "missing")]


def test_a_segment_that_counts_twice_is_noticed(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event()])
    names = "workspace_id, dataset_id, stream, day, added_change, row_count, negative_count, min_ms, max_ms, packed"
    twice = f"SELECT {names} FROM belvedere.segments WHERE workspace_id = %s"
    damage(f"INSERT INTO belvedere.segments ({names}) {twice}", scope.workspace.id)
    (found,) = verify(scope, events).mismatches
    assert (found.kind, found.segments, found.rows) == ("extra", 2, 1)


@pytest.mark.parametrize(
    "change", ["kind = 'b'", "amount = 1", "amount = NULL", "person = NULL", "cell = 5", "at = at + interval '1 ms'"]
)
def test_a_row_changed_behind_the_back_of_the_engine_is_noticed(scope: Scope, events: Dataset, change: str) -> None:
    write(scope, events, "1", [event(), event(kind="b", amount=2.0)])
    damage(f"UPDATE ledger.events SET {change} WHERE workspace_id = %s AND kind = 'a'", scope.workspace.id)
    assert kinds(verify(scope, events).mismatches) == [("at", DAY, "different")]


def test_swapped_meanings_of_codes_are_noticed(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event(kind="a"), event(kind="a"), event(kind="b")])
    damage(
        "UPDATE belvedere.dictionary SET value = value || ' no more' WHERE workspace_id = %s AND value = 'a'",
        scope.workspace.id,
    )
    assert kinds(verify(scope, events).mismatches) == [("at", DAY, "different")]


def test_an_unreadable_segment_is_named_and_does_not_stop_the_check(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event() for _ in range(LEAST_SEALED)])
    write(scope, events, "2", [event(at=START + hours(24))])
    compact(scope, events, quiet_s=0)
    damage("UPDATE belvedere.segment_columns SET data = '\\x01' WHERE workspace_id = %s AND column_name = 't'",
           scope.workspace.id)  # fmt: skip
    found = verify(scope, events)
    assert kinds(found.mismatches) == [("at", DAY, "unreadable"), ("at", DAY, "missing")] and found.checked == 2


def test_a_wrong_description_of_a_segment_is_noticed(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event()])
    damage("UPDATE belvedere.segments SET max_ms = max_ms + 1 WHERE workspace_id = %s", scope.workspace.id)
    assert kinds(verify(scope, events).mismatches) == [("at", DAY, "description")]


def test_a_wrong_total_is_noticed(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event()])
    damage("UPDATE belvedere.dataset_state SET rows = 7 WHERE workspace_id = %s", scope.workspace.id)
    assert verify(scope, events).mismatches == [Mismatch("", None, "count", 7, 1)]


def test_a_dataset_without_rows_is_clean(scope: Scope, cases: Dataset) -> None:
    assert (verify(scope, cases).checked, verify(scope, cases).mismatches) == (0, [])


def test_rebuilding_makes_the_same_content_again(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case(f"c{i}", closed_at=START + hours(i) if i % 3 else None) for i in range(90)])
    write(scope, cases, "2", [case(f"c{i}", colour=None, cost=None) for i in range(0, 90, 7)])
    before = [sorted(map(str, content(scope, cases, stream))) for stream in (0, 1)]
    assert rebuild(scope, cases).rows == sum(map(len, before))
    assert [sorted(map(str, content(scope, cases, stream))) for stream in (0, 1)] == before
    assert all(not negative for *_, negative in segments(scope, cases))
    assert verify(scope, cases).mismatches == []


def test_rebuilding_without_any_segment_or_code_left_is_complete(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case("a"), case("b", colour="blue", closed_at=START + hours(50))])
    for table in ("segments", "segment_columns", "dictionary"):
        damage(f"DELETE FROM belvedere.{table} WHERE workspace_id = %s", scope.workspace.id)
    damage("UPDATE belvedere.dataset_state SET rows = 0 WHERE workspace_id = %s", scope.workspace.id)
    from data.engine import dictionary

    dictionary.forget()
    rebuild(scope, cases)
    assert verify(scope, cases).mismatches == []
    assert {row["d:colour"] for row in content(scope, cases)} == {"red", "blue"}


def test_rebuilding_is_a_new_version_for_every_cache(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event()])
    rebuild(scope, events)
    assert state(scope, events)["version"] == 2


def test_rebuilding_some_days_leaves_the_others_alone(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event(at=START + hours(24 * i)) for i in range(4)])
    kept = _ids(scope, events, date(2026, 3, 8))
    done = rebuild(scope, events, [DAY, date(2026, 3, 9), date(2030, 1, 1)])
    assert (done.days, done.rows) == (3, 2)
    assert _ids(scope, events, date(2026, 3, 8)) == kept and verify(scope, events).mismatches == []


def _ids(scope: Scope, dataset: Dataset, day: date) -> list[int]:
    with transaction(scope) as tx:
        return [s.id for s in live(unlocked(tx, scope, dataset)) if s.day == day]


def test_rebuilding_removes_days_that_have_no_rows(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event(), event(at=START + hours(48))])
    with owner_transaction() as tx:
        tx.execute("DELETE FROM ledger.events WHERE workspace_id = %s AND at = %s", (scope.workspace.id, START))
    rebuild(scope, events)
    assert [day for _, day, _, _ in segments(scope, events)] == [date(2026, 3, 9)]
    assert verify(scope, events).mismatches == [] and state(scope, events)["rows"] == 1


def test_a_day_larger_than_a_segment_is_rebuilt_in_pieces(
    scope: Scope, events: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(scope, events, "1", [event(at=START + hours(i / 40)) for i in range(400)])
    for module in ("storage", "rebuild"):
        monkeypatch.setattr(f"data.engine.{module}.MOST_ROWS", 60)
    rebuild(scope, events)
    sizes = [rows for _, _, rows, _ in segments(scope, events)]
    assert sum(sizes) == 400 and max(sizes) <= 60 and verify(scope, events).mismatches == []
