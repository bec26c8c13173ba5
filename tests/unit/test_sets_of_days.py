"""Which days are together in a set of people?"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.engine.tensor_days import DAYS, whole_sets


@given(st.lists(st.tuples(st.booleans(), st.integers(-1, 2)), max_size=40), st.integers(0, 7))
def test_every_day_in_a_bucket_is_in_one_set_of_days_of_that_bucket(days: list[tuple[bool, int]], start: int) -> None:
    """A day may be missing, and be in no bucket."""
    there = {start + i: bucket for i, (is_there, bucket) in enumerate(days) if is_there}
    found = whole_sets(np.asarray(list(there), np.int64), np.asarray(list(there.values()), np.int64))
    covered = [first + i for (first, number), _ in found for i in range(number)]
    assert sorted(covered) == covered == [day for day, bucket in there.items() if bucket >= 0]
    for (first, number), bucket in found:
        assert [there[first + i] for i in range(number)] == [bucket] * number
    blocks = {first for first in there if first % DAYS == 0}
    whole = {b for b in blocks if len({there.get(b + i, -1) for i in range(DAYS)}) == 1 and there[b] >= 0}
    assert {first for (first, number), _ in found if number == DAYS} == whole


def test_a_week_in_the_middle_of_the_month_is_a_set_and_days_around_it() -> None:
    assert whole_sets(np.arange(10, 17), np.zeros(7, np.int64)) == [
        ((10, 1), 0), ((11, 1), 0), ((12, 4), 0), ((16, 1), 0)
    ]  # fmt: skip
