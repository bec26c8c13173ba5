"""Does every pack keep what pages, engine and API rely on?"""

from __future__ import annotations

import csv
import math
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from data.engine.answers import answer
from data.engine.compact import compact_workspace
from data.engine.verify import verify
from data.model import Pack
from data.settings import ROOT
from data.types import MetricQuery, MetricResult, Scope, TimeRange
from services.ingest import choose_mapping, import_file, open_source
from services.model import current, enable_pack, find_dataset, load_pack, packs_of
from services.packs import check_pack
from services.packs.catalogue import base_dataset
from services.simulate import get_simulator, has_simulator, write_history
from tests.packs.worlds import frame
from tests.support import make_scope, make_workspace

pytestmark = pytest.mark.no_cover  # being watched takes a third of its time, and every line runs elsewhere too
FOLDERS = {path.parent.name: path.parent for path in sorted((ROOT / "data" / "packs").glob("*/pack.yaml"))}
NAMES = list(FOLDERS)
SIMULATED = [name for name, folder in FOLDERS.items() if has_simulator(load_pack(folder), folder)]
NOW = datetime(2026, 4, 8, 15, 30, tzinfo=UTC)


@cache
def pack_of(name: str) -> Pack:
    return load_pack(FOLDERS[name])


def samples(name: str) -> list[Path]:
    return sorted((FOLDERS[name] / "sample").glob("*.csv"))


@pytest.fixture
def filled(scope: Scope, request: pytest.FixtureRequest) -> Pack:
    """The pack with its sample rows imported into a workspace of its own."""
    for path in samples(request.param):
        import_file(scope, f"{request.param}.{path.stem}", path, None, None, NOW)
    return pack_of(request.param)


def test_there_are_packs_to_look_at() -> None:
    assert "grievance" in NAMES and "grievance" in SIMULATED


@pytest.mark.parametrize("name", NAMES)
def test_every_part_of_it_is_right(name: str) -> None:
    checked = check_pack(name)
    assert checked.problems == () and checked.samples == len(checked.pack.datasets)


@pytest.mark.parametrize("name", NAMES)
def test_every_column_and_metric_is_explained(name: str) -> None:
    pack = pack_of(name)
    for dataset in pack.datasets:
        parts = (dataset, *dataset.times, *dataset.dimensions, *dataset.measures, *dataset.durations)
        assert [part.name for part in parts if not part.description] == []
    for metric in pack.metrics:
        assert metric.description.endswith(".") and metric.owner and metric.unit, metric.name


@pytest.mark.parametrize("name", NAMES)
def test_every_family_that_live_shows_has_metrics_and_some_have_targets(name: str) -> None:
    pack = pack_of(name)
    assert {metric.family for metric in pack.metrics} == {"business", "operational", "technical", "experience"}
    assert sum(metric.target is not None for metric in pack.metrics) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_its_sample_names_the_columns_of_the_dataset(name: str) -> None:
    for path in samples(name):
        dataset = next(d for d in pack_of(name).datasets if d.name == path.stem)
        mapping = choose_mapping(open_source(path), dataset)
        assert {dataset.time, dataset.key or dataset.time} <= {column.target for column in mapping.columns}


@pytest.mark.parametrize("name", NAMES)
def test_its_sample_rows_come_in_whole_and_only_once(name: str, scope: Scope) -> None:
    for path in samples(name):
        with path.open(newline="") as rows:
            expected = sum(1 for _ in csv.DictReader(rows))
        dataset = find_dataset(current(), f"{name}.{path.stem}")
        first, again = (import_file(scope, dataset.qualified, path, None, None, NOW) for _ in range(2))
        assert (first.read, first.inserted, first.rejected, first.flagged) == (expected, expected, 0, 0)
        assert (again.inserted, again.updated, again.rejected) == (0, 0, 0)
        assert verify(scope, dataset).mismatches == []
    assert [pack.name for pack in packs_of(scope)] == [name]


@pytest.mark.parametrize("filled", NAMES, indirect=True)
def test_every_metric_has_the_same_answer_by_engine_and_by_sql(filled: Pack, scope: Scope) -> None:
    model, span = current(), TimeRange(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    for dataset in filled.datasets:
        compact_workspace(scope, find_dataset(model, f"{filled.name}.{dataset.name}"))
        first = next((d.name for d in dataset.dimensions if d.leaderboard and not d.personal), None)
        metrics = tuple(m.qualified for m in filled.metrics if base_dataset(filled, m) == dataset.name)
        queries = [
            MetricQuery(metrics, span, exact=True),
            MetricQuery(metrics, span, grain="week", exact=True),
            MetricQuery(metrics, span, by=(first,) if first else (), exact=True),
        ]
        pairs = zip(answer(scope, model, queries, NOW), answer(scope, model, queries, NOW, "sql"), strict=True)
        for ours, theirs in pairs:
            assert_same(ours, theirs)


def assert_same(ours: MetricResult, theirs: MetricResult) -> None:
    assert len(ours.rows) == len(theirs.rows) > 0
    assert ours.cannot_tell == theirs.cannot_tell
    for mine, other in zip(ours.rows, theirs.rows, strict=True):
        assert mine.keys() == other.keys()
        for name, value in mine.items():
            same = value == other[name] or (isinstance(value, float) and math.isclose(value, other[name], rel_tol=1e-9))
            assert same, (name, mine, other)


@pytest.mark.parametrize("name", SIMULATED)
def test_every_metric_says_something_about_made_up_rows(name: str, database: str) -> None:
    scope = make_scope(make_workspace(f"told-{name}"))  # each workspace has other made-up rows
    enable_pack(scope, name)
    list(write_history(scope, name, 40, NOW))
    metrics = tuple(metric.qualified for metric in pack_of(name).metrics)
    found = answer(scope, current(), [MetricQuery(metrics, TimeRange(NOW - timedelta(days=40), NOW))], NOW)[0]
    assert found.cannot_tell == {}
    assert [metric for metric in metrics if not found.rows[0][metric]] == []


@pytest.mark.parametrize("name", SIMULATED)
def test_made_up_rows_keep_to_the_closed_lists_and_the_bounds(name: str, scope: Scope) -> None:
    first = NOW.date() - timedelta(days=20)
    batches = get_simulator(scope.workspace, name).history(first, NOW.date(), NOW, "key", first)
    assert [batch.dataset.name for batch in batches if batch.size] == [d.name for d in pack_of(name).datasets]
    for batch in batches:
        rows = frame(batch)
        for dimension in batch.dataset.dimensions:
            if dimension.values and dimension.name in rows:
                assert set(rows[dimension.name].dropna()) <= set(dimension.values), dimension.name
        for measure in batch.dataset.measures:
            low = -math.inf if measure.minimum is None else measure.minimum
            high = math.inf if measure.maximum is None else measure.maximum
            found = rows[measure.name].astype(float).dropna()
            assert found.between(low, high).all() and len(found), measure.name
        for exposure in pack_of(name).exposures:
            if exposure.dimension in rows:
                assert set(rows[exposure.dimension].dropna()) <= dict(exposure.amounts).keys()
