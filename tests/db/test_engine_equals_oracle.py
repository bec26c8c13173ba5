"""Does the engine of segments answer what plain SQL over the rows answers?"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import h3
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data.engine import results
from data.engine.answers import answer
from data.engine.compact import compact_workspace
from data.engine.days import day_start
from data.errors import BadInput
from data.model import Model
from data.types import COMPARES, Filter, MetricQuery, MetricResult, Scope, TimeRange
from tests.db.probe import CITIES, COLOURS, EXACT, PERCENTILES, PLACES, Writer, make_model
from tests.effort import examples
from tests.support import make_scope, make_workspace

pytestmark = pytest.mark.no_cover  # being watched takes a tenth of its time, and every line runs elsewhere too

ZONES = {
    "America/New_York": [date(2026, 3, 7), date(2026, 10, 31)],  # clocks change on the second day
    "Europe/Berlin": [date(2026, 3, 28), date(2026, 10, 24)],
    "America/Sao_Paulo": [date(2018, 11, 3), date(2018, 2, 17)],  # clocks jump over midnight
    "Asia/Kolkata": [date(2024, 2, 27)],
}
FINE = ("minute", "hour")
CHECKS = settings(  # no shrinking: each step would play a history in the database again
    max_examples=examples(16), deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@lru_cache(maxsize=4)
def _model(database: str) -> Model:
    return make_model()


@pytest.fixture(scope="session")
def model(database: str) -> Model:
    return _model(database)


History = tuple[str, date, int, int, list[tuple[str, int]]]


@st.composite
def histories(draw: st.DrawFn) -> History:
    zone = draw(st.sampled_from(sorted(ZONES)))
    steps = st.tuples(st.sampled_from(["cases", "cases", "events", "delete", "compact"]), st.integers(1, 60))
    first, days, seed = draw(st.sampled_from(ZONES[zone])), draw(st.integers(1, 9)), draw(st.integers(0, 2**31))
    return zone, first, days, seed, draw(st.lists(steps, min_size=1, max_size=7))


def play(model: Model, history: History) -> Writer:
    zone, first, days, seed, steps = history
    scope = make_scope(make_workspace(timezone=zone))
    writer = Writer(scope, model, np.random.default_rng(seed), first, days)
    for what, n in steps:
        if what == "cases":
            writer.write_cases(n, keys=40)
        elif what == "events":
            writer.write_events(n)
        elif what == "delete":
            writer.delete_cases(list(range(0, n, 3)))
        else:
            compact(writer.scope, model)
    return writer


AREAS = (
    "[9.9, 48.4, 9.9877, 48.5]", "[170, -1, -170, 1]", "[-80, -40, -60, -30]",
    '{"type": "Polygon", "coordinates": [[[9.98, 48.40], [10.1, 48.40], [10.1, 48.46], [9.98, 48.40]]]}',
)  # fmt: skip
HEXAGONS = tuple(h3.latlng_to_cell(lat, lon, 7) for lat, lon in PLACES[:5])


def compact(scope: Scope, model: Model) -> None:
    for dataset in model.datasets().values():
        compact_workspace(scope, dataset, quiet_s=0, settled_s=0, grace_s=0)


FILTERS = st.lists(
    st.one_of(
        st.builds(
            Filter, st.just("city"), st.sampled_from(["in", "not_in"]),
            st.lists(st.sampled_from([*CITIES, None, "Nowhere"]), min_size=1, max_size=3).map(tuple),
        ),
        st.builds(
            Filter, st.just("colour"), st.sampled_from(["in", "not_in"]),
            st.lists(st.sampled_from([*COLOURS, None, "mauve"]), min_size=1, max_size=3).map(tuple),
        ),
        st.just(Filter("colour", "contains", ("green",))),
        st.just(Filter("colour", "contains", ("ÜND",))),
        st.just(Filter("person", "in", ("p1", "p2", "p3", "p4"))),
        st.sampled_from([Filter("place", "inside", (area,)) for area in AREAS]),
        st.builds(
            Filter, st.just("cell:7"), st.sampled_from(["in", "not_in"]),
            st.lists(st.sampled_from([*HEXAGONS, None, "nowhere"]), min_size=1, max_size=3).map(tuple),
        ),
    ),
    max_size=2, unique_by=lambda f: f.dimension,
).map(tuple)  # fmt: skip


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    by = draw(
        st.sampled_from(
            [
                (),
                (),
                ("city",),
                ("colour",),
                ("city", "colour"),
                ("person",),
                ("late", "person"),
                ("cell:7",),
                ("cell:12",),
                ("cell:4", "city"),
                ("city", "cell:9"),
            ]
        )
    )
    return {
        "metrics": tuple(draw(st.lists(st.sampled_from(EXACT + PERCENTILES), min_size=1, max_size=6, unique=True))),
        "by": by, "where": draw(FILTERS),
        "grain": draw(st.sampled_from([None, "hour", "day", "week", "month", "year"])),
        "compare": draw(st.sampled_from([None, *COMPARES])),
        "top": draw(st.sampled_from([None, 1, 2, 4])) if by else None,
        "exact": True, "offset": draw(st.integers(-30, 200)), "hours": draw(st.integers(1, 240)),
        "aligned": draw(st.booleans()), "now": draw(st.integers(-10, 260)),
    }  # fmt: skip


def query_of(question: dict[str, Any], writer: Writer) -> tuple[MetricQuery, datetime]:
    tz = writer.scope.workspace.timezone
    start = day_start(writer.first, tz)
    span = TimeRange(
        start + timedelta(hours=question["offset"]), start + timedelta(hours=question["offset"] + question["hours"])
    )
    if question["aligned"]:
        first = writer.first + timedelta(days=question["offset"] // 24)
        span = TimeRange(day_start(first, tz), day_start(first + timedelta(days=1 + question["hours"] // 24), tz))
    names = ("metrics", "grain", "by", "where", "compare", "top", "exact")
    now = start + timedelta(hours=question["now"], minutes=7)
    return MetricQuery(range=span, **{n: question[n] for n in names}), now


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        return left is not None and right is not None and math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return bool(left == right)


def assert_same(segments: MetricResult, oracle: MetricResult, query: MetricQuery) -> None:
    assert segments.cannot_tell == oracle.cannot_tell
    assert len(segments.rows) == len(oracle.rows), query
    for left, right in zip(segments.rows, oracle.rows, strict=True):
        assert left.keys() == right.keys()
        wrong = {k: (left[k], right[k]) for k in left if not same(left[k], right[k])}
        assert not wrong, (query, left, wrong)


@CHECKS
@given(history=histories(), asked=st.lists(questions(), min_size=4, max_size=8))
def test_segments_answer_what_sql_answers(model: Model, history: Any, asked: list[dict[str, Any]]) -> None:
    writer = play(model, history)
    for question in asked:
        query, now = query_of(question, writer)
        segments, oracle = (answer(writer.scope, model, [query], now, engine)[0] for engine in ("segments", "sql"))
        assert_same(segments, oracle, query)


@CHECKS
@given(history=histories(), asked=st.lists(questions(), min_size=3, max_size=5))
def test_a_page_answers_what_its_queries_answer_alone(model: Model, history: Any, asked: list[dict[str, Any]]) -> None:
    writer = play(model, history)
    now = datetime(2026, 6, 1, tzinfo=UTC)
    queries = [query_of(question, writer)[0] for question in asked]
    together = answer(writer.scope, model, queries, now)
    results.cache.clear()
    alone = [answer(writer.scope, model, [query], now)[0] for query in queries]
    assert [r.rows for r in together] == [r.rows for r in alone]


@CHECKS
@given(history=histories(), asked=st.lists(questions(), min_size=3, max_size=5))
def test_histogram_percentiles_are_within_one_percent(model: Model, history: Any, asked: list[dict[str, Any]]) -> None:
    writer = play(model, history)
    for question in asked:
        query, now = query_of(question | {"metrics": tuple(PERCENTILES), "exact": False, "top": None}, writer)
        segments, oracle = (answer(writer.scope, model, [query], now, engine)[0] for engine in ("segments", "sql"))
        exact = {key(row, query): row for row in oracle.rows}
        for row in segments.rows:
            for name in PERCENTILES:
                left, right = row[name], exact[key(row, query)][name]
                assert (left is None) == (right is None)
                assert left is None or abs(left - right) <= 0.01 * abs(right)


def key(row: dict[str, Any], query: MetricQuery) -> tuple[Any, ...]:
    return (row.get("bucket"), *(row[name] for name in query.by))


@CHECKS
@given(history=histories(), asked=st.lists(questions(), min_size=3, max_size=5))
def test_compaction_changes_no_answer(model: Model, history: Any, asked: list[dict[str, Any]]) -> None:
    writer = play(model, history)
    now = datetime(2026, 6, 1, tzinfo=UTC)
    queries = [query_of(question, writer)[0] for question in asked]
    before = [r.rows for r in answer(writer.scope, model, queries, now)]
    compact(writer.scope, model)
    results.cache.clear()
    assert [r.rows for r in answer(writer.scope, model, queries, now)] == before


def test_too_many_points_are_refused(model: Model) -> None:
    scope = make_scope(make_workspace())
    span = TimeRange(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
    with pytest.raises(BadInput, match=r"a point a minute makes 84,960"):
        answer(scope, model, [MetricQuery(("opened",), span, "minute")], datetime(2026, 6, 1, tzinfo=UTC))
