"""In which order do rows come after a click on the head of a column, and how is that said and asked for?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data.types import Order, TimeRange, Workspace
from services.live.drills import Drill, download_address, order_said, turned
from tests.db.probe import CASES
from tests.support import make_scope

SPAN = TimeRange(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


def test_a_head_that_is_clicked_again_turns_the_order_round_and_then_lets_it_go() -> None:
    assert turned(None, "cost") == Order("cost")
    assert turned(Order("cost"), "cost") == Order("cost", False)
    assert turned(Order("cost", False), "cost") is None
    assert turned(Order("cost", False), "city") == Order("city")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cost", "Cost, smallest first"), ("-cost", "Cost, largest first"), ("city", "City, A to Z"),
        ("-city", "City, Z to A"), ("closed_at", "closed_at, earliest first"),
        ("-opened_at", "opened_at, latest first"), ("-lat", "Latitude, largest first"), ("quality", "Quality, A to Z"),
    ],
)  # fmt: skip
def test_an_order_is_said_in_words_of_its_column(text: str, said: str) -> None:
    order = Order.read(text)
    assert order is not None and str(order) == text and order_said(CASES, order) == said


def test_a_download_is_asked_for_in_the_order_that_is_shown() -> None:
    scope = make_scope(Workspace(1, "town", "Town", "municipality", None, "UTC"))
    wanted = Drill("Rows", CASES, "opened_at", SPAN, (), "cases")
    assert "sort" not in download_address(scope, wanted)
    assert download_address(scope, wanted, Order("cost", False)).endswith("&sort=-cost")
