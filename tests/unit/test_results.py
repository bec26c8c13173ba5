"""Are answers computed once, kept within bounds, and errors not kept?"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from data.engine.results import MOST_ROWS, Results
from data.types import MetricResult


def answer_of(name: str, rows: int = 1) -> MetricResult:
    return MetricResult([{"n": name}] * rows, None, None, "segments", 0.0)


def test_equal_questions_asked_at_once_are_computed_once() -> None:
    results, calls, go = Results(), list[list[int]](), threading.Event()

    def compute(places: list[int]) -> list[MetricResult]:
        calls.append(places)
        go.wait(5)
        return [answer_of("a") for _ in places]

    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(results.get, ["k"], compute) for _ in range(8)]
        go.set()
        found = [job.result()[0][0] for job in jobs]
    assert len(calls) == 1
    assert all(one is found[0] for one in found)


def test_only_what_is_missing_is_computed() -> None:
    results, asked = Results(), list[list[int]]()

    def compute(places: list[int]) -> list[MetricResult]:
        asked.append(places)
        return [answer_of(str(place)) for place in places]

    results.get(["a", "b"], compute)
    found = results.get(["b", "c", "c"], compute)
    assert asked == [[0, 1], [1]]
    assert [cached for _, cached in found] == [True, False, False]


def test_an_error_reaches_the_asker_and_is_not_kept() -> None:
    results = Results()

    def fail(places: list[int]) -> list[MetricResult]:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        results.get(["k"], fail)
    assert results.get(["k"], lambda places: [answer_of("now")])[0][0].rows == [{"n": "now"}]


def test_the_longest_unused_is_thrown_out() -> None:
    results, large = Results(), MOST_ROWS // 5
    for name in "abcde":
        results.get([name], lambda places: [answer_of("x", large)])
    assert results.statistics()["rows"] <= MOST_ROWS
    assert not results.get(["a"], lambda places: [answer_of("again")])[0][1]
    assert results.get(["e"], lambda places: [answer_of("again")])[0][1]
