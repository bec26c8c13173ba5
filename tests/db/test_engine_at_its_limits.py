"""Do sealed segments, little memory, dimensions with many values and merged segments leave the answers as they are?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from data.engine import columns, manifest, results, running, scan
from data.engine.answers import answer
from data.errors import BadInput
from data.model import Model
from data.types import Filter, MetricQuery, TimeRange
from tests.db.probe import EXACT, PERCENTILES, Writer
from tests.db.test_engine_equals_oracle import assert_same, compact, model
from tests.support import make_scope, make_workspace

__all__ = ["model"]
SPAN = TimeRange(datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC))
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ALL = tuple(EXACT + PERCENTILES)
QUESTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"grain": "hour", "where": (Filter("city", "in", ("Ulm", None)),)},
    {"by": ("city", "colour"), "compare": "previous"},
    {"by": ("person",), "grain": "day"},
    {"by": ("person",), "top": 3, "grain": "day"},
    {"by": ("colour", "person"), "top": 5},
)


@pytest.fixture(scope="module")
def writer(model: Model) -> Writer:
    """Enough rows of few days for sealed segments, some of them changed and deleted after they were merged."""
    made = Writer(make_scope(make_workspace()), model, np.random.default_rng(5), date(2026, 3, 6), 2)
    made.write_events(16_000)
    made.write_cases(20_000, keys=18_000)
    compact(made.scope, model)
    made.write_cases(500, keys=18_000)
    made.delete_cases(list(range(0, 3000, 7)))
    return made


def check(writer: Writer) -> None:
    for question in QUESTIONS:
        query = MetricQuery(ALL, SPAN, exact=True, **question)
        results.forget()
        segments, oracle = (answer(writer.scope, writer.model, [query], NOW, e)[0] for e in ("segments", "sql"))
        assert_same(segments, oracle, query)


def test_sealed_segments_with_changed_rows(writer: Writer) -> None:
    assert any(len(s.ids) and not s.packed.all() for s in _streams(writer))
    assert any(s.negatives.any() for s in _streams(writer))
    check(writer)


def _streams(writer: Writer) -> list[manifest.Stream]:
    from data.engine.sources import Source

    found = []
    for dataset in writer.model.datasets().values():
        with Source(writer.scope, dataset) as source:
            found += list(source.manifest.streams.values())
    return found


def test_little_memory(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (running, scan):
        monkeypatch.setattr(module, "BUDGET", 20_000)
    check(writer)


def test_rows_that_are_handed_out_one_by_one(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (running, scan):
        monkeypatch.setattr(module, "BUDGET", 100)
    check(writer)


def test_dimensions_whose_groups_are_counted_first(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MOST_DENSE", 2)
    check(writer)


def test_one_thread_and_two_agree(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "TWO_THREADS_ROWS", 10)
    check(writer)


def test_a_small_cache_only_costs_time(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    columns.cache.clear()
    monkeypatch.setattr(columns.cache, "budget", lambda: 10_000)
    check(writer)
    assert columns.cache.bytes < 200_000


def test_segments_that_are_merged_and_deleted_under_a_reader(writer: Writer) -> None:
    query = MetricQuery(("opened", "people"), SPAN)
    before = answer(writer.scope, writer.model, [query], NOW)[0].rows
    compact(writer.scope, writer.model)
    columns.cache.clear()
    results.forget()
    assert answer(writer.scope, writer.model, [query], NOW)[0].rows == before


def test_too_many_rows_to_hand_out_are_refused(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    from data.engine import operations

    monkeypatch.setattr(running, "BUDGET", 10)
    monkeypatch.setattr(scan, "BUDGET", 10)
    monkeypatch.setattr(operations, "MOST_EXTRACTED", 10)
    with pytest.raises(BadInput, match="too many groups"):
        answer(writer.scope, writer.model, [MetricQuery(("people",), SPAN, by=("city",))], NOW)


def test_too_many_cells_are_refused(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "_MOST_CELLS", 100)
    with pytest.raises(BadInput, match=r"person over \d+ buckets make"):
        answer(writer.scope, writer.model, [MetricQuery(("opened",), SPAN, "hour", ("person",))], NOW)
