"""What does support of the services world have to solve, and how well does its portal run?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from data.model import Dataset
from services.simulate.worlds.daily import DailyWorld
from services.simulate.worlds.draws import NAMES, WAKING, Texts, in_ms, pick, staff_names, table, texts, where
from services.simulate.worlds.portal import Portal
from services.simulate.worlds.tables import HOUR_MS, NEVER, Floats, Ints, Table

TICKETS_A_DAY = 13
WEEK = (1.4, 1.2, 1.1, 1.05, 1.0, 0.6, 0.65)
CATEGORIES = {"Sign-in": 26, "Booking": 22, "Payment": 14, "Documents": 16, "Mobile app": 12, "Other": 10}
TEAMS = {"Sign-in": "Accounts", "Booking": "Front office", "Payment": "Billing", "Mobile app": "Development"}
PRIORITIES = {"critical": 3, "high": 17, "moderate": 55, "low": 25}
HOURS = {"critical": 4.0, "high": 10.0, "moderate": 22.0, "low": 40.0}
PROMISED = {"critical": 12.0, "high": 36.0, "moderate": 96.0, "low": 168.0}
COMPONENTS = {"portal": 70.0, "booking": 110.0, "payments": 190.0, "search": 140.0, "notifications": 45.0}
TROUBLE_EVERY, TROUBLE_HOURS = 23, (10, 15)


def trouble_on(day: date) -> bool:
    """Does booking run badly for some hours of this day?"""
    return day.toordinal() % TROUBLE_EVERY == 5


class Upkeep:
    """Support tickets and checks of the portal."""

    def __init__(self, world: DailyWorld, portal: Portal, datasets: Mapping[str, Dataset]) -> None:
        self.world, self.portal, self.datasets = world, portal, datasets
        self.agents = staff_names(NAMES, 8, 60)

    def tickets(self, day: date) -> Table:
        """What reaches support on a day; more about bookings on the days booking runs badly."""
        rng, start = self.world.rng("tickets", day.toordinal()), self.world.midnight_ms(day)
        bad = trouble_on(day)
        n = int(rng.poisson(TICKETS_A_DAY * self.world.scale * WEEK[day.weekday()] * (1.9 if bad else 1.0)))
        opened = np.sort(start + in_ms(WAKING.hours(rng, n)))
        category = pick(rng, CATEGORIES | ({"Booking": 110} if bad else {}), n)
        priority = pick(rng, PRIORITIES, n)
        usual = table(priority, HOURS)
        hours = np.minimum(usual * rng.lognormal(0, 0.8, n), 24 * 40)
        answered = opened + in_ms(np.minimum(usual * 0.09 * rng.lognormal(0, 0.7, n), hours * 0.8))
        resolved = np.where(rng.random(n) < 0.985, opened + in_ms(hours), NEVER)
        closed = np.where(resolved < NEVER, opened + in_ms(hours + 60 * rng.lognormal(0, 0.2, n)), NEVER)
        in_time = where(hours <= table(priority, PROMISED), "yes", "no")
        answer = np.clip(np.round(4.5 - 0.5 * np.log2(np.maximum(hours / usual, 1)) + rng.normal(0, 0.8, n)), 1, 5)
        about = zip(category, pick(rng, {"how to": 5, "fault": 4, "wish": 1}, n), strict=True)
        columns = {
            "ticket_id": texts(f"t-{day:%y%m%d}-{i:03d}" for i in range(n)), "opened_at": opened,
            "resolved_at": resolved, "first_response_at": answered, "closed_at": closed,
            "category": category, "priority": priority,
            "subcategory": texts(f"{name}, {kind}" for name, kind in about),
            "contact": pick(rng, {"portal": 48, "email": 27, "phone": 25}, n), "made_sla": in_time,
            "team": texts(TEAMS.get(name, "Service desk") for name in category),
            "agent": pick(rng, dict.fromkeys(self.agents, 1.0), n),
            "person": self._people(day, n, rng), "reopens": (rng.random(n) < 0.05).astype(np.float64),
            "reassignments": rng.poisson(0.4, n).astype(np.float64),
            "ticket_satisfaction": np.where(rng.random(n) < 0.35, answer, np.nan),
        }  # fmt: skip
        statuses = [(opened, "new"), (answered, "in progress"), (resolved, "resolved"), (closed, "closed")]
        known = dict.fromkeys(("made_sla", "ticket_satisfaction", "reopens"), resolved) | {"agent": answered}
        return Table(self.datasets["tickets"], opened, columns, known=known, states={"ticket_status": statuses})

    def _people(self, day: date, n: int, rng: np.random.Generator) -> Texts:
        visits = self.portal.visits_of(day)
        known = visits.people.ids[visits.person[visits.person >= 0]]
        return known[rng.integers(0, len(known), n)] if len(known) else texts([None] * n)

    def checks(self, day: date) -> Table:
        """A probe of each component every hour."""
        rng, start = self.world.rng("checks", day.toordinal()), self.world.midnight_ms(day)
        hour = np.repeat(np.arange(24), len(COMPONENTS))
        component = np.tile(np.array(list(COMPONENTS), object), 24)
        n, at = len(hour), start + hour * HOUR_MS + rng.integers(0, 120_000, len(hour))
        load = self._load(hour)
        bad = trouble_on(day) & (component == "booking") & (hour >= TROUBLE_HOURS[0]) & (hour < TROUBLE_HOURS[1])
        up = rng.random(n) >= np.where(bad, 0.3, 0.0012)
        slow = (1 + 0.5 * load**2) * np.where(bad, 6.0, 1.0)
        response = np.round(table(component, COMPONENTS) * slow * rng.lognormal(0, 0.22, n))
        busy = 900 * self.world.scale * load * table(component, {"portal": 3.0, "payments": 0.2})
        requests = rng.poisson(busy).astype(np.float64)
        failures = rng.binomial(requests.astype(np.int64), np.where(bad, 0.12, 0.003)).astype(np.float64)
        memory = 48 + 12 * load + day.toordinal() % 7 * 1.5  # grows until the weekly restart
        pages = np.isin(component, ["portal", "booking", "search"])
        columns = {
            "checked_at": at, "component": component, "answered": where(up, "up", "down"), "requests": requests,
            "failures": failures, "response_ms": np.where(up, response, np.nan),
            "page_load_ms": np.where(up & pages, np.round(response * 7 + 450 + rng.exponential(250, n)), np.nan),
            "cpu_percent": np.round(np.clip(14 + 34 * load + 25 * bad + rng.normal(0, 4, n), 1, 100), 1),
            "memory_percent": np.round(np.clip(memory + rng.normal(0, 2, n), 1, 100), 1),
        }  # fmt: skip
        return Table(self.datasets["checks"], at, columns)

    def _load(self, hour: Ints) -> Floats:
        return np.asarray(0.25 + 0.75 * np.clip(np.sin((hour - 6) / 17 * np.pi), 0, 1), np.float64)
