"""What do the application's own records of the last minutes say about requests, machine and deliveries?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from data.types import Filter, MetricQuery, Scope, TimeRange
from services import formats
from services.health.grading import Component, Limits, cannot_tell, graded
from services.metrics import answer
from services.observing import PACK


@dataclass(frozen=True, slots=True)
class Figure:
    """A component that is judged by a metric of the pack `system` over the last minutes, of some routes where it names
    any. Below `least` rows, counted by `counted`, nobody can tell."""

    name: str
    metric: str
    limits: Limits
    counted: str
    least: int
    minutes: int
    what: str
    routes: tuple[str, ...] = ()


INGEST = ("/api/v1/ingest/{dataset}", "/api/v1/events", "/api/v1/engagement")
FIGURES = (
    Figure("errors", "error_rate", Limits(0.01, 0.05, "of the requests"), "requests_answered", 20, 15,
           "of the requests failed"),
    Figure("response time", "response_ms_p95", Limits(500, 2_000, "ms"), "requests_answered", 20, 15,
           "ms were enough for 95 % of the requests"),
    Figure("ingest", "error_rate", Limits(0.01, 0.05, "of the calls"), "requests_answered", 5, 15,
           "of the calls that send rows failed", INGEST),
    Figure("processor", "processor_mean", Limits(85, 95, "%"), "records_kept", 2, 15, "% of the processor in use"),
    Figure("memory", "memory_used", Limits(90, 97, "%"), "records_kept", 2, 15, "% of the memory in use at most"),
    Figure("job failures", "job_failure_rate", Limits(0.05, 0.25, "of the runs"), "jobs_run", 5, 60,
           "of the runs failed"),
    Figure("deliveries", "delivery_rate", Limits(0.95, 0.8, "of the attempts", worse="below"), "deliveries_attempted",
           5, 60, "of the attempts succeeded"),
)  # fmt: skip


def figures(scope: Scope | None, now: datetime) -> Iterator[Component]:
    """Every figure, judged. Raises DatabaseDown."""
    if scope is None:
        yield from (cannot_tell(figure.name, "Nothing has been recorded yet.", figure.limits) for figure in FIGURES)
        return
    queries = [_query(figure, now) for figure in FIGURES]
    for figure, result in zip(FIGURES, answer(scope, queries, now), strict=True):
        row = result.rows[0]
        found = judged(figure, row[f"{PACK}.{figure.metric}"], row[f"{PACK}.{figure.counted}"] or 0)
        yield found if result.as_of is None else replace(found, at=min(result.as_of, now))


def _query(figure: Figure, now: datetime) -> MetricQuery:
    span = TimeRange(now - timedelta(minutes=figure.minutes), now)
    where = (Filter("route", "in", figure.routes),) if figure.routes else ()
    return MetricQuery((f"{PACK}.{figure.metric}", f"{PACK}.{figure.counted}"), span, where=where)


def judged(figure: Figure, value: float | None, count: int) -> Component:
    """The state that a value of so many rows means."""
    if value is None or count < figure.least:
        found = formats.plural(count, "record")
        reason = (
            f"{found[0].upper()}{found[1:]} in the last {figure.minutes} minutes; {figure.least} are needed to tell."
        )
        return cannot_tell(figure.name, reason, figure.limits)
    is_share = figure.limits.unit.startswith("of ")
    shown = formats.share(value, 1) if is_share else formats.grouped(value)
    said = f"{shown} {figure.what}, last {figure.minutes} minutes."
    return graded(figure.name, round(value, 4), figure.limits, said)
