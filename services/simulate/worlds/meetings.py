"""What does a world of sellers, their meetings and their CRM look like?

Stories that other pages can find: in the team Enterprise East the habit of debriefing fades over four months, then a
new head of team begins again, and one seller of the team Mid-market loses it twice as fast; deals do not reach the CRM
for twelve days out of sixty while everything still comes from it; the competitor Northwind is named more every month;
the model is too sure about budgets and decision dates.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.model import Pack
from data.types import Workspace
from services.simulate.worlds.daily import DailyWorld
from services.simulate.worlds.draws import NAMES, OFFICE, in_ms, only, pick, staff_names, texts, where
from services.simulate.worlds.reading import Columns, Reading, repeated
from services.simulate.worlds.tables import DAY_MS, HOUR_MS, NEVER, Floats, Table

MEETINGS_A_DAY, LEADS_A_DAY = 72, 6
WEEK = (1.1, 1.3, 1.3, 1.2, 0.85, 0.03, 0.0)
TEAMS = {"Enterprise East": 9, "Enterprise West": 8, "Mid-market": 12, "Small business": 10, "Renewals": 6}
SEGMENTS = {"Enterprise East": "large", "Enterprise West": "large", "Mid-market": "medium", "Small business": "small"}
HABIT = {"Enterprise East": 0.88, "Enterprise West": 0.84, "Mid-market": 0.80, "Small business": 0.74, "Renewals": 0.86}
FADES_DAYS, FADES_OF_ONE_DAYS, FADING_SELLER = 120, 60, 19
BROKEN_EVERY, BROKEN_DAYS = 60, 12
COMPETITORS = {"Contoso": 30, "Fabrikam": 24, "Northwind": 12, "Tailspin": 16, "Wingtip": 10}
FOUND_BY = {"calendar": 90, "by hand": 10}
EVENTS = {"open": 40, "listen": 17, "search": 14, "edit": 13, "comment": 9, "share": 7}
ENTITIES = {"meeting": 46, "debriefing": 24, "lead": 20, "report": 10}


def fading(day: date, length: int) -> float:
    """How much of a habit is left on a day: 1 when it begins anew, a third after `length` days."""
    return 1 - 0.66 * (day.toordinal() % length) / length


def broken_on(day: date) -> bool:
    """Do deals fail to reach the CRM on this day?"""
    return day.toordinal() % BROKEN_EVERY < BROKEN_DAYS


class MeetingsWorld(DailyWorld):
    """Sellers, what they tell and what is read out of it."""

    seed = 7703
    longest_days = 30
    lasting = MappingProxyType({"leads": 240})

    def __init__(self, pack: Pack, workspace: Workspace, scale: float) -> None:
        super().__init__(pack, workspace, scale)
        sizes = {team: max(round(size * scale), 1) for team, size in TEAMS.items()}
        self.teams = texts(team for team, size in sizes.items() for _ in range(size))
        self.sellers = texts(staff_names(NAMES, len(self.teams)))
        self.reading = Reading(self.datasets)
        self.leads_of = lru_cache(maxsize=700)(self._leads)

    def make_day(self, day: date, rng: np.random.Generator) -> list[Table]:
        """Everything that begins on a day."""
        start = self.midnight_ms(day)
        meetings = self._meetings(day, start, rng)
        version = f"v{(day.toordinal() // 75) % 9 + 1}"
        return [
            Table(self.datasets["meetings"], meetings["starts_at"], meetings),
            self._debriefings(day, meetings, rng), self.reading.detections(meetings, rng),
            self.reading.extractions(meetings, rng, version), self.reading.participants(meetings, rng),
            self.leads_of(day), self._syncs(day, start, rng), self._mentions(day, meetings, rng),
            self._engagement(day, start, meetings, rng),
        ]  # fmt: skip

    def make_lasting(self, day: date, wanted: Collection[str]) -> list[Table]:
        """The leads of a day."""
        return [self.leads_of(day)] if "leads" in wanted else []

    def _meetings(self, day: date, start: int, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        n = int(rng.poisson(MEETINGS_A_DAY * self.scale * WEEK[day.weekday()]))
        at = np.sort(start + in_ms(OFFICE.hours(rng, n)))
        who = (rng.random(n) ** 1.15 * len(self.sellers)).astype(np.int64)
        team = self.teams[who]
        kind = pick(rng, {"video": 58, "call": 27, "on site": 15}, n)
        ended = at + in_ms(np.clip(rng.lognormal(np.log(0.6), 0.5, n), 0.05, 4))
        return {
            "meeting_id": texts(f"m-{day:%y%m%d}-{i:03d}" for i in range(n)), "starts_at": at, "ended_at": ended,
            "summarised_at": ended + in_ms(np.clip(rng.lognormal(np.log(0.12), 0.7, n), 0.02, 12)), "team": team,
            "meeting_kind": kind, "segment": texts(SEGMENTS.get(name) or "medium" for name in team),
            "purpose": pick(rng, {"discovery": 30, "demo": 24, "negotiation": 16, "review": 20, "renewal": 10}, n),
            "found_by": np.where(kind == "call", "dialler", pick(rng, FOUND_BY, n)).astype(object),
            "seller": self.sellers[who], "attendees": 2.0 + rng.poisson(1.1, n).clip(max=9),
        }  # fmt: skip

    def _habit(self, day: date, meetings: Columns) -> Floats:
        """How likely each meeting is told about."""
        likely = np.array([HABIT[team] for team in meetings["team"]], np.float64)
        likely[meetings["team"] == "Enterprise East"] *= fading(day, FADES_DAYS)
        if len(self.sellers) > FADING_SELLER:
            likely[meetings["seller"] == self.sellers[FADING_SELLER]] *= fading(day, FADES_OF_ONE_DAYS)
        return likely

    def _debriefings(self, day: date, meetings: Columns, rng: np.random.Generator) -> Table:
        n, at = len(meetings["ended_at"]), meetings["ended_at"] + 60_000
        due, told = at + DAY_MS, rng.random(n) < self._habit(day, meetings)
        hours = np.minimum(rng.lognormal(np.log(3.2), 1.15, n), 24 * 9)
        completed = np.where(told, at + in_ms(hours), NEVER)
        late = told & (completed > due)
        columns: dict[str, NDArray[Any]] = {
            "debriefing_id": texts(f"b-{meeting}" for meeting in meetings["meeting_id"]), "requested_at": at,
            "due_at": due, "completed_at": completed, "told_by": pick(rng, {"voice": 64, "form": 36}, n),
            "meeting": meetings["meeting_id"], "answers": np.where(told, 3.0 + rng.binomial(6, 0.62, n), np.nan),
            **repeated(meetings, np.arange(n), ("team", "meeting_kind", "seller")),
        }  # fmt: skip
        states = {"debriefing_status": [
            (at, "open"), (np.where(told & ~late, completed, NEVER), "completed"),
            (np.where(late, completed, NEVER), "late"), (np.where(told, NEVER, at + 10 * DAY_MS), "missed"),
        ]}  # fmt: skip
        known = {"answers": completed, "told_by": completed}
        return Table(self.datasets["debriefings"], at, columns, ("due_at",), known, states)

    def _leads(self, day: date) -> Table:
        rng, start = self.rng("leads", day.toordinal()), self.midnight_ms(day)
        n = int(rng.poisson(LEADS_A_DAY * self.scale * WEEK[day.weekday()]))
        at = np.sort(start + in_ms(OFFICE.hours(rng, n)))
        who = rng.integers(0, len(self.sellers), n)
        qualified = np.where(rng.random(n) < 0.62, at + in_ms(24 * rng.lognormal(np.log(5), 0.8, n)), NEVER)
        days = np.minimum(rng.lognormal(np.log(42), 0.6, n), 236)
        decided = np.where(rng.random(n) < 0.9, at + in_ms(24 * days), NEVER)
        qualified = np.where(qualified < decided, qualified, NEVER)
        won = (qualified < NEVER) & (rng.random(n) < 0.52)
        segment = texts(SEGMENTS.get(team) or "medium" for team in self.teams[who])
        value = np.array([{"large": 90_000.0, "medium": 24_000.0, "small": 5_000.0}[name] for name in segment])
        columns: dict[str, NDArray[Any]] = {
            "lead_id": texts(f"l-{day:%y%m%d}-{i:02d}" for i in range(n)), "created_at": at, "qualified_at": qualified,
            "decided_at": decided, "team": self.teams[who], "segment": segment, "seller": self.sellers[who],
            "lead_source": pick(rng, {"website": 34, "event": 18, "referral": 22, "outbound": 26}, n),
            "lead_value": np.round(value * rng.lognormal(0, 0.5, n), 2),
        }  # fmt: skip
        states = {"stage": [
            (at, "new"), (qualified, "qualified"), (np.where(won, decided, NEVER), "won"),
            (np.where(won, NEVER, decided), "lost"),
        ]}  # fmt: skip
        return Table(self.datasets["leads"], at, columns, states=states)

    def _syncs(self, day: date, start: int, rng: np.random.Generator) -> Table:
        """Each object goes both ways every two hours."""
        pairs = [(way, what) for way in ("to CRM", "from CRM") for what in ("contacts", "meetings", "deals")]
        way, what = (texts(pair[i] for pair in pairs * 12) for i in (0, 1))
        n = len(way)
        at = start + np.repeat(np.arange(12) * 2 * HOUR_MS, len(pairs)) + rng.integers(0, 600_000, n)
        records = (2 + rng.poisson(26 * self.scale * WEEK[day.weekday()] + 3, n)).astype(np.float64)
        broken = broken_on(day) & (way == "to CRM") & (what == "deals")
        drawn = rng.random(n)
        fails, some = drawn < np.where(broken, 0.82, 0.008), drawn < np.where(broken, 0.95, 0.026)
        lost = np.where(fails, records, np.where(some, 1 + rng.binomial(records.astype(np.int64) - 1, 0.1), 0.0))
        usual = pick(rng, {"timeout": 5, "rate limit": 4, "expired token": 1}, n)
        error = np.where(broken, "field mapping", usual).astype(object)
        status = np.select([fails, some], ["failed", "partial"], "succeeded").astype(object)
        finished = at + (1000 * (2 + records * 0.35) * rng.lognormal(0, 0.5, n)).astype(np.int64)
        columns: dict[str, NDArray[Any]] = {
            "started_at": at, "finished_at": finished, "direction": way, "object": what, "sync_status": status,
            "error": only(fails | some, error), "records": records, "failed_records": lost.astype(np.float64),
        }  # fmt: skip
        return Table(self.datasets["sync_runs"], finished, columns)

    def _mentions(self, day: date, meetings: Columns, rng: np.random.Generator) -> Table:
        n = len(meetings["starts_at"])
        row = np.repeat(np.arange(n), rng.poisson(0.45, n))
        months = (day - date(2026, 1, 1)).days / 30
        weights = COMPETITORS | {"Northwind": COMPETITORS["Northwind"] * float(np.clip(1.22**months, 0.4, 6))}
        competitor = pick(rng, weights, len(row))
        length = (meetings["ended_at"] - meetings["starts_at"])[row]
        at = meetings["starts_at"][row] + (length * rng.random(len(row))).astype(np.int64)
        well = rng.random(len(row)) < np.where(competitor == "Northwind", 0.38, 0.2)
        otherwise = where(rng.random(len(row)) < 0.62, "neutral", "negative")
        columns: dict[str, NDArray[Any]] = {
            "mentioned_at": at, "competitor": competitor, "meeting": meetings["meeting_id"][row],
            "topic": pick(rng, {"price": 38, "features": 30, "support": 14, "contract": 10, "brand": 8}, len(row)),
            "sentiment": np.where(well, "positive", otherwise).astype(object),
            **repeated(meetings, row, ("segment", "team", "seller")),
        }  # fmt: skip
        return Table(self.datasets["mentions"], at, columns)

    def _engagement(self, day: date, start: int, meetings: Columns, rng: np.random.Generator) -> Table:
        """Sessions of sellers, of about three events each, mostly about what happened on the day."""
        sessions = int(rng.poisson(62 * self.scale * max(WEEK[day.weekday()], 0.06)))
        who = rng.integers(0, len(self.sellers), sessions)
        begins = start + in_ms(OFFICE.hours(rng, sessions))
        surface = pick(rng, {"web": 52, "CRM panel": 28, "phone": 20}, sessions)
        row = np.repeat(np.arange(sessions), 1 + rng.poisson(2.2, sessions))
        n = len(row)
        seconds = np.round(rng.lognormal(np.log(48), 0.9, n).clip(max=3000), 1)
        before = np.concatenate([[0.0], np.cumsum(seconds)])[:-1]
        first = np.searchsorted(row, np.arange(sessions))
        at = begins[row] + ((before - before[first][row]) * 1000).astype(np.int64) if n else np.zeros(0, np.int64)
        kind = pick(rng, ENTITIES, n)
        held = meetings["meeting_id"] if len(meetings["meeting_id"]) else texts([f"m-{day:%y%m%d}-old"])
        about = held[rng.integers(0, len(held), n)]
        columns: dict[str, NDArray[Any]] = {
            "occurred_at": at, "event": pick(rng, EVENTS, n), "entity_kind": kind, "surface": surface[row],
            "entity": texts(f"{what}:{key}" for what, key in zip(kind, about, strict=True)), "seconds": seconds,
            "session": texts(f"e-{day:%y%m%d}-{i:04d}" for i in row), "team": self.teams[who][row],
            "seller": self.sellers[who][row],
        }  # fmt: skip
        return Table(self.datasets["engagement"], at, columns)


def make(pack: Pack, workspace: Workspace, scale: float) -> MeetingsWorld:
    """The world of a workspace."""
    return MeetingsWorld(pack, workspace, scale)
