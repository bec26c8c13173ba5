"""Do the tiles, the chart and the leaderboards say what the answers say?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.types import Filter, MetricQuery, MetricResult, Workspace
from services.live.boards import boards
from services.live.choices import Choice, range_of
from services.live.questions import TOP, questions
from services.live.views import View, arrival, view
from services.metrics import Freshness
from services.model import load_model

NOW = datetime(2026, 11, 21, 12, 34, tzinfo=UTC)
HERE = Workspace(1, "here", "Here", "municipality", None, "UTC")
MODEL = load_model()
FILLED = {"grievance.complaints", "grievance.complaint_events"}
BOARD = next(board for board in boards(MODEL, FILLED) if board.pack.name == "grievance")


def chosen(metric: str = "complaints_opened", where: tuple[Filter, ...] = (), slug: str = "7d") -> Choice:
    return Choice(slug, range_of(slug, None, "UTC", NOW), "previous", BOARD.metric(metric).qualified, where)


def answered(query: MetricQuery, values: dict[str, tuple[Any, Any]], cannot: dict[str, str]) -> MetricResult:
    """An answer with the same value and compared value everywhere; the last of seven buckets is open."""
    names = {q: values.get(q.partition(".")[2], (5, 4)) for q in query.metrics}
    row: dict[str, Any] = {q: now for q, (now, _) in names.items()}
    if query.compare:
        row |= {f"{q}__previous": before for q, (_, before) in names.items()}
    rows = [row]
    if query.grain:
        days = [NOW.replace(hour=0, minute=0) - timedelta(days=6 - i) for i in range(7)]
        rows = [{"bucket": day.isoformat(), **row} for day in days]
        rows[-1]["__incomplete"] = True
    elif query.by:
        rows = [{query.by[0]: "Noise", **row}, {query.by[0]: None, **row}]
        rows.append({query.by[0]: None, "__kind": "other", "__members": 3, **row})
    return MetricResult(rows, NOW - timedelta(hours=1), NOW, "segments", 1.0, cannot_tell=cannot)


def shown(choice: Choice, family: str = "overview", **values: tuple[Any, Any]) -> View:
    asked = questions(BOARD, choice, family)
    results = [answered(q, values, {}) for q in asked.queries]
    return view(BOARD, choice, asked, results, HERE, NOW)


def test_a_page_asks_everything_at_once_and_nothing_twice() -> None:
    asked = questions(BOARD, chosen(), "overview")
    assert len(asked.queries) == 3 + len(asked.dimensions) and len(set(asked.queries)) == len(asked.queries)
    assert all(q.top == TOP for q in asked.queries if q.by)


def test_a_leaderboard_is_asked_without_its_own_filter_so_that_others_can_be_picked() -> None:
    where = (Filter("category", "in", ("Noise",)), Filter("district", "in", ("A",)))
    by = {q.by[0]: q.where for q in questions(BOARD, chosen(where=where), "overview").queries if q.by}
    assert by["category"] == where[1:] and by["district"] == where[:1] and by["channel"] == where


def test_a_tile_tells_value_change_and_target() -> None:
    found = {t.title: t for t in shown(chosen(), resolution_rate=(0.9, 0.8), complaints_opened=(12, 10)).tiles}
    rate = found["Resolution rate"]
    assert (rate.value, rate.is_met, rate.target) == ("90.0\u00a0%", False, "≥ 95\u00a0%")
    assert rate.change is not None and (rate.change.text, rate.change.tone) == ("+10.0\u00a0pt", "good")
    opened = found["Complaints opened"]
    assert opened.change is not None and (opened.change.text, opened.change.tone) == ("+20\u00a0%", "bad")
    assert opened.is_met is None and opened.before == "10"


def test_a_lower_target_is_met_from_below() -> None:
    tiles = shown(chosen(), "operational", sla_breach_rate=(0.01, 0.2)).tiles
    found = next(t for t in tiles if t.title == "Service level breach rate")
    assert found.is_met is True and found.target.startswith("≤ ")


def test_sparklines_leave_out_the_bucket_that_is_still_filling() -> None:
    assert all(len(t.spark) == 6 for t in shown(chosen()).tiles)


def test_a_metric_that_cannot_be_filtered_says_so_instead_of_a_number() -> None:
    where = (Filter("status", "in", ("open",)),)
    tiles = {t.title: t for t in shown(chosen(where=where), "operational").tiles}
    assert tiles["Escalations"].reason == "Cannot be filtered by status." and tiles["Escalations"].value == "–"
    assert tiles["Complaints closed"].reason == ""


def test_when_the_main_metric_cannot_be_filtered_the_chart_says_why() -> None:
    found = shown(chosen("escalations", (Filter("status", "in", ("open",)),)))
    assert found.series is None and found.leaderboards == ()
    assert found.series_reason == "Escalations cannot be filtered by status."


def test_the_chart_marks_the_open_bucket_and_keeps_the_compared_values() -> None:
    found = shown(chosen()).series
    assert found is not None and found.mark == "bar" and found.has_open
    assert [p.is_open for p in found.points] == [False] * 6 + [True]
    assert found.points[0].before == 4 and found.points[-1].when.endswith("(still filling)")
    assert "highest 5" in found.summary.replace("\u00a0", " ")


@pytest.mark.parametrize(("value", "axis", "drawn"), [(0.5, "minutes", 30), (5.0, "hours", 5), (240.0, "days", 10)])
def test_durations_are_drawn_in_a_unit_of_their_size(value: float, axis: str, drawn: float) -> None:
    found = shown(chosen("resolution_time_median"), resolution_time_median=(value, value)).series
    assert found is not None and (found.mark, found.axis) == ("line", axis)
    assert found.points[0].value == pytest.approx(drawn)
    target = BOARD.metric("resolution_time_median").target
    assert target and found.target == pytest.approx(target * drawn / value)


def test_a_leaderboard_names_the_missing_and_pools_the_rest() -> None:
    where = (Filter("category", "in", (None,)),)
    board = next(b for b in shown(chosen(where=where)).leaderboards if b.dimension == "category")
    assert [(b.label, b.is_rest, b.is_picked) for b in board.bars] == [
        ("Noise", False, False), ("(missing)", False, True), ("3\u00a0others", True, False),
    ]  # fmt: skip
    assert board.bars[-1].key == "" and board.tells


def test_a_range_without_rows_is_empty_although_a_backlog_reaches_into_it() -> None:
    everything = {m.name: (0, 0) for m in BOARD.metrics()}
    assert shown(chosen(), **(everything | {"backlog": (12, 12)})).is_empty
    assert not shown(chosen(), **(everything | {"complaints_closed": (1, 0)})).is_empty


def test_a_range_with_rows_is_not_empty_when_the_metrics_shown_have_no_value() -> None:
    nothing = {m.name: (None, None) for m in BOARD.family("experience")}
    assert not shown(chosen("complaints_closed"), "experience", **(nothing | {"complaints_closed": (0, 0)})).is_empty


@pytest.mark.parametrize(("hours", "is_late"), [(1, False), (3, True)])
def test_data_is_late_when_it_is_older_than_usual(hours: int, is_late: bool) -> None:
    known = [
        Freshness("grievance.complaints", NOW - timedelta(hours=hours), NOW, 7200, 3, 10),
        Freshness("grievance.complaint_events", None, None, 7200, 0, 0),
    ]
    found = arrival(known, "UTC", NOW)
    assert found is not None and found.is_late is is_late and "at most 2\u00a0h old" in found.explanation
    assert arrival(known[1:], "UTC", NOW) is None


def test_a_day_stands_around_the_mark_that_names_it_and_an_hour_behind_its_own() -> None:
    day, hour = (shown(chosen(slug=slug)).series.points[0] for slug in ("7d", "24h"))
    assert day.middle == f"{day.at}.000" and day.low < day.left < day.at < day.right < day.high
    assert hour.low == f"{hour.at}.000" and hour.high == f"{hour.to}.000" and hour.low < hour.left < hour.middle
