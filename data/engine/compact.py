"""Which segments of a day are worth merging, and when?

Micro-segments are merged as they pile up, sealed ones only with others of about their size, so that a row is written
again a few times, however large its day grows. Full segments are left alone until their day is quiet and something in
them has been taken back. Writers wait only for the moment in which old segments give way to new ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from data.database import transaction
from data.engine.dictionary import Place
from data.engine.merge import Columns, cancel, concatenate, merge, rows_in, sort, split
from data.engine.state import advance_segments, lock, unlocked
from data.engine.storage import LEAST_SEALED, MOST_ROWS, Made, Stored, live, load, prepare, sweep, switch
from data.model import Dataset
from data.statements import sql
from data.types import Scope

FULL_ROWS = 600_000
_MANY = 8  # packed segments of a day that are worth merging while more arrive
_MANY_ROWS = 200_000
_ROWS_AT_ONCE = 2_000_000
_JOBS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Compacted:
    """What was done: segments merged away, segments made of them, old segments deleted."""

    merged: int = 0
    made: int = 0
    deleted: int = 0

    def __add__(self, other: Compacted) -> Compacted:
        return Compacted(self.merged + other.merged, self.made + other.made, self.deleted + other.deleted)


@dataclass(frozen=True, slots=True)
class Job:
    """Segments of one stream and day to merge; `full` ones change only where a row of theirs was taken back."""

    loose: Sequence[Stored]
    full: Sequence[Stored] = ()

    @property
    def rows(self) -> int:
        """Rows that are in memory at once, about."""
        return sum(s.rows for s in self.loose) + max((s.rows for s in self.full), default=0)


def compact_workspace(
    scope: Scope, dataset: Dataset, quiet_s: float = 60, settled_s: float = 600, grace_s: float = 300
) -> int:
    """`compact`, for callers that only want to know how many segments were merged away."""
    return compact(scope, dataset, quiet_s, settled_s, grace_s).merged


def compact(
    scope: Scope, dataset: Dataset, quiet_s: float = 60, settled_s: float = 600, grace_s: float = 300
) -> Compacted:
    """Merge what is worth merging and delete what was merged away `grace_s` ago, in short transactions of its own.

    A day that got nothing for `quiet_s` becomes as few segments as possible; after `settled_s` what was taken back is
    removed from its full segments too. Does nothing while another process compacts the same dataset.
    """
    done = Compacted()
    while (step := _step(scope, dataset, quiet_s, settled_s)).merged:
        done += step
    with transaction(scope) as tx:
        return done + Compacted(deleted=sweep(unlocked(tx, scope, dataset), grace_s))


def _step(scope: Scope, dataset: Dataset, quiet_s: float, settled_s: float) -> Compacted:
    with transaction(scope) as tx:
        place = unlocked(tx, scope, dataset)
        alone = tx.execute(sql("try_compactor"), place.values()).fetchone()
        if alone != (True,):
            return Compacted()
        made: list[Made] = []
        gone: list[Stored] = []
        for job in _some(plan(live(place), quiet_s, settled_s)):
            new, old = _run(place, job)
            made += new
            gone += old
        if not gone:
            return Compacted()
        prepared = prepare(place, made)
        state = lock(tx, scope, dataset)
        switch(place, prepared, gone, state.change + 1)
        advance_segments(state)
        return Compacted(merged=len(gone), made=len(made))


def _some(jobs: Iterator[Job]) -> Iterator[Job]:
    """As many jobs as one transaction should do."""
    rows = 0
    for number, job in enumerate(jobs):
        if number and (number >= _JOBS_AT_ONCE or rows + job.rows > _ROWS_AT_ONCE):
            return
        rows += job.rows
        yield job


def plan(segments: Sequence[Stored], quiet_s: float, settled_s: float) -> Iterator[Job]:
    """The merges that are due, given all live segments by stream and day, smallest first."""
    for _, group in groupby(segments, key=lambda s: (s.stream, s.day)):
        day = list(group)
        youngest_s = min(s.age_s for s in day)
        loose = [s for s in day if s.packed or s.rows < FULL_ROWS]
        full = [s for s in day if not s.packed and s.rows >= FULL_ROWS]
        negatives = any(s.negatives for s in day)
        if full and negatives and youngest_s >= settled_s and len(day) > 1:
            yield Job(_fitting(loose), full)
        elif youngest_s >= quiet_s:
            yield from _worthwhile(_fitting(loose))
        else:
            packed = [s for s in loose if s.packed]
            if len(packed) >= _MANY or sum(s.rows for s in packed) >= _MANY_ROWS:
                yield from _worthwhile(_tiered(loose))


def _worthwhile(chosen: list[Stored]) -> Iterator[Job]:
    """A job, if its result would differ from what is there."""
    if len(chosen) > 1 or (chosen and chosen[0].packed and chosen[0].rows >= LEAST_SEALED):
        yield Job(chosen)


def _fitting(loose: Sequence[Stored]) -> list[Stored]:
    """As many as fit into one segment, smallest first; at least one."""
    chosen: list[Stored] = []
    total = 0
    for segment in loose:
        if chosen and total + segment.rows > MOST_ROWS:
            break
        chosen.append(segment)
        total += segment.rows
    return chosen


def _tiered(loose: Sequence[Stored]) -> list[Stored]:
    """The packed ones, and sealed ones as long as none is larger than all before it together."""
    chosen: list[Stored] = []
    total = 0
    for segment in sorted(loose, key=lambda s: (not s.packed, s.rows)):
        if chosen and (total + segment.rows > MOST_ROWS or (not segment.packed and segment.rows > total)):
            break
        chosen.append(segment)
        total += segment.rows
    return chosen


def _run(place: Place, job: Job) -> tuple[list[Made], list[Stored]]:
    """The contents that take the place of a job's segments, and the segments they take the place of."""
    kept: list[Columns] = []
    negative: list[Columns] = []
    gone = list(job.loose)
    if job.loose:
        positive, negative = split(merge(load(place, job.loose)))
        kept = [positive]
    for segment in job.full:
        joined = concatenate([*load(place, [segment]), *negative])
        left = cancel(joined)
        if rows_in(left) < rows_in(joined):
            positive, negative = split(left)
            kept.append(positive)
            gone.append(segment)
    if job.full and len(job.loose) == len(gone) <= 1:  # nothing that is in a full segment was taken back
        return [], []
    parts = [concatenate([*kept[:1], *negative]), *kept[1:]] if negative else kept
    like = (*job.loose, *job.full)[0]
    return [Made(like.stream, like.day, sort(part)) for part in parts if rows_in(part)], gone
