"""Who is in which programme of the services world, what is booked, kept and missed, and what does it achieve?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.model import Dataset
from services.simulate.worlds.cohorts import Cohorts
from services.simulate.worlds.daily import DailyWorld
from services.simulate.worlds.draws import (
    NAMES,
    OFFICE,
    Texts,
    in_ms,
    only,
    pick,
    staff_names,
    stepped,
    table,
    texts,
    where,
)
from services.simulate.worlds.tables import DAY_MS, HOUR_MS, NEVER, Floats, Ints, Mask, Table

STAYS_DAYS, AHEAD_DAYS, LONGEST_AHEAD = 420, 60, 56
ENROLLED_A_DAY, BOOKED_A_DAY = 5.5, 88
ENROLMENT_WEEK = (1.3, 1.3, 1.25, 1.2, 1.1, 0.15, 0.0)
BOOKING_WEEK = (1.35, 1.25, 1.2, 1.15, 1.05, 0.35, 0.15)


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme: how many people, how far ahead they book (median days), how many do not come, what it achieves.

    `no_show` is for an appointment of the same day, `more_ahead` is what the longest lead time adds to it.
    """

    weight: float
    ahead: float
    no_show: float
    more_ahead: float
    gain: float
    staff: int
    services: Mapping[str, float]


# Family counselling is the story: it books far ahead, and the further ahead, the fewer come.
PROGRAMMES = {
    "Job coaching": Programme(34, 4, 0.09, 0.03, 13, 9, {"Coaching": 6, "Application check": 3, "Training": 2}),
    "Family counselling": Programme(22, 11, 0.05, 0.45, 10, 7, {"Counselling": 7, "Family session": 3}),
    "Language courses": Programme(20, 6, 0.10, 0.02, 16, 7, {"Placement test": 3, "Course advice": 4, "Tutoring": 5}),
    "Debt advice": Programme(14, 5, 0.08, 0.03, 9, 3, {"First advice": 4, "Plan review": 5}),
    "Health checks": Programme(10, 8, 0.07, 0.02, 6, 2, {"Check": 7, "Follow-up": 2}),
}  # fmt: skip
DISTRICTS = {
    "Old Town": (41.3312, -90.0521, 14), "Northgate": (41.3641, -90.0467, 26), "Riverside": (41.3141, -90.0408, 22),
    "Southmoor": (41.2903, -90.0577, 21), "Station Quarter": (41.3253, -90.0312, 17),
}  # fmt: skip
FACE_TO_FACE = 0.6
MINUTES = {"Counselling": 50.0, "Family session": 80.0, "Tutoring": 60.0, "Placement test": 45.0, "Check": 20.0}
LANGUAGES = {"English": 61, "Spanish": 24, "Arabic": 8, "Polish": 7}
AGES = {"under 18": 9, "18-24": 17, "25-39": 34, "40-59": 28, "60 and over": 12}


@dataclass(frozen=True, slots=True)
class Enrolled:
    """People who entered a programme on one or more days; `ended` NEVER while they stay."""

    ids: Texts
    enrolled: Ints
    ended: Ints
    programme: Texts
    district: Texts
    need: Floats

    def take(self, rows: Mask | Ints) -> Enrolled:
        """Some of them."""
        return Enrolled(*(getattr(self, name)[rows] for name in self.__slots__))


