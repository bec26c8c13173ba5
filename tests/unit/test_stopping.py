"""Do the waits of an orderly stop add up to less than the five seconds in which everything has to be gone?"""

from __future__ import annotations

from services import processes
from services.jobs import worker

PROMISED_S = 5.0


def test_the_supervisor_waits_for_its_children_and_then_for_the_database() -> None:
    assert processes._CHILDREN_S + processes._DATABASE_S < PROMISED_S


def test_the_worker_ends_by_itself_before_it_is_killed() -> None:
    assert worker._GRACE_S < processes._CHILDREN_S
