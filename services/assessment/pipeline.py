"""How do sessions become scores, each as soon as it can be, again when trials come late, and never twice?

A pass takes the sessions that changed since the last one, measures and scores them, and writes what differs from what
is stored through the ordinary batch ingest. Scoring the same trials again therefore changes nothing. How far a pass
came is the key of an empty batch of `session_metrics`: change numbers of trials and sessions, an instant before which
every row was seen, and the fingerprint of tasks, traits and norms; with another one everything is scored again.

LIMIT: a session without a row of its own is scored when the row arrives or by a pass over everything, and trials more
than five minutes outside of their session (a day, where it has no row or no end) are left out.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

import data.assessment as stored
from data.assessment import Found, Span
from data.database import Transaction, transaction
from data.engine.batches import Batch, write_batch
from data.engine.days import to_ms
from data.model import Dataset
from data.types import Scope
from services.assessment.definitions import Scoring
from services.assessment.loading import PACK, scoring
from services.assessment.measuring import measure
from services.assessment.norm_rows import read_norms, with_norms
from services.assessment.scores import Session, score_sessions
from services.assessment.trials import Trials, read_trials
from services.assessment.writing import columns_of_rows, write_scored
from services.model import current
from services.people import require

PREFIX = "scored "
CHUNK = 500
_CHUNK_SPAN = timedelta(days=2)
_MARGIN = timedelta(minutes=5)
_UNKNOWN = timedelta(days=1)  # on either side of a session that has no row or no end
_IDLE_LOOK_BACK = timedelta(days=3)
_EVERYTHING_STEP = timedelta(days=7)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_FACTS = ("battery", "norm_group", "setting", "device", "gender", "age_group")
Stop = Callable[[], bool]


@dataclass(slots=True)
class Summary:
    """What a pass did: sessions looked at and scored, rows written and removed by dataset; was it over everything?"""

    sessions: int = 0
    scored: int = 0
    everything: bool = False
    written: dict[str, int] = field(default_factory=dict)
    removed: int = 0


def datasets() -> dict[str, Dataset]:
    """The pack's datasets by name."""
    return {dataset.name: dataset for dataset in current().pack(PACK).datasets}


def definitions(tx: Transaction, scope: Scope) -> Scoring:
    """Tasks, traits and norms, with the workspace's own norms among them."""
    base = scoring()
    titles = {name: group.title for norms in base.norms for name, group in norms.groups.items()}
    return with_norms(base, read_norms(stored.all_rows(tx, scope, datasets()["norms"]), titles))


