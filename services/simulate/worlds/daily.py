"""How is a world told that is made day by day?"""

from __future__ import annotations

import zlib
from abc import abstractmethod
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from data.engine.batches import Batch
from data.engine.days import day_start, to_ms
from data.model import Dataset, Pack
from data.types import Workspace
from services.simulate.worlds.tables import Mask, Table, batch_of
from services.simulate.worlds.world import World

_KEPT_DAYS = 400
Selected = Callable[[Table], Mask]


class DailyWorld(World):
    """What begins on each local day is made at once, with its whole future, and kept.

    `longest_days`: nothing happens to a row later than so many days after the day it was made on.
    """

    seed: int
    longest_days: int

    def __init__(self, pack: Pack, workspace: Workspace, scale: float = 1.0) -> None:
        self.workspace, self.scale = workspace, scale
        self.datasets = {dataset.name: dataset for dataset in pack.datasets}
        self.anchors = pack.datasets
        self.day = lru_cache(maxsize=_KEPT_DAYS)(self._day)

    @abstractmethod
    def make_day(self, day: date, rng: np.random.Generator) -> list[Table]:
        """What begins on a local day: a table for each dataset that has rows."""

    def _day(self, ordinal: int) -> list[Table]:
        return self.make_day(date.fromordinal(ordinal), self.rng("day", ordinal))

    def rng(self, *about: str | int) -> np.random.Generator:
        """Randomness that is the same for the same workspace and subject."""
        parts = [zlib.crc32(part.encode()) if isinstance(part, str) else part for part in about]
        return np.random.default_rng([self.seed, zlib.crc32(self.workspace.slug.encode()), *parts])

    def midnight_ms(self, day: date) -> int:
        """The first instant of a local day in UTC milliseconds."""
        return to_ms(day_start(day, self.workspace.timezone))

    def history(self, first: date, last: date, until: datetime, key: str, first_day: date) -> list[Batch]:
        """Rows that came to exist on these days; keyed ones as they stand at `until`."""
        since_ms, end_ms = to_ms(self.before(first)), to_ms(self.end_of(last, until))
        begun = self._select(first, last, first_day, lambda table: table.began(since_ms, end_ms))
        found = self._batches(begun, key, to_ms(until))
        anchor = self.anchors[0]
        if any(batch.dataset is anchor for batch in found):
            return found
        return [Batch(anchor, key, _without_rows(anchor)), *found]

    def since(self, since: datetime, now: datetime, key: str, first: date = date.min) -> list[Batch]:
        """Rows that came or changed in (since, now]."""
        since_ms, now_ms = to_ms(since), to_ms(now)
        days = self.local_day(since), self.local_day(now)
        return self._batches(self._select(*days, first, lambda t: t.touched(since_ms, now_ms)), key, now_ms)

    def _select(self, first: date, last: date, first_day: date, rows: Selected) -> Iterator[tuple[Table, Mask]]:
        earliest = max(first_day.toordinal(), first.toordinal() - self.longest_days - 1)
        for ordinal in range(earliest, last.toordinal() + 1):
            for table in self.day(ordinal):
                selected = rows(table)
                if selected.any():
                    yield table, selected

    def _batches(self, selected: Iterator[tuple[Table, Mask]], key: str, now_ms: int) -> list[Batch]:
        parts: dict[str, list[dict[str, object]]] = {name: [] for name in self.datasets}
        for table, rows in selected:
            parts[table.dataset.name].append(table.shown(rows, now_ms))
        batches = (batch_of(dataset, key, parts[name]) for name, dataset in self.datasets.items())
        return [batch for batch in batches if batch is not None]


def _without_rows(dataset: Dataset) -> dict[str, object]:
    none = np.zeros(0, np.int64)
    return Table(dataset, none, {}).shown(np.zeros(0, np.bool_), 0)


def days_between(first: date, last: date) -> list[date]:
    """The days from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
