"""What datasets does a workspace hold, how fresh are they, and what does each column mean?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from data.model import Band, Dataset, Dimension, Match, Measure, Range
from services.formats import hours


@dataclass(frozen=True, slots=True)
class Described:
    """One column of a dataset, for people: `kind` says how it is used, `detail` its unit, limits or values."""

    column: str
    title: str
    kind: str
    description: str
    detail: str


def dataset_titles(datasets: Mapping[str, Dataset]) -> dict[str, str]:
    """What people call each dataset, by qualified name; with the name of its pack where two have the same title."""
    twice = Counter(dataset.title for dataset in datasets.values())
    return {n: f"{d.title} ({d.pack})" if twice[d.title] > 1 else d.title for n, d in datasets.items()}


def dictionary(dataset: Dataset) -> tuple[Described, ...]:
    """Every column of a dataset in table order, durations and flags included."""
    rows = [*_key_and_times(dataset), *(_dimension(dataset, d) for d in dataset.dimensions)]
    if dataset.actor:
        rows.append(Described(dataset.actor, dataset.actor.capitalize(), "actor", "Who is behind the row.", "personal"))
    rows += [Described(m.name, m.title, "measure", m.description, _limits(m)) for m in dataset.measures]
    rows += [
        Described(d.name, d.title, "derived", d.description, f"{d.from_time} to {d.to_time}") for d in dataset.durations
    ]
    if dataset.place:
        rows.append(Described("lat, lon", "Place", "place", "Where it is, in degrees.", ""))
    return tuple(rows)


def _key_and_times(dataset: Dataset) -> list[Described]:
    rows = []
    if dataset.kind == "keyed" and dataset.key:
        title = dataset.key.replace("_", " ").capitalize()
        rows.append(Described(dataset.key, title, "key", "Finds the row again when it changes.", ""))
    for time in dataset.times:
        detail = "orders the rows" if time.name == dataset.time else ""
        rows.append(Described(time.name, time.title, "time", time.description, detail))
    return rows


def _dimension(dataset: Dataset, dimension: Dimension) -> Described:
    flag = next((f for f in dataset.flags if f.name == dimension.name), None)
    if isinstance(flag, Band):
        detail = f"{flag.of} from " + ", ".join(f"{least:g} ({name})" for name, least in flag.lowest)
        return Described(dimension.name, dimension.title, "derived", dimension.description, detail)
    if isinstance(flag, Range):
        ranges = ", ".join(f"{value} {_range(low, high)}" for value, low, high in flag.ranges)
        detail = f"{flag.of} by {flag.by}: {ranges}"
        return Described(dimension.name, dimension.title, "derived", dimension.description, detail)
    if isinstance(flag, Match):
        detail = f"{flag.same} where {flag.of} equals {flag.truth}, else {flag.differs}"
        return Described(dimension.name, dimension.title, "derived", dimension.description, detail)
    if flag:
        limits = ", ".join(f"{value} {hours(limit)}" for value, limit in flag.limits_hours)
        detail = f"limits by {flag.by}: {limits}, otherwise {hours(flag.otherwise_hours)}"
        return Described(dimension.name, dimension.title, "derived", dimension.description, detail)
    parts = [", ".join(dimension.values), "personal" if dimension.personal else ""]
    detail = "; ".join(p for p in parts if p)
    return Described(dimension.name, dimension.title, "dimension", dimension.description, detail)


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"up to {high:g}"
    return f"from {low:g}" if high is None else f"{low:g} to {high:g}"


def _limits(measure: Measure) -> str:
    has_limits = measure.minimum is not None and measure.maximum is not None
    limits = f"{measure.minimum:g} to {measure.maximum:g}" if has_limits else ""
    return ", ".join(part for part in (measure.unit, limits) if part)
