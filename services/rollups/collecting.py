"""How do the summaries of a span come to say what the engine answers?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from data import summaries
from data.database import transaction
from data.engine.answers import answer
from data.engine.versions import versions
from data.model import Model
from data.summaries import Known, Period, Summary
from data.types import MetricQuery, MetricResult, Scope, TimeRange
from services.model import model_of
from services.rollups.parts import Divided, divide
from services.rollups.periods import edges_of, pieces
from services.rollups.retained import gone_before

Stored = dict[tuple[str, datetime], Known]


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of the summaries of a span: buckets looked at, summaries written, left as they were, taken away."""

    buckets: int = 0
    written: int = 0
    unchanged: int = 0
    removed: int = 0

    def __add__(self, other: Collected) -> Collected:
        return Collected(
            self.buckets + other.buckets, self.written + other.written, self.unchanged + other.unchanged,
            self.removed + other.removed,
        )  # fmt: skip


def collect(scope: Scope, period: Period, span: TimeRange, now: datetime, force: bool = False) -> Collected:
    """Make the summaries of all metrics of the active workspace for a span of whole buckets.

    What is there and was made from the same data and meaning, after its bucket was over, stays; with `force` everything
    is computed again. Each piece of the span is a transaction, so that an interrupted collection goes on where it was.
    """
    model, divided = divide(model_of(scope))
    done = Collected()
    for edges in pieces(edges_of(period, span, scope.workspace.timezone)):
        done += _collect(scope, model, divided, period, edges, now, force)
    return done


def _collect(
    scope: Scope, model: Model, divided: Sequence[Divided], period: Period, edges: list[datetime], now: datetime,
    force: bool,
) -> Collected:  # fmt: skip
    span, starts = TimeRange(edges[0], edges[-1]), edges[:-1]
    with transaction(scope) as tx:
        there: Stored = {} if force else summaries.known(tx, scope, period, span)
    ids = {name: dataset.id for name, dataset in model.datasets().items()}
    gone = gone_before(scope, ids)
    numbers = versions(scope, ids.values()) if ids else {}
    current = {name: numbers[id].version for name, id in ids.items()}
    due = [one for one in divided
           if any(_has_rows(one, at, gone) and _is_due(there.get((one.metric.qualified, at)), one, current)
                  for at in starts)]  # fmt: skip
    made = [one for result, some in _asked(scope, model, due, period, span, now)
            for one in _summaries(result, some, edges)]  # fmt: skip
    whole = {one.metric.qualified: one for one in divided}
    fresh = [one for one in made if _has_rows(whole[one.metric], one.bucket_at, gone)
             and _differs(there.get((one.metric, one.bucket_at)), one)]  # fmt: skip
    kept = {name for name, one in whole.items() if one not in due or not _has_rows(one, span.from_at, gone)}
    answered = {one.metric for one in made} | kept
    with transaction(scope) as tx:
        if fresh:
            summaries.write(tx, scope, period, fresh, now)
        removed = summaries.remove_others(tx, scope, period, span, sorted(answered))
    return Collected(len(starts), len(fresh), len(answered) * len(starts) - len(fresh), removed)


def _has_rows(one: Divided, bucket_at: datetime, gone: dict[str, datetime]) -> bool:
    """Whether the rows of a bucket are still there: what was summed up of others stays as it is."""
    return all(bucket_at >= gone[name] for name in one.datasets if name in gone)


def _is_due(found: Known | None, one: Divided, current: dict[str, int]) -> bool:
    wanted = {name: current[name] for name in one.datasets}
    return found is None or not found.complete or found.definition != one.definition or found.versions != wanted


def _differs(found: Known | None, made: Summary) -> bool:
    return found != Known(made.versions, made.definition, complete=True)


def _asked(
    scope: Scope, model: Model, due: Sequence[Divided], period: Period, span: TimeRange, now: datetime
) -> list[tuple[MetricResult, list[Divided]]]:
    """One answer for the metrics of the same datasets, so that age and versions are theirs."""
    groups: dict[frozenset[str], list[Divided]] = {}
    for one in due:
        groups.setdefault(one.datasets, []).append(one)
    queries = [
        MetricQuery(tuple(dict.fromkeys(name for one in some for name in one.asked)), span, grain=period)
        for some in groups.values()
    ]
    results = answer(scope, model, queries, now) if queries else []
    return list(zip(results, groups.values(), strict=True))


def _summaries(result: MetricResult, some: Sequence[Divided], edges: list[datetime]) -> list[Summary]:
    """The summaries of metrics that have an answer; a bucket in which there is nothing to say has no value."""
    made: list[Summary] = []
    for one in some:
        name = one.metric.qualified
        if name in result.cannot_tell:
            continue
        used = {dataset: result.versions[dataset] for dataset in sorted(one.datasets)}
        for row, start, end in zip(result.rows, edges[:-1], edges[1:], strict=True):
            value, above, below = (_number(row.get(part or "")) for part in (name, one.numerator, one.denominator))
            complete = not row.get("__incomplete", False)
            made.append(
                Summary(
                    name, start, end, value, above, below, one.additive, complete, result.as_of, used, one.definition
                )
            )
    return made


def _number(found: float | None) -> float | None:
    return None if found is None else float(found)
