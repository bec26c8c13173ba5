"""Which answers does this process have already, and who is computing the ones it has not?

A key is text of everything an answer depends on, the versions of its data among it: an entry is never wrong,
only no longer asked for. Equal questions asked at the same time are computed once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from data.engine.plan import Plan
from data.types import MetricResult

MOST_ROWS = 400_000
_ENTRY_ROWS = 20  # what an entry costs beside its rows, in rows
Flight = Future[dict[str, MetricResult]]
"""The answers that one caller is computing, by key."""


def key_of(plan: Plan, place: str, engine: str, versions: dict[str, int]) -> str:
    """The key of a plan's answer. `now` counts by the minute, and only while it lies in the range."""
    span = plan.query.range
    moment = plan.now if span.from_at <= plan.now < span.to_at else plan.now >= span.to_at
    versioned = ",".join(f"{name}:{versions[name]}" for name in sorted(versions))
    return "\n".join((place, engine, versioned, str(moment), plan.asked))


class Results:
    """Answers by key, the ones unused for longest thrown out first; safe for several threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, MetricResult] = OrderedDict()
        self._flights: dict[str, Flight] = {}
        self._lock = threading.Lock()
        self._rows = 0
        self.hits = 0
        self.misses = 0

    def get(
        self, keys: Sequence[str], compute: Callable[[list[int]], list[MetricResult]]
    ) -> list[tuple[MetricResult, bool]]:
        """The answer under each key, and whether it was there already.

        `compute` is called once with the places of those that nobody has or is computing; what it raises reaches
        everyone who waits and is not kept.
        """
        found: dict[int, MetricResult] = {}
        mine: dict[str, list[int]] = {}
        awaited: dict[int, Flight] = {}
        flight: Flight = Future()
        with self._lock:
            for place, key in enumerate(keys):
                held = self._held.get(key)
                if held is not None:
                    self._held.move_to_end(key)
                    found[place] = held
                elif key in mine:
                    mine[key].append(place)
                elif key in self._flights:
                    awaited[place] = self._flights[key]
                else:
                    mine[key] = [place]
                    self._flights[key] = flight
            self.hits += len(keys) - len(mine)
            self.misses += len(mine)
        fresh = self._compute(mine, flight, compute) if mine else {}
        waited = {place: other.result()[keys[place]] for place, other in awaited.items()}
        every = found | fresh | waited
        return [(every[place], place not in fresh) for place in range(len(keys))]

    def _compute(
        self, mine: dict[str, list[int]], flight: Flight, compute: Callable[[list[int]], list[MetricResult]]
    ) -> dict[int, MetricResult]:
        try:
            made = dict(zip(mine, compute([places[0] for places in mine.values()]), strict=True))
        except BaseException as error:
            with self._lock:
                for key in mine:
                    del self._flights[key]
            flight.set_exception(error)
            raise
        with self._lock:
            for key, result in made.items():
                del self._flights[key]
                self._keep(key, result)
        flight.set_result(made)
        return {place: made[key] for key, places in mine.items() for place in places}

    def _keep(self, key: str, result: MetricResult) -> None:
        size = len(result.rows) + _ENTRY_ROWS
        if size > MOST_ROWS // 4:
            return
        self._held[key] = result
        self._rows += size
        while self._rows > MOST_ROWS:
            _, gone = self._held.popitem(last=False)
            self._rows -= len(gone.rows) + _ENTRY_ROWS

    def clear(self) -> None:
        """Forget every answer."""
        with self._lock:
            self._held.clear()
            self._rows = self.hits = self.misses = 0

    def statistics(self) -> dict[str, Any]:
        """Entries, rows, hits and misses since the start."""
        with self._lock:
            return {"entries": len(self._held), "rows": self._rows, "hits": self.hits, "misses": self.misses}


cache = Results()


def forget() -> None:
    """Forget every answer of this process."""
    cache.clear()
