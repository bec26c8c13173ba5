"""Are steps of a range as long as they say, across changes of the clock, and can their colours be told apart?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from data.model import Metric
from data.types import MetricQuery, Scope, TimeRange
from services.live.choices import range_of
from services.maps import histories
from services.maps.colours import categorical, emerging_colours
from services.maps.playback import running
from services.maps.points import Mark, drawn_by_lot, ring, short_number, shown_part
from services.maps.rhythms import hours_of_week
from services.maps.steps import even_steps, frames_of, said_span

NOW = datetime(2026, 5, 20, 12, 34, tzinfo=UTC)
CHICAGO = "America/Chicago"


@pytest.mark.parametrize(
    ("slug", "title", "count"),
    [("15m", "minute", 14), ("24h", "hour", 23), ("7d", "12 hours", 12), ("30d", "day", 29), ("90d", "week", 12),
     ("365d", "4 weeks", 12)],
)  # fmt: skip
def test_steps_of_equal_length_are_over_and_at_least_ten(slug: str, title: str, count: int) -> None:
    found = even_steps(range_of(slug, None, CHICAGO, NOW), CHICAGO, NOW, True)
    assert found is not None and (found.title, found.count) == (title, count)
    assert found.edges[-1] <= NOW and set(found.of_bucket.values()) == set(range(count))
    local = [at.astimezone(ZoneInfo(CHICAGO)).replace(tzinfo=None) for at in found.edges]
    assert len({b - a for a, b in pairwise(local)}) == 1


def test_people_are_not_added_up_over_buckets_and_short_ranges_have_no_steps() -> None:
    found = even_steps(range_of("7d", None, CHICAGO, NOW), CHICAGO, NOW, False)
    assert found is not None and found.each == 1 and found.grain == "hour"
    assert even_steps(TimeRange(NOW - timedelta(minutes=5), NOW), CHICAGO, NOW, True) is None


@pytest.mark.parametrize(
    ("slug", "title", "count"),
    [("15m", "minute", 15), ("24h", "hour", 24), ("7d", "3 hours", 51), ("30d", "day", 30), ("90d", "week", 14)],
)
def test_frames_end_with_what_goes_on_now(slug: str, title: str, count: int) -> None:
    found = frames_of(range_of(slug, None, CHICAGO, NOW), CHICAGO, NOW, True)
    assert (found.title, found.count) == (title, count)
    assert found.edges[-2] <= NOW < found.edges[-1] <= NOW + timedelta(minutes=1)


def test_steps_say_when_they_were() -> None:
    found = frames_of(range_of("7d", None, CHICAGO, NOW), CHICAGO, NOW, True)
    assert found.said(0, CHICAGO) == "Thu 14 May 00:00 to 03:00"
    first, last = datetime(2026, 4, 28, 5, tzinfo=UTC), datetime(2026, 5, 4, 5, tzinfo=UTC)
    assert said_span(first, last, CHICAGO) == "28 Apr to 3 May 2026"
    assert said_span(first, first + timedelta(days=1), CHICAGO) == "Tue 28 Apr 2026"


def test_hours_of_the_week_are_counted_as_often_as_they_were() -> None:
    """On 1 November 2026 clocks in Chicago go back at two: one o'clock comes twice, 25 hours in all."""
    start = datetime(2026, 11, 1, 5, tzinfo=UTC)
    labels = [(start + timedelta(hours=n)).astimezone(ZoneInfo(CHICAGO)).isoformat() for n in range(25)]
    times = hours_of_week(labels)
    assert times[6, 1] == 2 and times[6].sum() == 25 and times[:6].sum() == 0


def test_the_lot_is_the_same_at_each_look_and_fair() -> None:
    cells = {format(0x8C2664C00000000 + (n << 9) + 0x1FF, "x"): {"": 1} for n in range(4000)}
    once = drawn_by_lot(cells, 1000)
    assert len(once) == 1000 and list(once) == list(drawn_by_lot(dict(reversed(cells.items())), 1000))[::-1]
    halves = [sum(place < 2000 for place, index in enumerate(cells) if index in once)]
    assert 440 <= halves[0] <= 560  # four deviations around 500
    assert drawn_by_lot(cells, 4000) == cells
    said = shown_part(1000, 4000, 1200, 5000).replace("\xa0", " ").replace("\u202f", " ")
    assert said == "1 000 of 4 000 places shown, drawn by lot: 1 200 of 5 000 rows"


def test_a_ring_is_divided_as_its_rows() -> None:
    mark = Mark("x", 41.8, -87.6, 4, ((0, 3), (1, 1)), "")
    parts = dict(ring(mark, 1000.0))
    turns = {s: np.arctan2((np.array(p)[:, 0] + 87.6) * np.cos(np.radians(41.8)), np.array(p)[:, 1] - 41.8)
             for s, p in parts.items()}  # fmt: skip
    assert np.degrees(turns[1]).min() == pytest.approx(-90, abs=0.5)
    assert np.degrees(turns[1]).max() == pytest.approx(0, abs=0.5)
    assert [short_number(n) for n in (870, 1234, 34_400, 2_100_000)] == ["870", "1.2k", "34k", "2.1M"]


def test_sums_begin_with_the_first_number() -> None:
    assert running([None, 2.0, None, 3.0]) == [None, 2.0, 2.0, 5.0]


# Machado, Oliveira and Fernandes (2009), severity 1: none, protanopia, deuteranopia, tritanopia.
SEEN_AS = (
    np.eye(3),
    np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
)


def lab(colour: tuple[int, int, int], seen_as: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of a colour as somebody sees it."""
    part = np.array(colour) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    x, y, z = (to_xyz @ np.clip(seen_as @ linear, 0, 1)) / (0.95047, 1.0, 1.08883)
    f = [np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("is_dark", [False, True])
def test_classes_can_be_told_apart_by_everybody(is_dark: bool) -> None:
    ground = (23, 29, 36) if is_dark else (238, 241, 243)
    for seen_as in SEEN_AS:
        shown = [lab(colour, seen_as) for colour in (*emerging_colours(is_dark).values(),)]
        assert min(np.linalg.norm(a - b) for a, b in combinations(shown, 2)) >= 15
        apart = [np.linalg.norm(lab(c, seen_as) - lab(ground, seen_as)) for c in emerging_colours(is_dark).values()]
        assert min(apart) >= 7  # "no class" is to be quiet
        named = [lab(colour, seen_as) for colour in categorical(is_dark)]
        assert min(np.linalg.norm(a - b) for a, b in combinations(named, 2)) >= 19


def test_a_history_reaches_three_years_back_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[TimeRange] = []

    def answer(_scope: object, queries: list[MetricQuery], _now: datetime) -> list[SimpleNamespace]:
        asked.extend(query.range for query in queries)
        return [SimpleNamespace(rows=[])]

    monkeypatch.setattr(histories.metrics, "answer", answer)
    scope = cast(Scope, SimpleNamespace(workspace=SimpleNamespace(timezone="UTC")))
    until = datetime(2026, 5, 20, tzinfo=UTC)
    metric = cast(Metric, SimpleNamespace(qualified="pack.rows"))
    assert histories._counted(scope, metric, 8, (), until, until, lambda _: None) == {}
    assert (asked[0].from_at, asked[-1].to_at) == (until - timedelta(days=3 * 365), until)
    assert all(one.to_at == other.from_at for one, other in pairwise(asked))
    assert max(one.to_at - one.from_at for one in asked) <= timedelta(days=90)
