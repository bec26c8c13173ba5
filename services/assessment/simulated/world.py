"""How is the made-up assessment centre told: day by day, with its scores?

Scores of the past come from the same functions as those of real sessions, stamped some seconds after the session ended.
What ended in the last minutes of a stretch is left to the scoring job, as in life. Each quarter begins with new norms.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from data.engine.batches import Batch
from data.engine.days import day_start, to_ms
from data.model import Dataset, Pack
from data.tables import column_names
from data.types import Workspace
from services.assessment.definitions import Norms, Scoring
from services.assessment.loading import scoring
from services.assessment.measuring import Measured, join_measured, measure
from services.assessment.norm_rows import norm_rows, rounded, with_norms
from services.assessment.norming import first_values, renorm
from services.assessment.scores import Row, Session, score_sessions, valid_sessions
from services.assessment.simulated.days import Sitting, sittings
from services.assessment.simulated.people import people
from services.assessment.trials import read_trials
from services.assessment.writing import columns_of_rows
from services.simulate.worlds.world import World

SEED = 1936
_KEPT_DAYS = 400
_FRESH_MS = 10 * 60_000
_DAY_MS = 86_400_000
_EPOCH_MS = date(1970, 1, 1).toordinal() * _DAY_MS
_QUARTERS = ((1, 1), (4, 1), (7, 1), (10, 1))
_FACTS = ("battery", "norm_group", "setting", "device", "gender", "age_group")


@dataclass(frozen=True, slots=True)
class Day:
    """The sessions that begin on a day, and their measures in the same order (of those with trials)."""

    sittings: list[Sitting]
    measured: Measured


class AssessmentWorld(World):
    """The people, sessions and scores of one workspace."""

    def __init__(self, pack: Pack, workspace: Workspace, scale: float = 1.0) -> None:
        self.workspace, self.scale = workspace, scale
        self.datasets = {dataset.name: dataset for dataset in pack.datasets}
        self.anchors = pack.datasets
        self.people = people(self._rng(0))
        self.day = lru_cache(maxsize=_KEPT_DAYS)(self._day)
        self.rules = lru_cache(maxsize=64)(self._rules)

    def _rng(self, number: int) -> np.random.Generator:
        return np.random.default_rng([SEED, zlib.crc32(self.workspace.slug.encode()), number])

    def _day(self, ordinal: int) -> Day:
        day = date.fromordinal(ordinal)
        start = to_ms(day_start(day, self.workspace.timezone))
        begun = sittings(day, start, self.people, self.scale, self._rng(ordinal))
        return Day(begun, measure(read_trials(_trial_columns(begun)), scoring()))

    def _days(self, first: date, last: date) -> list[Day]:
        return [self.day(ordinal) for ordinal in range(first.toordinal(), last.toordinal() + 1)]

    def _rules(self, first_day: date, quarters: tuple[date, ...]) -> Scoring:
        """The definitions once norms were renewed on these days, from the people since `first_day`."""
        if not quarters:
            return scoring()
        before, today = self.rules(first_day, quarters[:-1]), quarters[-1]
        earliest = max(first_day, today - timedelta(days=before.renorming.window_days))
        days = self._days(earliest, today - timedelta(days=1))
        made = self._renormed(days, before, today)
        return with_norms(scoring(), [*(n for n in before.norms if n not in scoring().norms), made])

    def _renormed(self, days: Sequence[Day], rules: Scoring, today: date) -> Norms:
        rows, groups, values = [], [], []
        measured = join_measured([day.measured for day in days])
        person = {sitting.session: sitting.person for day in days for sitting in day.sittings}
        believed = valid_sessions(measured, rules).tolist()
        for session, valid, found in zip(measured.sessions, believed, measured.valid_values(rules), strict=True):
            if valid:
                rows.append(person[session].name)
                groups.append(person[session].norm_group)
                values.append(found)
        table, of = first_values(rows, groups, values, len(rules.scores))
        before = rules.norms_on(today - timedelta(days=1))
        return rounded(renorm(table, of, {}, before, rules, f"{today:%Y-%m}", today))

    def _quarters(self, first_day: date, last: date) -> tuple[date, ...]:
        every = (date(year, month, day) for year in range(first_day.year, last.year + 1) for month, day in _QUARTERS)
        return tuple(day for day in every if first_day < day <= last)

    def history(self, first: date, last: date, until: datetime, key: str, first_day: date) -> list[Batch]:
        """What happened on these days, sessions as they stand at `until`."""
        span = to_ms(self.before(first)), to_ms(self.end_of(last, until))
        found = self._batches(span, to_ms(until), span[1], first_day, key)
        return [batch for batch in found if batch.size or batch.dataset.name == "trials"]

    def since(self, since: datetime, now: datetime, key: str, first: date = date.min) -> list[Batch]:
        """What happened in (since, now]; scores of sessions that ended in the last minutes are left to the job."""
        span = to_ms(since), to_ms(now)
        found = self._batches(span, span[1], span[1] - _FRESH_MS, first, key)
        return [batch for batch in found if batch.size]

    def _batches(self, span: tuple[int, int], until: int, scored: int, first_day: date, key: str) -> list[Batch]:
        """Rows of (span], sessions as at `until`, scores of (span] that were made by `scored`."""
        days = [self.local_day(datetime.fromtimestamp(ms / 1000, UTC)) for ms in span]
        told = self._days(max(first_day, days[0] - timedelta(days=1)), days[1])
        begun = [sitting for day in told for sitting in day.sittings]
        touched = [s for s in begun if _within(s.started_ms, span) or _within(s.ended_ms, span)]
        begin = max(first_day, date(2000, 1, 1))
        quarters = self._quarters(begin, days[1])
        rows = self._scored(told, (span[0], min(span[1], scored)), begin, quarters)
        rows["norms"] = self._norms(span, begin, quarters)
        rows["sessions"] = [_session_row(sitting, until) for sitting in touched]
        made = {name: columns_of_rows(self.datasets[name], found) for name, found in rows.items()}
        made["trials"] = _trials_of(self.datasets["trials"], begun, span)
        return [Batch(dataset, key, made[name]) for name, dataset in self.datasets.items()]

    def _norms(self, span: tuple[int, int], first_day: date, quarters: tuple[date, ...]) -> list[Row]:
        fresh = {f"{day:%Y-%m}" for day in quarters if _within(day.toordinal() * _DAY_MS - _EPOCH_MS, span)}
        if not fresh:
            return []
        return [row for n in self.rules(first_day, quarters).norms if n.version in fresh for row in norm_rows(n)]

    def _scored(
        self, days: Sequence[Day], span: tuple[int, int], first_day: date, quarters: tuple[date, ...]
    ) -> dict[str, list[Row]]:
        rows: dict[str, list[Row]] = {"session_metrics": [], "traits": [], "results": []}
        begun = [sitting for day in days for sitting in day.sittings]
        at = {s.session: s.scored_ms for s in begun if _within(s.scored_ms, span)}
        if at:
            rules = self.rules(first_day, quarters)
            scored = score_sessions(join_measured([day.measured for day in days]), _known(begun), rules)
            for name, found in rows.items():
                made = getattr(scored, name)
                found += [row | {"scored_at": at[row["session"]]} for row in made if row["session"] in at]
        return rows


def _within(ms: int, span: tuple[int, int]) -> bool:
    return span[0] < ms <= span[1]


def _known(begun: Iterable[Sitting]) -> dict[str, Session]:
    known = {}
    for sitting in begun:
        facts = sitting.facts()
        completed = sitting.ended_ms if sitting.is_completed else None
        known[sitting.session] = Session(sitting.person.name, completed, tuple((name, facts[name]) for name in _FACTS))
    return known


def _session_row(sitting: Sitting, until: int) -> Row:
    ended = sitting.ended_ms <= until
    status = ("completed" if sitting.is_completed else "abandoned") if ended else "started"
    completed = sitting.ended_ms if ended and sitting.is_completed else None
    return {**sitting.facts(), "status": status, "started_at": sitting.started_ms, "completed_at": completed}


def _trial_columns(begun: Sequence[Sitting]) -> dict[str, Any]:
    """The trials of some sessions by column, in the order of the sessions."""
    if not begun:
        texts = ("session", "participant", "task", "condition", "stimulus", "response", "correct")
        numbers = ("trial_no", "reaction_ms", "level", "amount", "reference_amount", "delay_days")
        none = {name: pa.array([], pa.string()) for name in texts}
        return {**none, **{name: np.zeros(0) for name in numbers}, "occurred_at": np.zeros(0, np.int64)}
    columns: dict[str, Any] = {}
    for name, values in begun[0].trials.items():
        joined = np.concatenate([sitting.trials[name] for sitting in begun])
        columns[name] = pa.array(joined, pa.string(), from_pandas=True) if values.dtype == object else joined
    sizes = [len(sitting.trials["occurred_at"]) for sitting in begun]
    for name, texts_of in (("session", [s.session for s in begun]), ("participant", [s.person.name for s in begun])):
        columns[name] = pa.array(texts_of, pa.string()).take(pa.array(np.repeat(np.arange(len(begun)), sizes)))
    return columns


def _trials_of(dataset: Dataset, begun: Sequence[Sitting], span: tuple[int, int]) -> dict[str, Any]:
    """The trials of a span, in order of time."""
    columns = _trial_columns([s for s in begun if s.started_ms <= span[1] and s.ended_ms > span[0]])
    at = columns["occurred_at"]
    rows = np.flatnonzero((at > span[0]) & (at <= span[1]))
    rows = rows[np.argsort(at[rows], kind="stable")]
    taken = {n: v.take(pa.array(rows)) if isinstance(v, pa.Array) else v[rows] for n, v in columns.items()}
    return {name: taken.get(name, [None] * len(rows)) for name in column_names(dataset)}
