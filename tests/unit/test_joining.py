"""Are asks that follow each other read as one, and is each given its own part of the answer?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from data.engine.asks import COUNT, Ask, Frame, Stat, Table
from data.engine.joining import cut, join

FIRST = datetime(2026, 3, 2, tzinfo=UTC)


def ask(first: int, *days: int, by: tuple[str, ...] = (), **more: object) -> Ask:
    edges = tuple(FIRST + timedelta(days=n) for n in (first, *days))
    return replace(Ask("probe.events", "at", (), by, Frame(edges), (COUNT,)), **more)  # type: ignore[arg-type]  # fields


def test_a_range_and_the_one_before_it_are_read_together_whatever_their_order() -> None:
    now, before, other = ask(7, 14), ask(0, 7), ask(7, 14, by=("kind",))
    joined = join([now, other, before])
    whole = ask(0, 7, 14)
    assert joined == {whole: [(before, 0, 1), (now, 1, 2)], other: [(other, 0, 1)]}
    table = Table([()], {COUNT: np.array([[3], [5]])}, "segments")
    parts = cut(table, joined[whole])
    assert {asked: found.cells[COUNT].tolist() for asked, found in parts.items()} == {before: [[3]], now: [[5]]}


@pytest.mark.parametrize(
    "more",
    [
        {"stats": (COUNT, Stat("elapsed"))},
        {"frame": Frame((FIRST + timedelta(days=7), FIRST + timedelta(days=14)), opening=True)},
        {"most": 3},
        {"leading": True},
        {"stats": (COUNT, Stat("sum", "amount"))},
        {"dataset": "probe.events", "predicates": ("something",)},
    ],
)
def test_what_counts_from_its_own_beginning_or_is_not_alike_is_read_alone(more: dict[str, object]) -> None:
    before, now = ask(0, 7), ask(7, 14, **more)
    assert join([before, now]) == {one: [(one, 0, one.frame.size)] for one in (before, now)}


def test_ranges_with_a_gap_are_read_alone() -> None:
    assert len(join([ask(0, 6), ask(7, 14), ask(21, 28)])) == 3


def test_a_part_lists_the_groups_that_have_rows_in_it() -> None:
    before, now = ask(0, 3, 7, by=("kind",)), ask(7, 14, by=("kind",))
    ((whole, parts),) = join([before, now]).items()
    assert whole.frame.size == 3 and parts == [(before, 0, 2), (now, 2, 3)]
    table = Table([("a",), ("b",), (None,)], {COUNT: np.array([[0, 1, 0], [4, 0, 0], [2, 0, 7]])})
    found = cut(table, parts)
    assert (found[before].groups, found[before].cells[COUNT].tolist()) == ([("a",), ("b",)], [[0, 1], [4, 0]])
    assert (found[now].groups, found[now].cells[COUNT].tolist()) == ([("a",), (None,)], [[2, 7]])
