"""Do merged segments hold exactly what is left when what was taken back is gone?"""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.engine.compact import plan
from data.engine.encode import MISSING, Array
from data.engine.merge import merge, row_hashes, split
from data.engine.storage import Stored
from tests.effort import examples

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([MISSING, 0, 7]), st.sampled_from([1, 1, -1]))
)


def _columns(rows: list[tuple[int, int, int, int]]) -> dict[str, Array]:
    t, d, m, w = (np.array([row[i] for row in rows], np.int64) for i in range(4))
    columns: dict[str, Array] = {"t": t.astype(np.uint32), "d:a": d.astype(np.uint8), "m:b": m, "w": w.astype(np.int32)}
    if all(row[3] == 1 for row in rows):
        del columns["w"]
    return columns


def _net(columns: dict[str, Array]) -> Counter[tuple[int, ...]]:
    weights = columns.get("w", np.ones(columns["t"].size, np.int32))
    net: Counter[tuple[int, ...]] = Counter()
    for row in zip(columns["t"], columns["d:a"], columns["m:b"], weights, strict=True):
        net[tuple(map(int, row[:3]))] += int(row[3])
    return Counter({key: n for key, n in net.items() if n})


@pytest.mark.no_cover  # being watched takes a third of its time, and every line runs elsewhere too
@given(parts=st.lists(ROWS, min_size=1, max_size=4))
@settings(max_examples=examples(300), deadline=None)
def test_merging_keeps_the_sum_of_weights_of_every_row(parts: list[list[tuple[int, int, int, int]]]) -> None:
    merged = merge([_columns(rows) for rows in parts])
    expected: Counter[tuple[int, ...]] = Counter()
    for rows in parts:
        for *key, weight in rows:
            expected[tuple(key)] += weight
    assert _net(merged) == Counter({key: n for key, n in expected.items() if n})
    assert bool((np.diff(merged["t"].astype(np.int64)) >= 0).all())


@given(rows=ROWS)
@settings(deadline=None)
def test_no_row_is_left_beside_its_taking_back(rows: list[tuple[int, int, int, int]]) -> None:
    merged = merge([_columns(rows)])
    assert sum(abs(n) for n in _net(merged).values()) == merged["t"].size
    assert ("w" in merged) == any(n < 0 for n in _net(merged).values())
    positive, negative = split(merged)
    assert positive["t"].size + sum(part["t"].size for part in negative) == merged["t"].size


def test_a_column_that_a_part_lacks_is_missing_there() -> None:
    old = {"t": np.array([1], np.uint32), "m:a": np.array([5])}
    new = {"t": np.array([0], np.uint32), "m:a": np.array([6]), "d:b": np.array([300], np.uint16), "m:c": np.array([0])}
    merged = merge([old, new])
    assert merged["d:b"].tolist() == [300, 0] and merged["m:c"].tolist() == [0, MISSING]


def test_hashes_tell_apart_zero_missing_and_swapped_columns() -> None:
    rows = [(0, 1, 0), (0, 1, MISSING), (0, 0, 1), (1, 0, 0), (0, 0, MISSING)]
    columns = [
        {"t": np.array([t], np.uint32), "d:a": np.array([d], np.uint8), "m:b": np.array([m])} for t, d, m in rows
    ]
    assert len({int(row_hashes(c)[0]) for c in columns}) == len(rows)
    assert row_hashes(columns[1]) == row_hashes({n: v for n, v in columns[1].items() if n != "m:b"})


def _stored(id: int, rows: int, packed: bool = False, age_s: float = 5, negatives: int = 0) -> Stored:
    return Stored(id, 0, date(2026, 1, 1), rows, negatives, 0, 1, packed, age_s)


def test_few_fresh_segments_are_left_to_gather() -> None:
    assert not list(plan([_stored(i, 100, packed=True) for i in range(7)], 60, 600))


def test_many_fresh_segments_are_merged_without_the_large_one_of_the_day() -> None:
    day = [*(_stored(i, 100, packed=True) for i in range(8)), _stored(8, 700), _stored(9, 400_000)]
    (job,) = plan(day, 60, 600)
    assert [s.id for s in job.loose] == [*range(8), 8]


def test_a_quiet_day_becomes_one_segment_and_then_rests() -> None:
    (job,) = plan([_stored(1, 100, packed=True, age_s=99), _stored(2, 400_000, age_s=99)], 60, 600)
    assert [s.id for s in job.loose] == [1, 2]
    assert not list(plan([_stored(3, 400_100, age_s=99)], 60, 600))


def test_full_segments_are_touched_only_when_something_in_a_settled_day_was_taken_back() -> None:
    day = [_stored(1, 10, packed=True, age_s=99, negatives=2), _stored(2, 900_000, age_s=9999)]
    assert not list(plan(day, 60, 600))
    (job,) = plan(day, 60, 90)
    assert [s.id for s in job.full] == [2]


def test_a_row_is_rewritten_a_few_times_only_while_its_day_grows_large() -> None:
    segments: list[Stored] = []
    written = arrived = 0
    for number in range(2000):
        segments.append(_stored(number, 5000, packed=True))
        arrived += 5000
        for job in list(plan(sorted(segments, key=lambda s: s.rows), 60, 600)):
            segments = [s for s in segments if s not in job.loose]
            segments.append(_stored(10_000 + number, job.rows))
            written += job.rows
    assert sum(s.rows for s in segments) == arrived and len(segments) < 40
    assert written < 8 * arrived
