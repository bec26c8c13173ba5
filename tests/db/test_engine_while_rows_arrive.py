"""Do answers stay equal to SQL's while rows are written, merged and counted by others at the same time?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from data.engine import tensor_days, tensor_index, tensor_reads, tensors
from data.engine.answers import answer
from data.engine.days import day_start
from data.engine.tensors import update_tensors
from data.engine.versions import versions
from data.model import Model
from data.types import Filter, MetricQuery, TimeRange
from tests.db.probe import CITIES, EXACT, Writer
from tests.db.test_engine_equals_oracle import assert_same, compact, model, play

pytestmark = pytest.mark.no_cover  # threads that are watched wait for each other most of the time

__all__ = ["model"]
FIRST, LATER = date(2026, 3, 20), datetime(2026, 12, 30, tzinfo=UTC)
COMPARED = 80
PATIENCE_S = 90.0  # for a machine that is very slow; it ends when enough was compared


@dataclass
class Crowd:
    """People who write, tidy up and look, each again and again, until enough was compared or one of them fails."""

    writer: Writer
    chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))
    over: threading.Event = field(default_factory=threading.Event)
    compared: int = 0
    written: int = 0
    read: set[str] = field(default_factory=set)

    def run(self) -> None:
        parts = [self.write, self.tidy, self.reader(11), self.reader(12)]
        with ThreadPoolExecutor(len(parts)) as threads:
            jobs = [threads.submit(self._again, part) for part in parts]
            wait(jobs, PATIENCE_S, "FIRST_COMPLETED")
            self.over.set()
        for job in jobs:
            job.result()

    def _again(self, part: Callable[[], None]) -> None:
        while not self.over.is_set():
            part()

    def write(self) -> None:
        what, n = self.chance.integers(10), int(self.chance.integers(1, 60))
        if what < 6:
            self.writer.write_cases(n, keys=300)
        elif what < 9:
            self.writer.write_events(n)
        else:
            self.writer.delete_cases(self.chance.integers(0, 300, 5).tolist())
        self.written += 1
        self.over.wait(float(self.chance.choice([0.0, 0.05, 0.3])))

    def tidy(self) -> None:
        compact(self.writer.scope, self.writer.model)
        for dataset in self.writer.model.datasets().values():
            update_tensors(self.writer.scope, dataset, LATER)
        self.over.wait(0.1)

    def reader(self, seed: int) -> Callable[[], None]:
        rng = np.random.default_rng(seed)
        return lambda: self.look(question(rng, self.writer))

    def look(self, queries: list[MetricQuery]) -> None:
        scope, model = self.writer.scope, self.writer.model
        ids = [dataset.id for dataset in model.datasets().values()]
        before = versions(scope, ids)
        segments, oracle = (answer(scope, model, queries, LATER, engine) for engine in ("segments", "sql"))
        after = versions(scope, ids)
        if any(before[id].version != after[id].version for id in ids):
            return  # rows came between the two
        for mine, rows, query in zip(segments, oracle, queries, strict=True):
            assert_same(mine, rows, query)
            self.read.update(mine.plan["read"])
            self.compared += 1
        if self.is_enough():
            self.over.set()

    def is_enough(self) -> bool:
        kinds = all(any(what in how for how in set(self.read)) for what in ("sets of people", "tensors"))
        return kinds and self.compared >= COMPARED and self.written > 5


def question(rng: np.random.Generator, writer: Writer) -> list[MetricQuery]:
    tz = writer.scope.workspace.timezone
    first = FIRST + timedelta(days=int(rng.integers(-3, 20)))
    span = TimeRange(day_start(first, tz), day_start(first + timedelta(days=int(rng.integers(1, 20))), tz))
    where = (Filter("city", "in", tuple(rng.choice(CITIES, 2, replace=False).tolist())),) if rng.random() < 0.5 else ()
    by = ((), ("city",), ("city", "colour"))[rng.integers(3)]
    metrics = tuple(dict.fromkeys(rng.choice(EXACT, 4).tolist()))
    return [
        MetricQuery(metrics, span, "day" if rng.random() < 0.4 else None, by, where, "previous"),
        MetricQuery(("people", "opened"), span, where=where, compare="previous"),
    ]


def test_readers_writers_and_tidiers_at_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (tensor_reads, tensors, tensor_days):
        monkeypatch.setattr(module, "LEAST_ROWS", 0)
    monkeypatch.setattr(tensor_index, "_INDEX_FOR_S", 0.2)
    crowd = Crowd(play(model, ("Europe/Berlin", FIRST, 25, 7, [("cases", 300), ("events", 300)])))
    crowd.run()
    assert crowd.is_enough()
