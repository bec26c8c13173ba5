"""A small model and random data that the property tests of the engine share."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import numpy as np

from data.database import transaction
from data.engine.batches import Batch, delete_keys, write_batch
from data.engine.days import day_start, to_ms
from data.model import (
    Condition,
    Dataset,
    Dimension,
    Duration,
    Exposure,
    LimitFlag,
    Measure,
    Metric,
    Model,
    Pack,
    Shape,
    TimeColumn,
)
from data.tables import ensure_dataset, register_dataset
from data.types import Scope

COLOURS = ("red", "green", "blue", "Ünder grün", "GREENISH")
CITIES = ("Ulm", "Bonn", "Kiel")
PLACES = (
    (48.4011, 9.9876), (48.4012, 9.9877), (48.4060, 9.9900), (48.45, 10.05), (-33.45, -70.66), (0.0, 179.9999),
    (0.01, -179.99),
)  # fmt: skip


def _times(*names: str) -> tuple[TimeColumn, ...]:
    return tuple(TimeColumn(name, name) for name in names)


def _dataset(name: str, **parts: Any) -> Dataset:
    return Dataset(
        id=0, pack="probe", name=name, title=name.title(), dimensions=parts.pop("dimensions"),
        actor="person", **parts,
    )  # fmt: skip


CASES = _dataset(
    "cases", kind="keyed", key="case_id", time="opened_at", times=_times("opened_at", "closed_at"),
    dimensions=(Dimension("colour", "Colour"), Dimension("city", "City"), Dimension("late", "Late")),
    measures=(Measure("cost", "Cost", decimals=2), Measure("score", "Score")),
    durations=(Duration("open_time", "Open time", "opened_at", "closed_at"),),
    flags=(LimitFlag("late", "open_time", "colour", (("red", 5.0),), 30.0),), streams=("opened_at", "closed_at"),
    place=True,
)  # fmt: skip
EVENTS = _dataset(
    "events", kind="append", key=None, time="at", times=_times("at"),
    dimensions=(Dimension("kind", "Kind"), Dimension("city", "City")),
    measures=(Measure("amount", "Amount", decimals=1),), durations=(), flags=(), streams=("at",), place=False,
)  # fmt: skip


def _metric(name: str, shape: str, **parts: Any) -> Metric:
    return Metric(
        pack="probe", name=name, title=name, description="", shape=cast(Shape, shape), unit="", format="decimal",
        better="higher", family="business", owner="", **parts,
    )  # fmt: skip


_OPENED: dict[str, Any] = {"dataset": "cases", "at": "opened_at"}
_CLOSED: dict[str, Any] = {"dataset": "cases", "at": "closed_at"}
_DEAR = (Condition("cost", "over", number=10.05), Condition("late", "not_in", ("breached",)))
METRICS = (
    _metric("opened", "count", **_OPENED),
    _metric("closed", "count", **_CLOSED),
    _metric("opened_red", "count", **_OPENED, where=(Condition("colour", "in", ("red", None)),)),
    _metric("dear", "count", **_OPENED, where=_DEAR),
    _metric("cost", "sum", **_OPENED, of="cost"),
    _metric("mean_score", "average", **_OPENED, of="score"),
    _metric("least", "min", **_OPENED, of="cost"),
    _metric("most", "max", **_CLOSED, of="open_time"),
    _metric("people", "distinct", **_OPENED, of="person"),
    _metric("colours", "distinct", **_CLOSED, of="colour"),
    _metric("median", "percentile", **_OPENED, of="cost", q=0.5),
    _metric("wait_90", "percentile", **_CLOSED, of="open_time", q=0.9),
    _metric("breached", "share", **_CLOSED, of="late", limit=Condition("late", "in", ("breached",))),
    _metric("cheap", "share", **_OPENED, of="cost", limit=Condition("cost", "at_most", number=5.0)),
    _metric("closing", "ratio", numerator="closed", denominator="opened"),
    _metric("shut_less_opened", "difference", plus="closed", minus="opened"),
    _metric("over_median", "difference", plus="closing", minus="breached"),
    _metric("backlog", "balance", plus="opened", minus="closed"),
    _metric("backlog_age", "age", of="backlog"),
    _metric("per_head", "rate", of="opened", exposure="heads", per=1000.0),
    _metric("events", "count", dataset="events", at="at"),
    _metric("amount", "sum", dataset="events", at="at", of="amount"),
    _metric("event_people", "distinct", dataset="events", at="at", of="person"),
    _metric("events_per_case", "ratio", numerator="events", denominator="opened"),
)
EXACT = [m.name for m in METRICS if m.shape != "percentile"]
PERCENTILES = [m.name for m in METRICS if m.shape == "percentile"]


def make_model() -> Model:
    """The model, with its tables in the database."""
    installed = []
    for dataset in (CASES, EVENTS):
        ensure_dataset(dataset)
        installed.append(dataclasses.replace(dataset, id=register_dataset("probe", dataset.name, {})))
    heads = Exposure("heads", "Heads", "people", "city", (("Ulm", 1000.0), ("Bonn", 3000.0), ("Nowhere", 500.0)))
    return Model((Pack("probe", "Probe", "", tuple(installed), METRICS, (heads,)),))


@dataclass
class Writer:
    """Writes random batches: new rows, late rows, changes of keyed rows, deletes."""

    scope: Scope
    model: Model
    rng: np.random.Generator
    first: date
    days: int
    batches: int = 0

    def _moments(self, n: int) -> list[datetime]:
        """Random instants to the millisecond, many of them at the edges of local days and hours."""
        tz = self.scope.workspace.timezone
        start, end = (to_ms(day_start(d, tz)) for d in (self.first, self.first + timedelta(days=self.days)))
        chosen = self.rng.integers(start, end, n)
        edges = [to_ms(day_start(self.first + timedelta(days=int(d)), tz)) for d in self.rng.integers(0, self.days, n)]
        near = np.asarray(edges) + self.rng.choice([-1, 0, 1, 3_600_000, 7_199_999], n)
        ms = np.where(self.rng.random(n) < 0.3, near, chosen)
        return [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(m)) for m in ms]

    def _some(self, values: tuple[str, ...], n: int, missing: float) -> list[str | None]:
        picked = self.rng.choice(len(values), n)
        return [None if self.rng.random() < missing else values[i] for i in picked]

    def _numbers(self, n: int, decimals: int, spread: float) -> list[float | None]:
        found = np.round(self.rng.normal(0, 1, n) * 10 ** self.rng.uniform(0, spread, n), decimals)
        return [None if self.rng.random() < 0.2 else float(v) for v in found]

    def _places(self, n: int) -> dict[str, list[float | None]]:
        found = [None if self.rng.random() < 0.2 else PLACES[i] for i in self.rng.choice(len(PLACES), n)]
        return {"lat": [at and at[0] for at in found], "lon": [at and at[1] for at in found]}

    def write_cases(self, n: int, keys: int) -> None:
        """Insert or change cases; keys are drawn from so many, so that later batches change earlier rows."""
        opened = self._moments(n)
        closed = [None if self.rng.random() < 0.4 else self._moments(1)[0] for _ in opened]
        columns = {
            "case_id": [f"c{k}" for k in self.rng.integers(0, keys, n)], "opened_at": opened, "closed_at": closed,
            "colour": self._some(COLOURS, n, 0.1), "city": self._some(CITIES, n, 0.1),
            "person": self._some(tuple(f"p{i}" for i in range(12)), n, 0.1), "cost": self._numbers(n, 2, 3),
            "score": self._numbers(n, 0, 6), "quality": [None] * n, **self._places(n),
        }  # fmt: skip
        self._write("probe.cases", columns)

    def write_events(self, n: int) -> None:
        """Append events."""
        columns = {
            "at": self._moments(n), "kind": self._some(("a", "b"), n, 0.2), "city": self._some(CITIES, n, 0.2),
            "person": self._some(tuple(f"p{i}" for i in range(20)), n, 0.1), "amount": self._numbers(n, 1, 2),
            "quality": [None] * n,
        }  # fmt: skip
        self._write("probe.events", columns)

    def _write(self, dataset: str, columns: dict[str, Any]) -> None:
        self.batches += 1
        with transaction(self.scope) as tx:
            write_batch(tx, self.scope, Batch(self.model.datasets()[dataset], f"b{self.batches}", columns))

    def delete_cases(self, keys: list[int]) -> None:
        """Delete cases."""
        with transaction(self.scope) as tx:
            delete_keys(tx, self.scope, self.model.datasets()["probe.cases"], [f"c{k}" for k in keys])
