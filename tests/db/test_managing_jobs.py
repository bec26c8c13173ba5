"""Do jobs obey what people say of them, and do workflows do their steps in order and tell?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data import queue, schedule
from data.errors import BadInput, NotAllowed, UnknownName
from data.types import Scope
from services import people
from services.jobs import (
    JOBS,
    Job,
    change_job,
    job_lines,
    may_change,
    overrides,
    recent_runs,
    run_now,
    start_workflow,
    worker,
    workflow_lines,
    workflows,
)
from services.jobs.overrides import is_due, is_wanted
from services.jobs.turns import Turn
from services.jobs.workflows import WORKFLOWS, run_workflow
from tests.db.test_jobs import work_until
from tests.support import fresh_database, make_scope, make_workspace

NOW = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
TURN = Turn(NOW, lambda: False)
NEVER = "0 0 1 1 *"


@pytest.fixture(autouse=True)
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with fresh_database() as found:
        monkeypatch.setattr(overrides, "TURN_S", 0)
        yield found


@pytest.fixture
def keeper() -> Scope:
    """Whoever works on the command line."""
    return make_scope(make_workspace())


def fake(name: str, run: Callable[[Turn], str], cron: str = NEVER) -> Job:
    return Job(name, name.title(), cron, run)


def use(monkeypatch: pytest.MonkeyPatch, *jobs: Job) -> None:
    """These jobs and no others."""
    for module in (worker, workflows, "services.jobs.managing"):
        target = module if not isinstance(module, str) else __import__(module, fromlist=["x"])
        monkeypatch.setattr(target, "JOBS", {job.name: job for job in jobs})


def test_a_line_tells_times_last_run_next_run_and_what_waits(keeper: Scope) -> None:
    lines = {line.job: line for line in job_lines(keeper, NOW)}
    assert list(lines) == list(JOBS)
    assert (lines["beat"].state, lines["beat"].last, lines["beat"].next_at) == (
        "waiting",
        None,
        NOW + timedelta(seconds=55),
    )
    queue.note_started("beat", NOW)
    queue.note_failed("beat", NOW + timedelta(seconds=2), "ValueError: no such column")
    assert run_now(keeper, "beat") and not run_now(keeper, "beat")
    line = next(line for line in job_lines(keeper, NOW) if line.job == "beat")
    assert (line.state, line.took, line.queued.waiting) == ("failed", timedelta(seconds=2), 1)
    assert line.last is not None and line.last.failure == "ValueError: no such column"


def test_other_times_and_rest_hold_until_they_are_taken_back(keeper: Scope) -> None:
    beat = JOBS["beat"]
    assert is_wanted(beat, "") and is_wanted(beat, "data")
    change_job(keeper, "beat", " */5  * * * * ", False)
    assert (is_wanted(beat, ""), is_wanted(beat, "schedule"), is_wanted(beat, "data")) == (False, True, True)
    line = next(line for line in job_lines(keeper, NOW) if line.job == "beat")
    assert (line.cron, line.is_changed, line.changed_by) == ("*/5 * * * *", True, keeper.account)
    assert line.next_at == datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
    change_job(keeper, "tidy", "", True)
    assert not any(is_wanted(JOBS["tidy"], asked) for asked in ("", "data", "schedule"))
    assert is_wanted(JOBS["tidy"], "ana"), "a person may still ask for it"
    tidy = next(line for line in job_lines(keeper, NOW) if line.job == "tidy")
    assert (tidy.state, tidy.next_at) == ("paused", None)
    change_job(keeper, "tidy", JOBS["tidy"].cron, False)
    change_job(keeper, "beat", "", False)
    assert is_wanted(beat, "") and is_wanted(JOBS["tidy"], "")
    assert not any(line.is_changed for line in job_lines(keeper, NOW))


@pytest.mark.parametrize("cron", ["often", "* * *", "61 * * * *", "* * * * * * *"])
def test_times_that_cannot_be_are_refused_with_an_example(keeper: Scope, cron: str) -> None:
    with pytest.raises(BadInput, match="every day at 01:00"):
        change_job(keeper, "tidy", cron, False)


def test_what_does_not_exist_is_named(keeper: Scope) -> None:
    with pytest.raises(UnknownName, match="Did you mean `tidy`"):
        change_job(keeper, "tydy", "", True)
    with pytest.raises(UnknownName, match="No job `tydy`"):
        start_workflow(keeper, "custom", ["tydy"])
    with pytest.raises(UnknownName, match="Did you mean `daily-insights`"):
        start_workflow(keeper, "daily-insight")
    with pytest.raises(BadInput, match="at least one job"):
        start_workflow(keeper, "custom")
    with pytest.raises(BadInput, match="cannot rest"):
        change_job(keeper, "beat", "", True)


def test_only_administrators_of_every_top_workspace_change_jobs(keeper: Scope) -> None:
    other = make_workspace()
    account = people.create_account("ana", NOW)
    people.add_member(keeper.workspace.slug, "ana", "administrator", NOW)
    ana = replace(keeper, account="ana", account_id=account.id, via="session")
    assert not may_change(ana)
    for act in (lambda: run_now(ana, "tidy"), lambda: change_job(ana, "tidy", "", True),
                lambda: start_workflow(ana, "daily-insights")):  # fmt: skip
        with pytest.raises(NotAllowed, match="every top workspace"):
            act()
    assert job_lines(ana, NOW) and workflow_lines(ana, NOW), "looking is allowed"
    people.add_member(other.slug, "ana", "administrator", NOW)
    assert may_change(ana)
    with pytest.raises(NotAllowed):
        job_lines(make_scope(keeper.workspace, "operator"), NOW)


@pytest.fixture
def five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overrides, "TURN_S", 5)


def test_each_turn_is_five_seconds_long_and_none_is_counted_twice(five_seconds: None) -> None:
    start = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
    turns = [start + timedelta(seconds=5 * n) for n in range(1, 121)]
    assert [turn for turn in turns if is_due("*/5 * * * *", turn)] == [start + timedelta(minutes=m) for m in (5, 10)]
    assert sum(is_due("* * * * * 7", turn) for turn in turns) == 10


def test_a_worker_keeps_to_the_times_that_people_gave(keeper: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(overrides, "TURN_S", 1)
    monkeypatch.setattr(worker, "TURN_S", 1)
    use(
        monkeypatch, fake("rare", lambda turn: ran.append("rare") or "", NEVER),
        fake("often", lambda turn: ran.append("often") or "", "* * * * * */1"),
        fake("asked", lambda turn: ran.append("asked") or "", NEVER),
    )  # fmt: skip
    monkeypatch.setattr(worker, "WORKFLOWS", {})
    change_job(keeper, "rare", "* * * * * */1", False)
    change_job(keeper, "often", "", True)
    run_now(keeper, "asked")
    monkeypatch.setattr(overrides, "_known", (float("-inf"), {}))  # nothing is remembered of another test
    work_until(lambda: "rare" in ran and "asked" in ran)
    assert "rare" in ran and "often" not in ran and ran.count("asked") == 1


def test_a_workflow_does_its_steps_in_order_and_stops_at_the_first_that_fails(
    keeper: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def fail(turn: Turn) -> str:
        raise ValueError("no such column")

    use(monkeypatch, fake("one", lambda turn: ran.append("one") or "3 rows"), fake("bad", fail),
        fake("two", lambda turn: ran.append("two") or ""))  # fmt: skip
    good = run_workflow(start_workflow(keeper, "custom", ["one", "two"]), TURN)
    assert good is not None and good.outcome == "done" and ran == ["one", "two"]
    assert [(step.job, step.outcome, step.said) for step in good.steps] == [
        ("one", "done", "3 rows"),
        ("two", "done", ""),
    ]
    number = schedule_only(["one", "bad", "two"])
    broken = run_workflow(number, TURN)
    assert broken is not None and broken.outcome == "failed" and broken.finished_at is not None
    assert [step.outcome for step in broken.steps] == ["done", "failed", "waiting"]
    assert broken.steps[1].said == "no such column"
    assert [run.id for run in recent_runs(keeper)] == [number, good.id]


def schedule_only(steps: list[str]) -> int:
    from data.database import owner_transaction

    with owner_transaction() as tx:
        return schedule.begin_workflow(tx, "custom", steps, "test")


def test_a_workflow_that_was_interrupted_goes_on_behind_its_last_step(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    use(monkeypatch, *(fake(name, lambda turn, name=name: ran.append(name) or "") for name in ("one", "two", "three")))  # type: ignore[misc]
    number = schedule_only(["one", "two", "three"])
    asked = iter([False, True])
    half = run_workflow(number, Turn(NOW, lambda: next(asked)))
    assert half is not None and half.outcome == "running" and ran == ["one"]
    whole = run_workflow(number, TURN)
    assert whole is not None and whole.outcome == "done" and ran == ["one", "two", "three"]
    assert run_workflow(number + 1, TURN) is None


def test_a_worker_runs_a_workflow_that_was_asked_for(keeper: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    use(monkeypatch, fake("one", lambda turn: done.set() or ""))
    monkeypatch.setattr(worker, "WORKFLOWS", {})
    number = start_workflow(keeper, "custom", ["one"])
    with pytest.raises(BadInput, match="waits in the queue already"):
        start_workflow(keeper, "custom", ["one"])
    work_until(done.is_set)
    assert done.is_set()
    found = schedule.workflow_run(number)
    assert found is not None and found.outcome == "done" and found.asked_by == keeper.account


def test_every_step_of_a_declared_workflow_is_a_job(keeper: Scope) -> None:
    assert {step for workflow in WORKFLOWS.values() for step in workflow.steps} <= set(JOBS)
    lines = workflow_lines(keeper, NOW)
    assert [line.workflow.name for line in lines] == list(WORKFLOWS) and all(line.next_at for line in lines)
