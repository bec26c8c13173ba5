"""Are equal questions answered once, and does nobody wait for the next answer while the last is recent?"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from components.shelves import Shelf, Steady

LONG_S = 30.0


def test_equal_questions_asked_at_once_are_answered_once() -> None:
    shelf, made = Shelf(10), []
    may_end = threading.Event()

    def make() -> int:
        made.append(1)
        may_end.wait(LONG_S)
        return 7

    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(shelf.get, "key", make) for _ in range(5)]
        may_end.set()
        assert [a.result(LONG_S) for a in asked] == [7] * 5
    assert len(made) == 1


def test_an_error_is_not_kept() -> None:
    shelf = Shelf(10)
    with pytest.raises(ZeroDivisionError):
        shelf.get("key", lambda: 1 // 0)
    assert shelf.get("key", lambda: 2) == 2


def test_the_longest_unused_is_thrown_out() -> None:
    shelf = Shelf(2)
    for name in "abac":
        shelf.get(name, lambda name=name: name)  # type: ignore[misc]
    assert shelf.get("a", lambda: "new") == "a" and shelf.get("b", lambda: "new") == "new"


def test_while_data_changes_askers_get_the_last_answer_until_the_next_is_made() -> None:
    steady, may_end, is_made = Steady(10), threading.Event(), threading.Event()

    def slowly() -> str:
        may_end.wait(LONG_S)
        is_made.set()
        return "second"

    assert steady.get("question", "1", lambda: "first") == ("1", "first")
    for _ in range(3):
        assert steady.get("question", "2", slowly, patience_s=LONG_S) == ("1", "first")
    may_end.set()
    assert is_made.wait(LONG_S)
    assert steady.get("question", "2", slowly) == ("2", "second")


def test_an_answer_rests_before_the_next_one_is_begun() -> None:
    steady, made = Steady(10, rest_s=LONG_S), []
    steady.get("question", "1", lambda: "first")
    assert steady.get("question", "2", lambda: made.append(2), patience_s=2 * LONG_S) == ("1", "first")  # type: ignore[func-returns-value]
    assert steady.get("question", "2", lambda: "second") == ("2", "second") and made == []


def test_without_patience_the_newest_is_waited_for() -> None:
    steady = Steady(10)
    steady.get("question", "1", lambda: "first")
    assert steady.get("question", "2", lambda: "second") == ("2", "second")
    assert steady.get("other", "3", lambda: "third", patience_s=LONG_S) == ("3", "third")


def test_an_error_behind_the_scenes_is_met_by_who_has_to_wait() -> None:
    steady, has_failed = Steady(10), threading.Event()

    def fail() -> str:
        has_failed.set()
        raise LookupError

    steady.get("question", "1", lambda: "first")
    assert steady.get("question", "2", fail, patience_s=LONG_S) == ("1", "first")
    assert has_failed.wait(LONG_S)
    with pytest.raises(LookupError):
        steady.get("question", "2", fail)
