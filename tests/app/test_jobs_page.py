"""Does the Jobs page tell how jobs went, and do its buttons do what they say?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from data import queue, schedule
from data.types import Workspace
from tests.app.visits import opened, sign_in
from tests.support import fresh_database, make_workspace

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def town() -> Iterator[Workspace]:
    with fresh_database():
        yield make_workspace()


@pytest.fixture
def page(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page as the only administrator sees it, with a job that failed."""
    sign_in(monkeypatch, "ana", "administrator", town.slug)
    queue.note_started("tidy", NOW)
    queue.note_failed("tidy", NOW + timedelta(seconds=2), "ValueError: no such column")
    return opened("manage/jobs")


def click(app: AppTest, label: str) -> AppTest:
    return next(b for b in app.button if b.label == label).click().run()


def test_a_job_that_failed_is_told_with_its_reason(page: AppTest) -> None:
    assert not page.exception
    assert [error.value.replace("\\", "") for error in page.error] == ["ValueError: no such column"]
    table = page.dataframe[0].value
    row = table[table["Name"] == "tidy"].iloc[0]
    assert (row["State"], row["Took"], row["Reason"]) == ("failed", "2.00 s", "ValueError: no such column")
    assert {metric.label: metric.value for metric in page.metric}["Failed in their last run"] == "1"


def test_a_job_is_tried_again_with_a_button(page: AppTest) -> None:
    page.selectbox(key="job").select("tidy").run()
    click(page, "Try again now")
    assert not page.exception and len(page.error) == 1
    assert schedule.queued()["tidy"].waiting == 1
    again = opened("manage/jobs")
    assert {metric.label: metric.value for metric in again.metric}["Waiting in the queue"] == "1"


def test_times_are_changed_and_wrong_ones_explained(page: AppTest) -> None:
    page.selectbox(key="job").select("tidy").run()
    next(t for t in page.text_input if t.label.startswith("Times")).set_value("0 3 * * 0")
    page.toggle[0].set_value(True)
    click(page, "Save")
    setting = schedule.job_settings()["tidy"]
    assert (setting.cron, setting.paused, setting.changed_by) == ("0 3 * * 0", True, "ana")
    table = page.dataframe[0].value
    assert table[table["Name"] == "tidy"].iloc[0]["Times"] == "0 3 * * 0 (changed by ana)"
    next(t for t in page.text_input if t.label.startswith("Times")).set_value("on Sundays")
    click(page, "Save")
    assert any("every day at 01:00" in error.value.replace("\\", "") for error in page.error)


def test_a_workflow_is_started_and_a_chain_of_ones_own(page: AppTest) -> None:
    page.selectbox(key="workflow").select("daily-insights").run()
    click(page, "Run workflow now")
    page.selectbox(key="workflow").select("custom").run()
    page.multiselect(key="steps").set_value(["health", "tidy"]).run()
    click(page, "Run workflow now")
    runs = schedule.workflow_runs(5)
    assert [(run.workflow, [step.job for step in run.steps]) for run in runs] == [
        ("custom", ["health", "tidy"]), ("daily-insights", ["tensors", "collect-hourly", "collect-daily"])
    ]  # fmt: skip


def test_an_administrator_of_one_town_only_looks(page: AppTest) -> None:
    make_workspace()
    app = opened("manage/jobs")
    assert not app.exception and len(app.dataframe) >= 2
    assert not [b for b in app.button if b.label in ("Run now", "Try again now", "Save", "Run workflow now")]
