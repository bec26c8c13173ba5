"""Is the demo loaded once, resumed after an interruption, and kept moving without gaps and duplicates?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from data.database import owner_transaction
from data.engine.batches import write_batch as real_write_batch
from data.engine.verify import verify
from data.errors import UnknownName
from data.settings import settings
from data.types import Scope
from services import demo
from services.metrics import freshness
from services.model import current, find_dataset, forget_current, packs_of
from services.simulate import get_simulator, tick, write_history, write_stream, writing
from tests.packs.small import write_pack
from tests.packs.worlds import frame
from tests.support import settings_of

NOW = datetime(2026, 4, 8, 15, 30, tzinfo=UTC)
DAYS = 6


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PART_DAYS", 3)
    monkeypatch.setattr(demo, "HISTORY_DAYS", DAYS)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The fourth batch fails: in the middle of the second part, after its cases."""
    written = iter(range(100))

    def write(tx: object, scope: object, batch: object) -> object:
        if next(written) == 3:
            raise RuntimeError("the lights went out")
        return real_write_batch(tx, scope, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "write_batch", write)
    yield
    monkeypatch.setattr(writing, "write_batch", real_write_batch)


def fill(scope: Scope, now: datetime = NOW) -> list[tuple[int, int, int]]:
    return list(write_history(scope, "grievance", DAYS, now))


def stored(scope: Scope, table: str, columns: str) -> list[tuple[object, ...]]:
    text = f"SELECT {columns} FROM grievance.{table} WHERE workspace_id = %s ORDER BY {columns}"
    with owner_transaction() as tx:
        return tx.execute(text, (scope.workspace.id,)).fetchall()


def expected(scope: Scope, now: datetime) -> tuple[int, int]:
    """How many cases and steps a history that ends at `now` has, but begins where that of NOW begins."""
    world = get_simulator(scope.workspace, "grievance")
    first = date(2026, 4, 8) - timedelta(days=DAYS)
    cases = frame(world.cases(first, world.local_day(now), now, "k"))
    return len(cases), len(frame(world.steps(world.before(first), now, "k", first=first)))


def counted(scope: Scope) -> tuple[int, int]:
    return len(stored(scope, "complaints", "complaint_id")), len(stored(scope, "complaint_events", "occurred_at"))


def test_a_history_is_written_in_parts_and_only_once(scope: Scope) -> None:
    done = fill(scope)
    assert [(part, parts) for _, part, parts in done] == [(1, 3), (2, 3), (3, 3)]
    assert sum(rows for rows, _, _ in done) == sum(counted(scope)) == sum(expected(scope, NOW))
    assert fill(scope, NOW + timedelta(days=1)) == []


def test_an_interrupted_history_ends_where_it_was_meant_to(scope: Scope, broken: None) -> None:
    with pytest.raises(RuntimeError):
        fill(scope)
    assert 0 < counted(scope)[0] < expected(scope, NOW)[0]
    rest = fill(scope, NOW + timedelta(hours=5))
    assert [part for _, part, _ in rest] == [2, 3]
    assert counted(scope) == expected(scope, NOW)
    newest = stored(scope, "complaint_events", "max(occurred_at)")[0][0]
    assert isinstance(newest, datetime) and NOW - timedelta(minutes=30) < newest <= NOW


def test_the_stream_goes_on_without_a_gap_or_a_duplicate(scope: Scope) -> None:
    fill(scope)
    moments = [NOW + timedelta(seconds=s) for s in (0, 5, 10, 10, 400, 4000)] + [NOW + timedelta(days=5)]
    for now in moments:
        write_stream(scope, "grievance", now)
        assert counted(scope) == expected(scope, now)
    assert write_stream(scope, "grievance", NOW) == 0
    events = stored(scope, "complaint_events", "complaint, event, occurred_at")
    assert len(set(events)) == len(events)
    world = get_simulator(scope.workspace, "grievance")
    after = frame(world.cases(date(2026, 4, 2), date(2026, 4, 13), moments[-1], "k"))
    statuses = dict(stored(scope, "complaints", "complaint_id, status"))
    assert statuses == dict(zip(after.complaint_id, after.status, strict=True))


def test_rows_and_segments_agree_after_the_stream(scope: Scope) -> None:
    fill(scope)
    write_stream(scope, "grievance", NOW + timedelta(hours=2))
    for name in ("complaints", "complaint_events"):
        found = verify(scope, find_dataset(current(), f"grievance.{name}"))
        assert found.checked > 0 and list(found.mismatches) == []


def test_nothing_streams_before_a_history_is_there(scope: Scope) -> None:
    assert write_stream(scope, "grievance", NOW) == 0 and counted(scope) == (0, 0)


def test_the_demo_makes_its_workspaces_with_packs_and_streams_only_there(scope: Scope) -> None:
    shown: list[tuple[float, str]] = []
    demo.load_demo(lambda done, what: shown.append((done, what)), NOW)
    found = {scope.workspace.slug: scope for scope in demo.demo_scopes()}
    county, riverton = found.pop("demo-county"), found.pop("riverton")
    assert (county.workspace.slug, riverton.workspace.parent_id) == ("demo-county", county.workspace.id)
    assert riverton.workspace.timezone == "America/Chicago"
    assert [pack.name for pack in packs_of(riverton)] == ["grievance"]
    departments = {pack.name: department for department in found.values() for pack in packs_of(department)}
    assert set(departments) == {"assessment", "meetings", "services", "system", "water"}
    for department in departments.values():
        assert department.workspace.parent_id == riverton.workspace.id
        assert any(one.rows > 100 for one in freshness(department))
    assert [done for done, _ in shown] == sorted(done for done, _ in shown) and shown[-1] == (1.0, "done")
    assert 3 < counted(riverton)[0] / counted(county)[0] < 8
    before = counted(riverton)
    demo.load_demo(lambda _done, _what: None, NOW + timedelta(days=1))
    assert counted(riverton) == before
    with settings_of(BELVEDERE_DEMO="0"):
        assert demo.stream_once(NOW + timedelta(hours=1)) == 0
    assert demo.stream_once(NOW + timedelta(hours=1)) > 20
    assert counted(riverton) == expected(riverton, NOW + timedelta(hours=1)) and counted(scope) == (0, 0)


def test_a_tick_gives_the_changed_cases_and_their_steps_and_the_same_ones_again(scope: Scope) -> None:
    span = (NOW, NOW + timedelta(minutes=30))
    cases, steps = tick(scope, "grievance", *span)
    assert (cases.dataset.name, steps.dataset.name) == ("complaints", "complaint_events")
    assert set(frame(steps).complaint) == set(frame(cases).complaint_id) and cases.size > 5
    assert [batch.key for batch in tick(scope, "grievance", *span)] == [cases.key, steps.key]


def test_a_pack_without_a_simulator_says_so(scope: Scope) -> None:
    with pytest.raises(UnknownName, match="Did you mean `grievance`"):
        get_simulator(scope.workspace, "grievances")
    folder = write_pack(settings().home / "packs")
    forget_current()
    try:
        with pytest.raises(UnknownName, match="Pack `small` has no simulator"):
            get_simulator(scope.workspace, "small")
    finally:
        shutil.rmtree(folder)
        forget_current()
