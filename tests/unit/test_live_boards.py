"""Does a pack's board show what the pack can answer, and find the rows behind a number?"""

from __future__ import annotations

import pytest

from data.types import Filter
from services.live.boards import (
    Board,
    boards,
    datasets_of,
    filterable,
    leaderboards_of,
    rows_source,
    sentence_of,
    takes,
)  # fmt: skip
from services.model import load_model

MODEL = load_model()
ALL = set(MODEL.datasets())


@pytest.fixture(scope="module")
def board() -> Board:
    return next(b for b in boards(MODEL, ALL) if b.pack.name == "grievance")


def test_every_metric_of_the_pack_has_a_place_once(board: Board) -> None:
    assert sorted(m.name for m in board.metrics()) == sorted(m.name for m in board.pack.metrics)


def test_metrics_without_any_rows_are_left_out() -> None:
    found = boards(MODEL, {"grievance.complaints"})
    names = {m.name for b in found for m in b.metrics()}
    assert "complaints_opened" in names and "escalation_rate" not in names and "reopens" not in names
    assert boards(MODEL, set()) == ()


def test_the_overview_is_short_and_shows_targets_and_different_shapes(board: Board) -> None:
    overview = board.family("overview")
    assert len(overview) == 10 and len({m.shape for m in overview if m.family == "business"}) == 4
    assert sum(m.target is not None for m in overview) >= 5
    assert board.family("nonsense") == overview
    assert {m.family for m in board.family("experience")} == {"experience"}


def test_a_metric_is_found_by_both_names_and_an_unknown_one_is_the_first(board: Board) -> None:
    assert board.metric("backlog") is board.metric("grievance.backlog")
    assert board.metric("no_such") is board.metrics()[0]


def test_a_ratio_counts_the_rows_of_both_parts(board: Board) -> None:
    assert {d.name for d in datasets_of(board.pack, board.metric("escalation_rate"))} == {"complaint_events"}
    assert {d.name for d in datasets_of(board.pack, board.metric("backlog_age"))} == {"complaints"}


def test_personal_dimensions_are_never_offered(board: Board) -> None:
    assert "officer" not in {d.name for m in board.metrics() for d in leaderboards_of(board.pack, m)}
    assert "officer" not in {d.name for _, d in filterable(board)}


def test_a_filter_is_taken_by_metrics_that_have_its_dimension(board: Board) -> None:
    status = (Filter("status", "in", ("open",)),)
    assert takes(board.pack, board.metric("complaints_opened"), status)
    assert not takes(board.pack, board.metric("escalations"), status)


@pytest.mark.parametrize(
    ("metric", "dataset", "at", "where"),
    [("complaints_opened", "complaints", "opened_at", ()), ("backlog", "complaints", "opened_at", ()),
     ("resolution_rate", "complaints", "opened_at", ()),
     ("sla_breach_rate", "complaints", "resolved_at", (Filter("sla", "in", ("within", "breached")),)),
     ("escalations", "complaint_events", "occurred_at", (Filter("event", "in", ("escalated",)),)),
     ("complaints_per_1000", "complaints", "opened_at", ())],
)  # fmt: skip
def test_the_rows_behind_a_number(board: Board, metric: str, dataset: str, at: str, where: tuple[Filter, ...]) -> None:
    found, time, own = rows_source(board.pack, board.metric(metric))
    assert (found.name, time, own) == (dataset, at, where)


def test_filters_are_told_by_titles(board: Board) -> None:
    assert sentence_of(board, Filter("sla", "in", ("breached", None))) == "Service level is breached or missing"


def test_the_newest_rows_are_events_where_there_are_any(board: Board) -> None:
    assert board.events(ALL).name == "complaint_events"
    assert board.events({"grievance.complaints"}).name == "complaints"
