"""How is a world told that is made day by day?"""

from __future__ import annotations

import zlib
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from data.engine.batches import Batch
from data.engine.days import day_start, to_ms
from data.model import Dataset, Pack
from data.types import Workspace
from services.simulate.worlds.tables import NAT, Mask, Table, batch_of
from services.simulate.worlds.world import World

_KEPT_DAYS = 400
Selected = Callable[[Table], Mask]


class DailyWorld(World):
    """What begins on each local day is made at once, with its whole future, and kept.

    `longest_days`: nothing happens to a row later than so many days after the day it was made on. Rows of the keyed
    datasets in `lasting` may change for as many days as it says; those that were made so long before the first day
    belong to the history too, because it does not begin with nobody there.
    """

    seed: int
    longest_days: int
    lasting: Mapping[str, int] = MappingProxyType({})

    def __init__(self, pack: Pack, workspace: Workspace, scale: float = 1.0) -> None:
        self.workspace, self.scale = workspace, scale
        self.datasets = {dataset.name: dataset for dataset in pack.datasets}
        self.anchors = pack.datasets
        self.day = lru_cache(maxsize=_KEPT_DAYS)(self._day)

    @abstractmethod
    def make_day(self, day: date, rng: np.random.Generator) -> list[Table]:
        """What begins on a local day: a table for each dataset that has rows."""

    def make_lasting(self, day: date, wanted: Collection[str]) -> list[Table]:
        """Some of the tables of `lasting` as `make_day` makes them; worth its own when that is much cheaper."""
        return [table for table in self.day(day.toordinal()) if table.dataset.name in wanted]

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
        early = self.lasting if first == first_day else {}

        def begun_by_then(table: Table) -> Mask:
            return table.began(NAT if table.dataset.name in early else since_ms, end_ms)

        begun = self._select(first, last, first_day, begun_by_then)
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
        for table in self._tables(first.toordinal(), last.toordinal(), first_day.toordinal()):
            selected = rows(table)
            if selected.any():
                yield table, selected

    def _tables(self, first: int, last: int, first_day: int) -> Iterator[Table]:
        whole = max(first_day, first - self.longest_days - 1)
        for ordinal in range(max(1, min(whole, first - max(self.lasting.values(), default=0) - 1)), whole):
            since_first, since_history = max(first_day, first) - ordinal - 1, first_day - ordinal
            wanted = [name for name, days in self.lasting.items() if since_first <= days >= since_history]
            if wanted:
                yield from self.make_lasting(date.fromordinal(ordinal), wanted)
        for ordinal in range(whole, last + 1):
            yield from self.day(ordinal)

    def _batches(self, selected: Iterator[tuple[Table, Mask]], key: str, now_ms: int) -> list[Batch]:
        parts: dict[str, list[dict[str, object]]] = {name: [] for name in self.datasets}
        for table, rows in selected:
            parts[table.dataset.name].append(table.shown(rows, now_ms))
        batches = (batch_of(dataset, key, parts[name]) for name, dataset in self.datasets.items())
        return [batch for batch in batches if batch is not None]


def _without_rows(dataset: Dataset) -> dict[str, object]:
    none = np.zeros(0, np.int64)
    return Table(dataset, none, {}).shown(np.zeros(0, np.bool_), 0)