def score(
    scope: Scope, now: datetime, everything: bool = False, since: datetime | None = None, stop: Stop = lambda: False
) -> Summary:
    """Score the sessions that changed since the last pass, and those with trials since an instant, or all, if asked.

    Sessions that still run are left for later. Raises NotAllowed.
    """
    require(scope, "write")
    named, summary = datasets(), Summary()
    seen = stored.seen_until()
    with transaction(scope) as tx:
        rules = definitions(tx, scope)
        changes = stored.changes(tx, scope, [named["trials"], named["sessions"]])
        last = _Progress.read(stored.last_progress(tx, scope, named["session_metrics"], PREFIX))
        other = last.fingerprint != rules.fingerprint
        summary.everything = everything or not last.fingerprint or (since is None and other)
        found = _candidates(tx, scope, named, last, changes, summary.everything, since, now)
    for part in _chunks(found):
        if stop():
            return summary
        _score_chunk(scope, part, rules, now, summary)
    reached = _Progress(changes[0], changes[1], seen, rules.fingerprint)
    if reached.is_after(last) or summary.scored:
        _remember(scope, named["session_metrics"], reached)
    return summary


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far scoring has come."""

    trials: int = 0
    sessions: int = 0
    seen: datetime = _EARLIEST
    fingerprint: str = ""

    @staticmethod
    def read(key: str | None) -> _Progress:
        if key is None:
            return _Progress()
        trials, sessions, seen, fingerprint = key.removeprefix(PREFIX).split(" ", 3)
        return _Progress(int(trials), int(sessions), datetime.fromisoformat(seen), fingerprint)

    @property
    def key(self) -> str:
        seen = self.seen.astimezone(UTC).isoformat(timespec="milliseconds")
        return f"{PREFIX}{self.trials:012d} {self.sessions:012d} {seen} {self.fingerprint}"

    def is_after(self, other: _Progress) -> bool:
        return (self.trials, self.sessions, self.fingerprint) != (other.trials, other.sessions, other.fingerprint)


def _remember(scope: Scope, metrics: Dataset, reached: _Progress) -> None:
    with transaction(scope) as tx:
        stored.lock(tx, scope)
        write_batch(tx, scope, Batch(metrics, reached.key, columns_of_rows(metrics, [])))
        stored.forget_progress(tx, scope, metrics, PREFIX, reached.key)


def _candidates(
    tx: Transaction, scope: Scope, named: dict[str, Dataset], last: _Progress, changes: Sequence[int],
    everything: bool, since: datetime | None, now: datetime,
) -> list[Found]:  # fmt: skip
    found: list[Found] = []
    if everything or since is not None:
        found += _all(tx, scope, None if everything else since)
    if not everything:
        if changes[0] != last.trials:
            for span in stored.changed_spans(tx, scope, named["trials"], last.trials):
                found += stored.sessions_of_trials(tx, scope, span, last.seen)
        if changes[1] != last.sessions:
            for span in stored.changed_spans(tx, scope, named["sessions"], last.sessions):
                found += stored.sessions_received(tx, scope, span, last.seen)
        idle = now - timedelta(minutes=scoring().idle_minutes)
        found += stored.idle_sessions(tx, scope, (now - _IDLE_LOOK_BACK, idle))
    return _joined(found)


def _all(tx: Transaction, scope: Scope, since: datetime | None) -> Iterator[Found]:
    whole = stored.trial_span(tx, scope)
    if whole is None:
        return
    first, end = max(whole[0], since - _UNKNOWN) if since else whole[0], whole[1] + timedelta(seconds=1)
    while first < end:
        until = min(first + _EVERYTHING_STEP, end)
        yield from stored.sessions_of_trials(tx, scope, (first, until), _EARLIEST)
        first = until


def _joined(found: Iterable[Found]) -> list[Found]:
    spans: dict[str, Span] = {}
    for session, first, last in found:
        before = spans.get(session, (first, last))
        spans[session] = min(first, before[0]), max(last, before[1])
    return sorted(((session, *span) for session, span in spans.items()), key=lambda one: (one[1], one[0]))


def _chunks(found: Sequence[Found]) -> Iterator[list[Found]]:
    part: list[Found] = []
    for one in found:
        if part and (len(part) >= CHUNK or one[1] - part[0][1] > _CHUNK_SPAN):
            yield part
            part = []
        part.append(one)
    if part:
        yield part


def _score_chunk(scope: Scope, part: Sequence[Found], rules: Scoring, now: datetime, summary: Summary) -> None:
    named = datasets()
    with transaction(scope) as tx:
        stored.lock(tx, scope)
        names = [session for session, _, _ in part]
        rows = {row["session"]: row for row in stored.known_sessions(tx, scope, names)}
        trials = read_trials(stored.trial_columns(tx, scope, named["trials"], names, _around(part, rows)))
        ended = _ended(trials, rows, now, rules)
        measured = measure(ended, rules)
        known = {name: _session(rows[name]) for name in measured.sessions if name in rows}
        scored = score_sessions(measured, known, rules)
        written, removed = write_scored(
            tx, scope, named, scored, measured.sessions, rules, now, f"score {uuid.uuid4()}"
        )
    summary.sessions += len(part)
    summary.scored += len(measured.sessions)
    summary.removed += removed
    for name, count in written.items():
        summary.written[name] = summary.written.get(name, 0) + count


def _around(part: Sequence[Found], rows: dict[str, dict[str, Any]]) -> Span:
    """Where the trials of these sessions can lie."""
    firsts, ends = [], []
    for session, first, last in part:
        row = rows.get(session)
        if row is None:
            firsts.append(first - _UNKNOWN)
            ends.append(last + _UNKNOWN)
            continue
        firsts.append(min(first, row["started_at"]) - _MARGIN)
        completed = row["completed_at"]
        ends.append(max(last, completed) + _MARGIN if completed else max(last, row["started_at"]) + _UNKNOWN)
    return min(firsts), max(ends)


def _session(row: dict[str, Any]) -> Session:
    at, participant = row["completed_at"], row["participant"]
    facts = tuple((name, None if row[name] is None else str(row[name])) for name in _FACTS)
    return Session(
        None if participant is None else str(participant), to_ms(at) if isinstance(at, datetime) else None, facts
    )


def _ended(trials: Trials, rows: dict[str, dict[str, Any]], now: datetime, rules: Scoring) -> Trials:
    """The trials of sessions that are completed, given up or idle."""
    last = np.zeros(len(trials.session.values), np.int64)
    np.maximum.at(last, trials.session.codes, trials.at_ms)
    over = [
        name in rows and (rows[name]["completed_at"] is not None or rows[name]["status"] == "abandoned")
        for name in trials.session.values
    ]
    idle = last <= to_ms(now - timedelta(minutes=rules.idle_minutes))
    return trials.take(np.flatnonzero((np.array(over, bool) | idle)[trials.session.codes]))
