"""Whatever is written, in whatever order, do rows, segments and plain sums agree?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.database import transaction
from data.engine.batches import delete_keys
from data.engine.compact import compact
from data.engine.rebuild import rebuild
from data.engine.verify import verify
from data.model import Dataset
from data.types import Scope
from tests.db.ledger import content, installed, state, stored, write
from tests.effort import examples
from tests.support import make_scope, make_workspace

pytestmark = pytest.mark.no_cover  # being watched takes a tenth of its time, and every line runs elsewhere too

ZONES = {  # each with an instant shortly before its clocks change
    "America/New_York": datetime(2026, 3, 8, 5, tzinfo=UTC),
    "Europe/London": datetime(2026, 10, 25, 0, tzinfo=UTC),
    "America/Sao_Paulo": datetime(2018, 11, 4, 1, tzinfo=UTC),
    "Pacific/Apia": datetime(2011, 12, 30, 8, tzinfo=UTC),
}
MOMENTS = st.integers(-60 * 3600, 60 * 3600).map(lambda s: timedelta(seconds=s, milliseconds=s % 997))
CASES = st.fixed_dictionaries({
    "case_id": st.integers(0, 12).map(str),
    "opened_at": MOMENTS,
    "closed_at": st.one_of(st.none(), MOMENTS),
    "colour": st.one_of(st.none(), st.sampled_from(["red", "blue", "", "ünder grün", 'a "quoted", one']), st.text(
        st.characters(codec="utf-8", exclude_characters="\0"), max_size=3)),
    "cost": st.one_of(st.none(), st.integers(-10**9, 10**9).map(lambda n: n / 100)),
    "score": st.one_of(st.none(), st.integers(1, 5).map(float)),
    "person": st.one_of(st.none(), st.integers(0, 5).map(str)),
    "lat": st.one_of(st.none(), st.sampled_from([40.7, -33.25])),
    "lon": st.one_of(st.none(), st.sampled_from([-74.0, 151.5])),
    "quality": st.one_of(st.none(), st.just(["cost"])),
})  # fmt: skip
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.lists(CASES, min_size=1, max_size=12)),
        st.tuples(st.just("repeat"), st.just([])),
        st.tuples(st.just("delete"), st.lists(st.integers(0, 12).map(str), max_size=4)),
        st.tuples(st.just("compact"), st.just([])),
        st.tuples(st.just("rebuild"), st.just([])),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@dataclass
class Truth:
    """The rows as a plain dictionary knows them."""

    start: datetime
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    last: list[dict[str, Any]] = field(default_factory=list)

    def moved(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        times = ("opened_at", "closed_at")
        return [row | {n: None if row[n] is None else self.start + row[n] for n in times} for row in rows]


def play(scope: Scope, dataset: Dataset, truth: Truth, number: int, step: tuple[str, Any]) -> None:
    what, given_rows = step
    if what == "write":
        rows = truth.moved(given_rows)
        truth.rows |= {row["case_id"]: row for row in rows}
        truth.last = rows
        assert not write(scope, dataset, f"batch {number}", rows).repeated
    elif what == "repeat" and truth.last:
        write(scope, dataset, f"batch {number}", truth.last)
        truth.rows |= {row["case_id"]: row for row in truth.last}
    elif what == "delete":
        with transaction(scope) as tx:
            assert delete_keys(tx, scope, dataset, given_rows) == sum(k in truth.rows for k in set(given_rows))
        for key in given_rows:
            truth.rows.pop(key, None)
    elif what == "compact":
        compact(scope, dataset, quiet_s=0, settled_s=0, grace_s=0)
    elif what == "rebuild":
        rebuild(scope, dataset)


@pytest.fixture
def cases(database: str) -> Dataset:
    return installed(database)[0]


@given(zone=st.sampled_from(sorted(ZONES)), steps=STEPS)
@settings(
    max_examples=examples(60), deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_any_history_leaves_rows_segments_and_truth_equal(
    cases: Dataset, zone: str, steps: list[tuple[str, Any]]
) -> None:
    scope = make_scope(make_workspace(timezone=zone))
    truth = Truth(ZONES[zone])
    for number, step in enumerate(steps):
        play(scope, cases, truth, number, step)
    assert verify(scope, cases).mismatches == []
    assert state(scope, cases)["rows"] == len(truth.rows)
    for stream, name in enumerate(cases.streams):
        assert _told(scope, cases, stream) == _expected(truth, name)
        assert _told(scope, cases, stream) == _in_sql(scope, cases, name)


def _told(scope: Scope, dataset: Dataset, stream: int) -> list[tuple[Any, ...]]:
    """Colour, person, cost and day-independent facts of every row, as the segments of a stream tell them."""
    rows = content(scope, dataset, stream)
    found = [(row["d:colour"], row["a"], row["m:cost"], row["m:score"], row["p"] is not None) for row in rows]
    return sorted(found, key=repr)


def _expected(truth: Truth, time: str) -> list[tuple[Any, ...]]:
    rows = [row for row in truth.rows.values() if row[time] is not None]
    found = [
        (
            row["colour"], row["person"], None if row["cost"] is None else round(row["cost"] * 100),
            None if row["score"] is None else int(row["score"]), row["lat"] is not None and row["lon"] is not None,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=repr)


def _in_sql(scope: Scope, dataset: Dataset, time: str) -> list[tuple[Any, ...]]:
    select = f"colour, person, (cost * 100)::int8, score::int8, cell IS NOT NULL, {time}"
    return sorted((row[:-1] for row in stored(scope, dataset, select) if row[-1] is not None), key=repr)
