"""Is whoever waits for new data woken by its commit, and is the next answer the new one?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import numpy as np
import pytest

from data.engine import listen
from data.engine.answers import answer
from data.model import Model
from data.types import MetricQuery, TimeRange
from tests.db.probe import Writer
from tests.db.test_engine_equals_oracle import model
from tests.running import PATIENCE_S, eventually
from tests.support import make_scope, make_workspace

__all__ = ["model"]
SPAN = TimeRange(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def listening(model: Model) -> Iterator[None]:
    listen.start()
    assert eventually(listen.is_up)
    yield
    listen.stop()


@pytest.mark.usefixtures("listening")
def test_a_commit_wakes_those_who_wait(model: Model) -> None:
    writer = Writer(make_scope(make_workspace()), model, np.random.default_rng(1), date(2026, 3, 5), 3)
    events, place = model.datasets()["probe.events"].id, writer.scope.workspace.id
    query = MetricQuery(("events",), SPAN)
    with ThreadPoolExecutor(1) as pool:
        for number in range(1, 4):
            waiting = pool.submit(listen.wait_for_change, place, {events: number - 1}, PATIENCE_S)
            writer.write_events(5)
            assert waiting.result()
            assert answer(writer.scope, model, [query], NOW)[0].rows == [{"events": 5 * number}]


@pytest.mark.usefixtures("listening")
def test_waiting_ends_when_nothing_happens(model: Model) -> None:
    assert not listen.wait_for_change(make_workspace().id, {model.datasets()["probe.events"].id: 0}, 0.05)
