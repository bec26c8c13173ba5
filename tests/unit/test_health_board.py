"""Does the health board tell the past and its beginning as the looks found them?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.errors import NotAllowed
from data.looks import Spell
from data.types import Scope, Workspace
from services.health import Component, Limits, limits_text
from services.health.advice import ABOUT
from services.health.board import health_board, pieces, sentence, since_when
from services.health.figures import FIGURES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def spell(state: str, from_minutes: int, to_minutes: int) -> Spell:
    """A spell that began and ended so many minutes ago."""
    return Spell("disk", state, NOW - timedelta(minutes=from_minutes), NOW - timedelta(minutes=to_minutes))


def test_a_state_holds_since_the_first_look_that_found_it() -> None:
    known = [spell("healthy", 600, 95), spell("warning", 90, 2)]
    assert since_when("warning", known, NOW) == (NOW - timedelta(minutes=90), False)
    assert since_when("critical", known, NOW) == (None, False), "only now"
    assert since_when("warning", known, NOW + timedelta(minutes=14)) == (None, False), "nobody looked for 16 minutes"
    assert since_when("healthy", [], NOW) == (None, False)
    week = 7 * 24 * 60
    assert since_when("healthy", [spell("healthy", week - 3, 1)], NOW)[1], "it may have begun before"


def test_a_piece_of_the_past_shows_the_worst_in_it_and_where_nobody_looked() -> None:
    known = [spell("healthy", 24 * 60, 300), spell("down", 200, 200), spell("healthy", 195, 1)]
    found = pieces(known, "day", NOW)
    assert len(found) == 48 and found[-1].to_at == NOW
    states = [piece.state for piece in found]
    assert states[0] == states[-1] == "healthy"
    assert states[41] == "down", "200 minutes ago is in the seventh piece from the end, with healthy looks after it"
    assert states[39] is None, "270 to 240 minutes ago nobody looked"
    week = pieces(known, "week", NOW)
    assert len(week) == 56
    assert [piece.state for piece in week[-9:]] == [None, *["healthy"] * 6, "down", "healthy"]


def test_one_sentence_names_what_needs_attention_the_worst_first() -> None:
    parts = [Component("disk", "warning", ""), Component("worker", "down", ""), Component("memory", "cannot tell", "")]
    assert sentence(parts).replace("\u00a0", " ") == (
        "2 of 3 components need attention: Worker (down), Disk (warning)."
    )
    healthy = [Component("web", "healthy", ""), Component("database", "healthy", "")]
    assert sentence([parts[2], *healthy]).replace("\u00a0", " ") == "2 components are healthy; 1 cannot be judged yet."
    assert sentence([parts[2], healthy[0]]).replace("\u00a0", " ") == "1 component is healthy; 1 cannot be judged yet."


def test_thresholds_are_told_from_the_side_on_which_trouble_lies() -> None:
    told = limits_text(Limits(0.15, 0.05, "of the disk free", worse="below"))
    assert told.replace("\u00a0", " ") == "warning at 15 % or less, critical at 5 % or less"
    silent = limits_text(Limits(60, 180, "s")).replace("\u00a0", " ")
    assert silent == "warning at 1 min or more, critical at 3 min or more"
    assert limits_text(None) == ""


def test_only_operators_see_it() -> None:
    here = Workspace(1, "town", "Town", "municipality", None, "UTC")
    with pytest.raises(NotAllowed, match="operator or administrator"):
        health_board(Scope(1, "ana", "manager", here, (1,)), "day", NOW)


def test_every_component_says_what_to_do() -> None:
    assert {figure.name for figure in FIGURES} < set(ABOUT)
    assert all(about.todo.endswith(".") and about.what.endswith(".") for about in ABOUT.values())