class Programmes:
    """The programmes' side of a world: beneficiaries, appointments, shifts and evaluations."""

    def __init__(self, world: DailyWorld, datasets: Mapping[str, Dataset]) -> None:
        self.world, self.datasets = world, datasets
        self.cohorts = Cohorts(self._enrolled_on)
        self.there = lru_cache(maxsize=64)(self._there)
        self.staff: dict[str, list[str]] = {}
        for name, programme in PROGRAMMES.items():
            start = sum(len(team) for team in self.staff.values())
            self.staff[name] = staff_names(NAMES, max(round(programme.staff * world.scale), 1), start)

    def _enrolled_on(self, day: date) -> Enrolled:
        rng, start = self.world.rng("enrolled", day.toordinal()), self.world.midnight_ms(day)
        n = int(rng.poisson(ENROLLED_A_DAY * self.world.scale * ENROLMENT_WEEK[day.weekday()]))
        enrolled = np.sort(start + in_ms(OFFICE.hours(rng, n)))
        stay = np.minimum(rng.lognormal(np.log(120), 0.5, n), STAYS_DAYS - 2)
        programme = pick(rng, {name: found.weight for name, found in PROGRAMMES.items()}, n)
        district = pick(rng, {name: weight for name, (_, _, weight) in DISTRICTS.items()}, n)
        ids = texts(f"b-{day:%y%m%d}-{i:03d}" for i in range(n))
        return Enrolled(ids, enrolled, enrolled + (stay * DAY_MS).astype(np.int64), programme, district, rng.random(n))

    def _there(self, day: date) -> Enrolled:
        """Everybody who is in a programme when a day begins, and those who enter on it."""
        every = self.cohorts.between(day - timedelta(days=STAYS_DAYS), day)
        return every.take(every.ended > self.world.midnight_ms(day))

    def beneficiaries(self, day: date) -> Table:
        """Those who enter a programme on a day."""
        people, rng = self.cohorts.of(day), self.world.rng("beneficiaries", day.toordinal())
        n = len(people.ids)
        completes = rng.random(n) < 0.82 - 0.25 * people.need
        lat, lon = (np.array([DISTRICTS[name][i] for name in people.district], np.float64) for i in (0, 1))
        columns = {
            "beneficiary_id": people.ids, "enrolled_at": people.enrolled, "ended_at": people.ended,
            "programme": people.programme, "gender": pick(rng, {"female": 53, "male": 45, "other": 2}, n),
            "age_band": pick(rng, AGES, n), "language": pick(rng, LANGUAGES, n),
            "income_band": pick(rng, {"low": 58, "middle": 36, "high": 6}, n), "district": people.district,
            "household_size": 1.0 + rng.poisson(1.7, n).clip(max=9),
            "lat": np.round(lat + rng.standard_normal(n) * 0.006, 6),
            "lon": np.round(lon + rng.standard_normal(n) * 0.008, 6),
        }  # fmt: skip
        completed, dropped = (np.where(mask, people.ended, NEVER) for mask in (completes, ~completes))
        states = {"enrolment": [(people.enrolled, "active"), (completed, "completed"), (dropped, "dropped out")]}
        return Table(self.datasets["beneficiaries"], people.enrolled, columns, states=states)

    def appointments(self, day: date) -> Table:
        """What is booked on a day, and what will become of it."""
        rng, start = self.world.rng("appointments", day.toordinal()), self.world.midnight_ms(day)
        people = self.there(day)
        wanted = int(rng.poisson(BOOKED_A_DAY * self.world.scale * BOOKING_WEEK[day.weekday()]))
        n = wanted if len(people.ids) else 0
        people = people.take(rng.choice(len(people.ids), n) if n else np.zeros(0, np.int64))
        booked = np.maximum(start + in_ms(OFFICE.hours(rng, n)), people.enrolled)
        order = np.argsort(booked, kind="stable")
        people, booked = people.take(order), booked[order]
        ahead = table(people.programme, {name: one.ahead for name, one in PROGRAMMES.items()})
        days = np.minimum(ahead * rng.lognormal(0, 0.9, n), LONGEST_AHEAD)
        starts = self._in_hours(day, booked, days, rng)
        service = texts(self._service(name, rng) for name in people.programme)
        columns: dict[str, NDArray[Any]] = {
            "appointment_id": texts(f"a-{day:%y%m%d}-{i:04d}" for i in range(n)), "booked_at": booked,
            "starts_at": starts, "programme": people.programme, "service": service, "district": people.district,
            "booking_channel": pick(rng, {"portal": 46, "phone": 34, "counter": 14, "partner": 6}, n),
            "reminder": where(rng.random(n) < 0.7, "sent", "none"),
            "visit": where(booked < people.enrolled + 10 * DAY_MS, "first", "repeat"),
            "staff": texts(self._member(name, rng) for name in people.programme), "beneficiary": people.ids,
            "minutes": table(service, MINUTES, 30.0),
        }  # fmt: skip
        return self._outcomes(columns, people.need, rng)

    def _in_hours(self, day: date, booked: Ints, days: Floats, rng: np.random.Generator) -> Ints:
        """Planned starts: quarters of an hour from 8 to 17, Monday to Friday, after the booking."""
        ahead = np.maximum(np.round(days), 0).astype(np.int64)
        weekday = (day.weekday() + ahead) % 7
        ahead += np.select([weekday == 5, weekday == 6], [2, 1], 0)
        midnights = np.array([self.world.midnight_ms(day + timedelta(days=int(n))) for n in range(LONGEST_AHEAD + 4)])
        hour = stepped(8 + rng.beta(1.3, 1.4, len(days)) * 8.9, 0.25)
        starts = midnights[ahead] + in_ms(hour)
        late = starts < booked + HOUR_MS // 2
        weekday = (day.weekday() + ahead + 1) % 7
        after = ahead + 1 + np.select([weekday == 5, weekday == 6], [2, 1], 0)
        return np.where(late, midnights[after] + in_ms(hour), starts)

    def _service(self, programme: str, rng: np.random.Generator) -> str:
        services = PROGRAMMES[programme].services
        parts = np.cumsum(list(services.values()))
        return list(services)[int(np.searchsorted(parts, rng.random() * parts[-1], side="right"))]

    def _member(self, programme: str, rng: np.random.Generator) -> str:
        team = self.staff[programme]
        return team[int(rng.random() ** 1.2 * len(team))]

    def _outcomes(self, columns: dict[str, NDArray[Any]], need: Floats, rng: np.random.Generator) -> Table:
        """Some cancel, some do not come; the others wait a little and are seen."""
        n, starts, booked = len(need), columns["starts_at"], columns["booked_at"]
        far = (starts - booked) / (LONGEST_AHEAD * DAY_MS)
        base = table(columns["programme"], {name: one.no_show for name, one in PROGRAMMES.items()})
        more = table(columns["programme"], {name: one.more_ahead for name, one in PROGRAMMES.items()})
        missed = base + more * np.sqrt(far) + 0.05 * (need - 0.5)
        missed *= np.where(columns["reminder"] == "sent", 0.85, 1.25) * np.where(columns["visit"] == "first", 1.3, 1.0)
        cancels = rng.random(n) < 0.05 + 0.1 * np.sqrt(far)
        cancelled = np.where(cancels, booked + ((starts - booked) * rng.beta(3, 1.2, n)).astype(np.int64), NEVER)
        comes = ~cancels & (rng.random(n) >= missed)
        waited, took = rng.exponential(0.17, n), columns["minutes"] * rng.lognormal(0, 0.15, n) / 60
        seen = np.where(comes, starts + in_ms(waited), NEVER)
        completed = np.where(comes, starts + in_ms(waited + took), NEVER)
        lost = np.where(~comes & ~cancels, starts + HOUR_MS // 2, NEVER)
        answer = np.clip(np.round(4.55 - 1.1 * waited + rng.normal(0, 0.8, n)), 1, 5)
        answers = comes & (rng.random(n) < 0.3)
        columns |= {
            "seen_at": seen, "completed_at": completed, "cancelled_at": cancelled,
            "satisfaction": np.where(answers, answer, np.nan),
        }  # fmt: skip
        states = {"appointment_status": [
            (booked, "booked"), (seen, "in progress"), (completed, "completed"), (lost, "no show"),
            (cancelled, "cancelled"),
        ]}  # fmt: skip
        known = {"satisfaction": completed}
        return Table(self.datasets["appointments"], booked, columns, ("starts_at",), known, states)

    def shifts(self, day: date) -> Table:
        """Who works on a day, and for how many minutes they can be booked."""
        rng, start = self.world.rng("shifts", day.toordinal()), self.world.midnight_ms(day)
        people = [(name, member) for name, team in self.staff.items() for member in team] if day.weekday() < 5 else []
        people = [one for one in people if rng.random() < 0.88]
        n = len(people)
        at = np.full(n, start + 8 * HOUR_MS)
        minutes = rng.choice([240.0, 300.0, 360.0], n) * FACE_TO_FACE
        columns = {
            "shift_at": at, "programme": texts(name for name, _ in people), "staff": texts(one for _, one in people),
            "district": pick(rng, {name: weight for name, (_, _, weight) in DISTRICTS.items()}, n),
            "available_minutes": stepped(minutes, 5),
        }  # fmt: skip
        return Table(self.datasets["shifts"], at, columns)

    def evaluations(self, day: date) -> Table:
        """Who is scored on a day: at intake, every 30 days, and at the end."""
        rng, start = self.world.rng("evaluations", day.toordinal()), self.world.midnight_ms(day)
        people = self.there(day)
        since = (start + DAY_MS - people.enrolled) // DAY_MS
        final = (people.ended >= start) & (people.ended < start + DAY_MS)
        people_, since_, final_ = (found[(since % 30 == 2) | final] for found in (np.arange(len(since)), since, final))
        people = people.take(people_)
        n, intake = len(since_), (since_ < 30) & ~final_
        gain = table(people.programme, {name: one.gain for name, one in PROGRAMMES.items()})
        before = 42 + 22 * (1 - people.need)
        change = gain * np.minimum(since_ / 110, 1.2) + rng.normal(0, 6, n)
        score = np.clip(np.where(intake, before + rng.normal(0, 4, n), before + change), 0, 100)
        progress = np.select([change > 3, change < -3], ["improved", "declined"], "steady").astype(object)
        at = start + in_ms(8 + rng.random(n) * 9)
        columns = {
            "evaluated_at": at, "programme": people.programme,
            "stage": np.select([final_, intake], ["final", "intake"], "interim").astype(object),
            "instrument": pick(rng, {"Progress scale": 70, "Self-assessment": 30}, n),
            "outcome": only(~intake, progress), "beneficiary": people.ids,
            "staff": texts(self._member(name, rng) for name in people.programme), "score": np.round(score, 1),
            "change": np.where(intake, np.nan, np.round(change, 1)),
        }  # fmt: skip
        return Table(self.datasets["evaluations"], at, columns)
