"""Which dataset and metrics are measured?"""

from __future__ import annotations

from data.model import Dataset, Dimension, Measure, Metric, Pack, TimeColumn

CARDINALITY = {"category": 12, "area": 40, "channel": 4, "priority": 5, "outcome": 3, "team": 6}

EVENTS = Dataset(
    id=0,
    pack="bench",
    name="events",
    title="Events",
    kind="append",
    key=None,
    time="occurred_at",
    times=(TimeColumn("occurred_at", "Occurred"),),
    dimensions=tuple(Dimension(name, name.capitalize()) for name in CARDINALITY),
    measures=(Measure("amount", "Amount", "units", decimals=2),),
    durations=(),
    flags=(),
    actor="person",
    place=True,
    streams=("occurred_at",),
)


def _metric(name: str, shape: str, **fields: object) -> Metric:
    return Metric(
        pack="bench", name=name, title=name.capitalize(), description=f"{name} of the measured events",
        shape=shape, unit="", format="decimal", better="neither", family="technical", owner="bench",  # type: ignore[arg-type]
        dataset="events", at="occurred_at", **fields,  # type: ignore[arg-type]
    )  # fmt: skip


PACK = Pack(
    "bench",
    "Measured events",
    "Six dimensions, an actor, a place and a measure over 366 days.",
    (EVENTS,),
    (
        _metric("events", "count"),
        _metric("amount", "sum", of="amount"),
        _metric("p50", "percentile", of="amount", q=0.5),
        _metric("p95", "percentile", of="amount", q=0.95),
        _metric("people", "distinct", of="person"),
    ),
)
