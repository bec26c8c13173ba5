"""Do old rows leave with their segments, counted days and nothing else, and do their summaries stay?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from data.database import owner_transaction, transaction
from data.engine import removal
from data.engine.compact import compact
from data.engine.removal import remove_before
from data.engine.state import lock
from data.engine.verify import verify
from data.errors import BadInput, NotAllowed
from data.model import Dataset, Model
from data.types import MetricQuery, Scope, TimeRange, Workspace
from services import retention
from services.jobs import retention as job
from services.jobs.retention import remove_old_rows
from services.jobs.turns import Turn
from services.metrics import answer
from services.model import current, enable_pack, find_dataset, model_of
from services.people import create_workspace, worker_scope
from services.rollups import Period, collect, stored
from tests.db.ledger import case, event, hours, installed, write
from tests.db.ledger import stored as rows_of
from tests.support import fresh_database, make_scope, make_workspace

NOW = datetime(2026, 7, 5, 3, tzinfo=UTC)
TURN = Turn(NOW, lambda: False)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with fresh_database() as url:
        current()
        yield url


@pytest.fixture
def town(server: str) -> Scope:
    return make_scope(make_workspace(timezone="UTC"))


def never() -> bool:
    return False


def daily(first: datetime, days: int, **values: object) -> list[dict[str, object]]:
    return [event(at=first + timedelta(days=n), **values) for n in range(days)]


def pages(name: str) -> int:
    with owner_transaction() as tx:
        row = tx.execute("SELECT pg_relation_size(%s::regclass)", (f"ledger.{name}",)).fetchone()
    assert row is not None
    return int(row[0])


def test_whole_months_are_emptied_and_the_days_before_the_first_kept_one_deleted(server: str, town: Scope) -> None:
    events = installed(server)[1]
    write(town, events, "1", daily(datetime(2031, 1, 20, 12, tzinfo=UTC), 60))
    assert pages("events_2031_02") > 0
    assert remove_before(town, events, date(2031, 3, 5), never) == 44
    left = rows_of(town, events, "min(at)::date, count(*)")
    assert left == [(date(2031, 3, 5), 16)]
    assert verify(town, events).mismatches == []
    assert pages("events_2031_02") == 0, "its file is gone, no dead rows stay behind"
    assert remove_before(town, events, date(2031, 3, 5), never) == 0
    write(town, events, "late", [event(at=datetime(2031, 2, 3, tzinfo=UTC))])
    assert verify(town, events).mismatches == [] and rows_of(town, events, "count(*)") == [(17,)]


def test_a_month_with_rows_of_somebody_else_loses_only_ones_own(server: str, town: Scope) -> None:
    events, other = installed(server)[1], make_scope(make_workspace())
    first = datetime(2032, 1, 1, 12, tzinfo=UTC)
    write(town, events, "1", daily(first, 40))
    write(other, events, "1", daily(first, 5))
    assert remove_before(town, events, date(2032, 2, 1), never) == 31
    assert [rows_of(one, events, "count(*)") for one in (town, other)] == [[(9,)], [(5,)]]
    assert verify(town, events).mismatches == verify(other, events).mismatches == []


def test_days_are_those_of_the_workspace(server: str) -> None:
    events, york = installed(server)[1], make_scope(make_workspace(timezone="America/New_York"))
    midnight = datetime(2033, 2, 1, 5, tzinfo=UTC)
    write(york, events, "1", [event(at=midnight - hours(h)) for h in (700, 6, 1, 0.001, 0, -1, -30)])
    assert remove_before(york, events, date(2033, 2, 1), never) == 4
    assert rows_of(york, events, "min(at)") == [(midnight,)]
    assert verify(york, events).mismatches == []


def test_other_times_of_a_case_that_goes_are_taken_back_on_their_days(server: str, town: Scope) -> None:
    cases = installed(server)[0]
    opened = datetime(2034, 1, 10, tzinfo=UTC)
    write(town, cases, "1", [
        case("old", opened_at=opened, closed_at=opened + hours(2000)), case("open", opened_at=opened),
        case("new", opened_at=opened + hours(1500), closed_at=opened + hours(2000)),
    ])  # fmt: skip
    assert remove_before(town, cases, date(2034, 2, 1), never) == 2
    assert rows_of(town, cases, "case_id") == [("new",)] and verify(town, cases).mismatches == []
    compact(town, cases, quiet_s=0, settled_s=0)
    assert verify(town, cases).mismatches == []


def test_an_interruption_and_merged_segments_leave_everything_right(server: str, town: Scope) -> None:
    events = installed(server)[1]
    for number in range(4):
        write(town, events, str(number), daily(datetime(2035, 1, 1, 1 + number, tzinfo=UTC), 40))
    turns = iter([False, True])
    partly = remove_before(town, events, date(2035, 2, 3), lambda: next(turns))
    assert 0 < partly < 4 * 33 and verify(town, events).mismatches == []
    compact(town, events, quiet_s=0)
    assert partly + remove_before(town, events, date(2035, 2, 3), never) == 4 * 33
    assert verify(town, events).mismatches == []


def test_a_day_that_gets_its_first_row_while_its_month_goes_leaves_no_segment(
    server: str, town: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, first = installed(server)[1], datetime(2036, 1, 1, 12, tzinfo=UTC)
    write(town, events, "1", daily(first, 5) + daily(first + timedelta(days=20), 5))
    counted = removal._days_before

    def then_late(scope: Scope, dataset: Dataset, day: date) -> dict[date, int]:
        found = counted(scope, dataset, day)
        write(town, events, "late", [event(at=first + timedelta(days=10))])
        return found

    monkeypatch.setattr(removal, "_days_before", then_late)
    assert remove_before(town, events, date(2036, 2, 1), never) == 11
    assert rows_of(town, events, "count(*)") == [(0,)] and verify(town, events).mismatches == []


def test_a_month_of_a_dataset_that_somebody_goes_on_writing_to_is_not_emptied_at_once(
    server: str, town: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = installed(server)[1]
    write(town, events, "1", daily(datetime(2037, 1, 1, 12, tzinfo=UTC), 31))
    monkeypatch.setattr(removal, "_PATIENCE", "50ms")
    days = [date(2037, 1, n) for n in range(1, 32)]
    with transaction(town) as tx:
        lock(tx, town, events)
        assert removal._empty_month(town, events, date(2037, 1, 1), days) is None
    assert remove_before(town, events, date(2037, 2, 1), never) == 31
    assert verify(town, events).mismatches == []


def errors_of(scope: Scope, first: datetime, days: int) -> Dataset:
    enable_pack(scope, "system")
    dataset = find_dataset(current(), "system.errors")
    rows = [
        {"occurred_at": first + timedelta(days=n), "component": "web", "error": "X", "process": "web", "quality": None}
        for n in range(days)
    ]
    write(scope, dataset, f"{first} {days}", rows)
    return dataset


@pytest.fixture(scope="module")
def own(server: str) -> Workspace:
    return create_workspace("system", "This installation", "organisation", "UTC", own=True)


def test_own_records_go_after_ninety_days_summed_up_and_nothing_else_goes(own: Workspace, town: Scope) -> None:
    scope, first = worker_scope(own), NOW - timedelta(days=120)
    dataset = errors_of(scope, first, 121)
    errors_of(town, first, 121)
    assert "30 rows of 1" in remove_old_rows(TURN).replace("\u00a0", " ")
    assert rows_of(scope, dataset, "min(occurred_at)") == [(NOW - timedelta(days=90),)]
    assert rows_of(town, dataset, "count(*)") == [(121,)], "that a pack is called so does not make it ours"
    assert verify(scope, dataset).mismatches == []
    span = TimeRange(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 6, tzinfo=UTC))

    def sums(period: Period) -> float:
        return sum(one.value or 0.0 for one in stored(scope, period, "system.errors_reported", span))

    assert sums("day") == 30
    assert [one.value for one in stored(scope, "month", "system.errors_reported", span)] == [25, 30]
    collect(scope, "day", span, NOW, force=True)
    collect(scope, "month", span, NOW, force=True)
    assert sums("day") == 30 and sums("month") == 55, "what is gone is not counted again, not even by force"
    query = MetricQuery(("system.errors_reported",), TimeRange(first - timedelta(days=1), NOW + timedelta(days=1)))
    both = [answer(scope, [query], NOW, engine)[0].rows[0]["system.errors_reported"] for engine in ("segments", "sql")]
    assert both == [91, 91]


def test_a_workspace_says_how_long_its_rows_are_kept(town: Scope) -> None:
    dataset = errors_of(town, NOW - timedelta(days=50), 51)
    retention.keep(town, "system.errors", 40)
    remove_old_rows(TURN)
    assert rows_of(town, dataset, "count(*)") == [(41,)] and verify(town, dataset).mismatches == []
    found = {one.dataset.name: (one.days, one.kept_from) for one in retention.kept(town)}
    assert found["errors"] == (40, date(2026, 5, 26)) and found["requests"] == (None, None)
    with pytest.raises(BadInput, match="32 at least"):
        retention.keep(town, "system.errors", 7)
    with pytest.raises(BadInput, match="36,500 at most"):
        retention.keep(town, "system.errors", 36_501)
    with pytest.raises(NotAllowed):
        retention.keep(make_scope(town.workspace, "operator"), "system.errors", 40)


def test_a_workspace_that_fails_does_not_keep_the_old_rows_of_others(
    town: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_workspace()
    dataset = errors_of(town, NOW - timedelta(days=50), 51)
    retention.keep(town, "system.errors", 40)

    def remove(scope: Scope, now: datetime, should_stop: Callable[[], bool]) -> dict[str, int]:
        if scope.workspace != town.workspace:
            raise ValueError("broken")
        return retention.remove_old_rows(scope, now, should_stop)

    monkeypatch.setattr(job, "remove", remove)
    with pytest.raises(ValueError, match="broken"):
        remove_old_rows(TURN)
    assert rows_of(town, dataset, "count(*)") == [(41,)]


def test_rows_are_kept_as_long_as_their_pack_says_until_a_workspace_says_something_else(
    town: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = errors_of(town, NOW - timedelta(days=50), 51)
    said = Model(tuple(
        replace(pack, datasets=tuple(replace(d, keep_days=40 if d == dataset else None) for d in pack.datasets))
        for pack in model_of(town).packs
    ))  # fmt: skip
    monkeypatch.setattr(retention, "model_of", lambda _: said)

    def left_by(days: int | None) -> tuple[int, bool]:
        retention.keep(town, "system.errors", days)
        retention.remove_old_rows(town, NOW, never)
        (rows,) = rows_of(town, dataset, "count(*)")
        found = next(one for one in retention.kept(town) if one.dataset.name == "errors")
        assert found.days == (days or 40)
        return rows[0], found.is_own

    assert left_by(36_500) == (51, True)
    assert left_by(45) == (46, True)
    assert left_by(None) == (41, False)
    assert verify(town, dataset).mismatches == []
