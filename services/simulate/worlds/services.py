"""What does a world of people, programmes and a portal look like?

Stories that other pages can find: family counselling books far ahead, and the further ahead, the fewer come; visitors
from ads leave soon; every 23 days booking runs badly for some hours, and support hears of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from data.model import Pack
from data.types import Workspace
from services.simulate.worlds.daily import DailyWorld
from services.simulate.worlds.portal import STAYS_DAYS, Portal
from services.simulate.worlds.programmes import Programmes
from services.simulate.worlds.tables import Table
from services.simulate.worlds.upkeep import Upkeep


class ServicesWorld(DailyWorld):
    """A programme office with its portal."""

    seed = 4021
    longest_days = 62
    lasting = MappingProxyType({
        "users": STAYS_DAYS, "beneficiaries": STAYS_DAYS, "subscriptions": STAYS_DAYS, "appointments": 60,
        "active_months": 62, "tickets": 45,
    })  # fmt: skip

    def __init__(self, pack: Pack, workspace: Workspace, scale: float) -> None:
        super().__init__(pack, workspace, scale)
        self.portal = Portal(self, self.datasets)
        self.programmes = Programmes(self, self.datasets)
        self.upkeep = Upkeep(self, self.portal, self.datasets)
        makers: dict[str, Callable[[date], Table]] = {
            "users": self.portal.users, "beneficiaries": self.programmes.beneficiaries,
            "appointments": self.programmes.appointments, "active_months": self.portal.months,
            "subscriptions": self.portal.subscriptions, "tickets": self.upkeep.tickets,
        }  # fmt: skip
        self.makers = {name: lru_cache(maxsize=STAYS_DAYS + 400)(make) for name, make in makers.items()}

    def make_day(self, day: date, rng: np.random.Generator) -> list[Table]:
        """Everything that begins on a day."""
        del rng  # each part has randomness of its own
        sessions, activity, converted = self.portal.sessions(day)
        return [
            *self.make_lasting(day, tuple(self.lasting)), sessions, activity, self.portal.payments(day, converted),
            self.programmes.shifts(day), self.programmes.evaluations(day), self.upkeep.checks(day),
        ]  # fmt: skip

    def make_lasting(self, day: date, wanted: Collection[str]) -> list[Table]:
        """What begins on a day and may change long after it."""
        return [make(day) for name, make in self.makers.items() if name in wanted]


def make(pack: Pack, workspace: Workspace, scale: float) -> ServicesWorld:
    """The world of a workspace."""
    return ServicesWorld(pack, workspace, scale)
