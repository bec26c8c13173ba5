"""What must anything be able to do that makes up a pack's data?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from data.engine.batches import Batch
from data.engine.days import day_start
from data.model import Dataset
from data.types import Workspace


class World(ABC):
    """The made-up world of one workspace. The same workspace and span give the same rows.

    `anchors` are the datasets under whose batch keys it is remembered how far the world is written: each transaction
    writes to at least one of them.
    """

    workspace: Workspace
    anchors: tuple[Dataset, ...]

    @abstractmethod
    def history(self, first: date, last: date, until: datetime, key: str, first_day: date) -> list[Batch]:
        """What happened on the days from `first` to `last`, to what began on `first_day` or later; things that change
        as they stand at `until`. One batch at least goes to an anchor, with rows or without."""

    @abstractmethod
    def since(self, since: datetime, now: datetime, key: str, first: date = date.min) -> list[Batch]:
        """What happened in (since, now] to what began on `first` or later; no batch without rows."""

    def local_day(self, instant: datetime) -> date:
        """The day it is then in the workspace."""
        return instant.astimezone(ZoneInfo(self.workspace.timezone)).date()

    def before(self, day: date) -> datetime:
        """The last millisecond before a local day."""
        return day_start(day, self.workspace.timezone) - timedelta(milliseconds=1)

    def end_of(self, last: date, until: datetime) -> datetime:
        """The end of a day, or `until` on the day it falls on."""
        return until if last >= self.local_day(until) else self.before(last + timedelta(days=1))
