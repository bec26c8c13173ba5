"""What happens in a made-up installation of this application?

Three stories repeat: days on which questions are slow, a webhook that fails, and a night on which somebody guesses
passwords.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.model import Pack
from data.types import Workspace
from services.simulate.worlds.daily import DailyWorld
from services.simulate.worlds.draws import Rhythm, pick
from services.simulate.worlds.tables import HOUR_MS, Table

_OFFICE = Rhythm({0: 0.3, 5: 0.3, 7: 2, 9: 9, 12: 7, 13.5: 8, 16: 8, 18: 3, 21: 1.2, 23: 0.5})
_WEEK = (1.12, 1.1, 1.08, 1.05, 1.0, 0.28, 0.22)
_PEOPLE = 60
SLOW_EVERY, SLOW_DAYS = 40, 3
BROKEN_EVERY, BROKEN_DAYS = 29, 2
GUESSED_EVERY = 33
_ROUTES = {
    "page": 30.0, "/api/v1/query": 26.0, "/api/v1/metrics": 8.0, "/api/v1/ingest/{dataset}": 24.0,
    "/api/v1/rows/{dataset}": 6.0, "/login": 4.0, "/api/v1/health": 2.0,
}  # fmt: skip
_ROUTE_MS = {"page": 38.0, "/api/v1/query": 24.0, "/api/v1/ingest/{dataset}": 16.0, "/api/v1/rows/{dataset}": 55.0}
_JOBS = {"demo-stream": 1400.0, "imports": 300.0, "tensors": 900.0, "tidy": 40.0, "daily-report": 5200.0}
_COMPONENTS = ("database", "worker", "disk", "queue", "requests", "processor")


def _is_on(day: date, every: int, days: int = 1) -> bool:
    return day.toordinal() % every < days


class SystemWorld(DailyWorld):
    """One installation over its days; every row is complete when it appears."""

    seed = 8501
    longest_days = 0

    def make_day(self, day: date, rng: np.random.Generator) -> list[Table]:
        """Everything of a day."""
        level = _WEEK[day.weekday()] * self.scale * float(rng.lognormal(0, 0.06))
        tables = [self._requests(day, level, rng), self._questions(day, level, rng), self._jobs(day, rng)]
        tables += [self._deliveries(day, level, rng), self._sign_ins(day, level, rng), self._views(day, level, rng)]
        tables += [self._exports(day, level, rng), self._errors(day, rng), self._caches(day, level, rng)]
        tables += [self._resources(day, level, rng), self._checks(day, rng)]
        return [table for table in tables if table.n]

    def _table(self, name: str, day: date, hours: NDArray[np.float64], columns: Mapping[str, Any]) -> Table:
        order = np.argsort(hours, kind="stable")
        start, end = self.midnight_ms(day), self.midnight_ms(date.fromordinal(day.toordinal() + 1)) - 1
        at = np.minimum(start + (hours[order] * HOUR_MS).astype(np.int64), end)
        return Table(self.datasets[name], at, {"occurred_at": at, **{k: v[order] for k, v in columns.items()}})

    def _requests(self, day: date, level: float, rng: np.random.Generator) -> Table:
        n = int(rng.poisson(300 * level))
        route = pick(rng, _ROUTES, n)
        usual = np.array([_ROUTE_MS.get(one, 12.0) for one in route])
        slower = 3.5 if _is_on(day, SLOW_EVERY, SLOW_DAYS) else 1.0
        stuck = np.where(rng.random(n) < 0.01, 30.0, 1.0)
        outcome = pick(rng, {"answered": 940, "redirected": 30, "refused": 22, "failed": 4, "given up": 4}, n)
        status = {"answered": "200", "redirected": "303", "refused": "403", "failed": "500", "given up": "499"}
        posts = ("/api/v1/query", "/api/v1/ingest/{dataset}")
        return self._table("requests", day, _OFFICE.hours(rng, n), {
            "method": np.array(["POST" if one in posts else "GET" for one in route], object), "route": route,
            "outcome": outcome, "status": np.array([status[one] for one in outcome], object),
            "process": _same("web", n), "ms": np.round(usual * slower * stuck * rng.lognormal(0, 0.9, n), 1),
            "account": _people(rng, n),
        })  # fmt: skip

    def _questions(self, day: date, level: float, rng: np.random.Generator) -> Table:
        n = int(rng.poisson(150 * level))
        slower = 4.0 if _is_on(day, SLOW_EVERY, SLOW_DAYS) else 1.0
        return self._table("questions", day, _OFFICE.hours(rng, n), {
            "engine": pick(rng, {"segments": 0.985, "sql": 0.015}, n), "process": _same("web", n),
            "asked_from": pick(rng, {"Live": 6, "API": 3, "command": 0.4}, n),
            "outcome": pick(rng, {"answered": 0.997, "failed": 0.003}, n),
            "ms": np.round(14 * slower * rng.lognormal(0, 0.8, n), 1),
            "metrics": rng.integers(1, 60, n).astype(np.float64),
        })  # fmt: skip

    def _jobs(self, day: date, rng: np.random.Generator) -> Table:
        n = 96
        job = pick(rng, dict.fromkeys(_JOBS, 1.0), n)
        return self._table("jobs", day, np.arange(n) / 4 + 0.01, {
            "job": job, "outcome": pick(rng, {"done": 0.985, "failed": 0.015}, n), "process": _same("worker", n),
            "ms": np.round([_JOBS[one] for one in job] * rng.lognormal(0, 0.5, n), 1),
        })  # fmt: skip

    def _deliveries(self, day: date, level: float, rng: np.random.Generator) -> Table:
        n = int(rng.poisson(22 * level)) + 1
        channel = pick(rng, {"mail": 9, "webhook": 5, "inbox": 6, "chat": 3}, n)
        broken = (channel == "webhook") & _is_on(day, BROKEN_EVERY, BROKEN_DAYS)
        fails = rng.random(n) < np.where(broken, 0.75, 0.015)
        return self._table("deliveries", day, _OFFICE.hours(rng, n), {
            "channel": channel, "about": pick(rng, {"alert": 7, "report": 3, "invitation": 1}, n),
            "outcome": np.where(fails, pick(rng, {"failed": 1, "retried": 2}, n), "delivered").astype(object),
            "ms": np.round(240 * rng.lognormal(0, 0.8, n), 1), "attempt": np.where(fails, rng.integers(1, 4, n), 1.0),
            "recipient": _people(rng, n),
        })  # fmt: skip

    def _sign_ins(self, day: date, level: float, rng: np.random.Generator) -> Table:
        n = int(rng.poisson(16 * level)) + 1
        hours, outcome = _OFFICE.hours(rng, n), pick(rng, {"let in": 0.9, "refused": 0.1}, n)
        account = _people(rng, n)
        if _is_on(day, GUESSED_EVERY):
            hours = np.concatenate([hours, np.sort(rng.uniform(2, 3.5, 90))])
            outcome = np.concatenate([outcome, pick(rng, {"refused": 0.3, "held back": 0.7}, 90)])
            account = np.concatenate([account, pick(rng, {"admin": 8, "root": 1, "test": 1}, 90)])
        via = pick(rng, {"password": 0.96, "link": 0.04}, len(hours))
        return self._table("sign_ins", day, hours, {"via": via, "outcome": outcome, "account": account})

    def _views(self, day: date, level: float, rng: np.random.Generator) -> Table:
        n = int(rng.poisson(85 * level)) + 1
        return self._table("page_views", day, _OFFICE.hours(rng, n), {
            "page": pick(rng, {"Live metrics": 12, "Data": 3, "People": 1, "Audit": 0.5, "Account": 0.8}, n),
            "workspace": pick(rng, {"riverton": 6, "demo-county": 3, "county-water": 3}, n),
            "account": _people(rng, n),
        })  # fmt: skip

    def _exports(self, day: date, level: float, rng: np.random.Generator) -> Table:
        n = int(rng.poisson(4 * level))
        rows = np.round(rng.lognormal(7.5, 1.4, n))
        return self._table("exports", day, _OFFICE.hours(rng, n), {
            "form": pick(rng, {"csv": 7, "json": 1, "parquet": 2}, n),
            "dataset": pick(rng, {"grievance.complaints": 5, "water.readings": 3}, n),
            "outcome": pick(rng, {"done": 0.98, "failed": 0.02}, n), "rows": rows,
            "ms": np.round(60 + rows / 40 * rng.lognormal(0, 0.3, n), 1), "account": _people(rng, n),
        })  # fmt: skip

    def _errors(self, day: date, rng: np.random.Generator) -> Table:
        n = int(rng.poisson(6 if _is_on(day, BROKEN_EVERY, BROKEN_DAYS) else 1.2))
        return self._table("errors", day, rng.uniform(0, 24, n), {
            "component": pick(rng, {"services.jobs": 5, "services.api": 3, "components.states": 2}, n),
            "error": pick(rng, {"TimeoutError": 5, "DatabaseDown": 2, "ValueError": 1}, n),
            "process": pick(rng, {"web": 1, "worker": 1}, n),
        })  # fmt: skip

    def _caches(self, day: date, level: float, rng: np.random.Generator) -> Table:
        n = 48
        lookups = rng.poisson(40 * level, n).astype(np.float64) + 1
        hits = np.floor(lookups * rng.uniform(0.55, 0.9, n))
        columns = {"cache": _same("answers", n), "process": _same("web", n)}
        return self._table("caches", day, np.arange(n) / 2, columns | {
            "hits": hits, "misses": lookups - hits, "lookups": lookups,
        })  # fmt: skip

    def _resources(self, day: date, level: float, rng: np.random.Generator) -> Table:
        n = 96
        busy = np.clip(8 + 30 * level * np.sin(np.arange(n) / n * np.pi) + rng.normal(0, 5, n), 1, 97)
        disk = 41 + (day.toordinal() % 180) * 0.11
        used = np.clip(48 + rng.normal(0, 3, n), 20, 96)
        return self._table("resources", day, np.arange(n) / 4, {
            "process": np.where(np.arange(n) % 2 == 0, "web", "worker").astype(object), "cpu": np.round(busy * 0.8, 1),
            "memory_mb": np.round(520 + rng.normal(0, 40, n), 1), "host_cpu": np.round(busy, 1),
            "host_memory": np.round(used, 1), "disk": np.full(n, round(disk, 1)),
            "disk_free_gb": np.full(n, round((100 - disk) * 2, 1)),
            "threads": np.full(n, 24.0), "dropped": np.zeros(n),
        })  # fmt: skip

    def _checks(self, day: date, rng: np.random.Generator) -> Table:
        n = 24 * len(_COMPONENTS)
        component = np.array(_COMPONENTS * 24, object)
        troubled = np.isin(component, ("requests", "processor")) & _is_on(day, SLOW_EVERY, SLOW_DAYS)
        state = pick(rng, {"healthy": 0.985, "warning": 0.011, "critical": 0.003, "down": 0.001}, n)
        state = np.where(troubled & (rng.random(n) < 0.6), pick(rng, {"warning": 2, "critical": 1}, n), state)
        return self._table("checks", day, np.repeat(np.arange(24.0), len(_COMPONENTS)) + 0.02, {
            "component": component, "state": state.astype(object),
        })  # fmt: skip


def _same(text: str, n: int) -> NDArray[Any]:
    return np.full(n, text, object)


def _people(rng: np.random.Generator, n: int) -> NDArray[Any]:
    """Accounts; some people work with it every day, most now and then."""
    names = np.array([f"p-{number:02d}" for number in range(_PEOPLE)], object)
    return np.asarray(names[(_PEOPLE * rng.random(n) ** 2).astype(np.int64)])


def make(pack: Pack, workspace: Workspace, scale: float) -> SystemWorld:
    """The world for a workspace."""
    return SystemWorld(pack, workspace, scale)
