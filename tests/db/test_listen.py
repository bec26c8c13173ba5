"""Is a commit heard by whoever listens, and is the next answer the new one?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from queue import SimpleQueue
from threading import Event, Thread

import numpy as np
import pytest

from data.engine.answers import answer
from data.listening import Changed, changes
from data.model import Model
from data.types import MetricQuery, TimeRange
from tests.db.probe import Writer
from tests.db.test_engine_equals_oracle import model
from tests.running import PATIENCE_S
from tests.support import make_scope, make_workspace

__all__ = ["model"]
SPAN = TimeRange(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def heard(model: Model) -> Iterator[SimpleQueue[Changed]]:
    stop, is_up, found = Event(), Event(), SimpleQueue[Changed]()

    def listen() -> None:
        for change in changes(stop):
            if isinstance(change, Changed):
                found.put(change)
            elif change.is_up:
                is_up.set()

    thread = Thread(target=listen, daemon=True)
    thread.start()
    assert is_up.wait(PATIENCE_S)
    yield found
    stop.set()
    thread.join(PATIENCE_S)


def test_a_commit_is_heard_and_the_next_answer_is_the_new_one(model: Model, heard: SimpleQueue[Changed]) -> None:
    writer = Writer(make_scope(make_workspace()), model, np.random.default_rng(1), date(2026, 3, 5), 3)
    events, place = model.datasets()["probe.events"].id, writer.scope.workspace.id
    query = MetricQuery(("events",), SPAN)
    for number in range(1, 4):
        writer.write_events(5)
        assert heard.get(timeout=PATIENCE_S) == Changed(place, events, number)
        assert answer(writer.scope, model, [query], NOW)[0].rows == [{"events": 5 * number}]
    assert heard.empty()
