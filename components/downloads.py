"""How does a viewer take along what a chart shows?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from services.live.rankings import Leaderboard
from services.live.series import Series
from services.spreadsheets import plain_csv

Lines = Iterable[Sequence[object]]


def button(name: str, key: str, lines: Callable[[], Lines], label: str = "CSV") -> None:
    """A quiet download button; the file is written when it is asked for, not at every refresh."""
    st.download_button(
        label, lambda: _csv(lines()), f"{name}.csv", "text/csv", key=key, on_click="ignore", type="tertiary",
        icon=":material/download:", help="Download what is shown here as CSV",
    )  # fmt: skip


def _csv(lines: Lines) -> bytes:
    """CSV for spreadsheets, with a byte order mark, so that they read it as UTF-8."""
    return b"\xef\xbb\xbf" + plain_csv(lines).encode()


def _number(value: float | None) -> float | int | None:
    """A count as a count: 60, not 60.0."""
    return int(value) if value is not None and value.is_integer() else value


def series_lines(series: Series) -> Lines:
    """The points of the main chart, in the unit of its axis."""
    unit = f" ({series.axis})" if series.axis else ""
    yield ["start", f"{series.title}{unit}", *([series.compared_with] if series.compared_with else []), "still filling"]
    for p in series.points:
        before = [_number(p.before)] if series.compared_with else []
        yield [p.at, _number(p.value), *before, "yes" if p.is_open else "no"]


def leaderboard_lines(boards: Sequence[Leaderboard]) -> Lines:
    """All bars of all leaderboards, the pooled rest included."""
    yield ["breakdown", "value", "number", "as shown"]
    for board in boards:
        for bar in board.bars:
            yield [board.title, bar.label, _number(bar.value), bar.shown]
