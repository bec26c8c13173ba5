"""Who is on the portal of the services world, who comes on which day, and what do they do and pay?"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.model import Dataset
from services.simulate.worlds.cohorts import Cohorts, joined
from services.simulate.worlds.daily import DailyWorld
from services.simulate.worlds.draws import WAKING, Texts, in_ms, only, pick, table, texts, where
from services.simulate.worlds.tables import DAY_MS, HOUR_MS, NEVER, Floats, Ints, Mask, Table

STAYS_DAYS = 420
SIGNUPS_A_DAY, STRANGERS_A_DAY = 8.5, 34
WEEK = (1.1, 1.12, 1.08, 1.05, 0.98, 0.8, 0.87)
SOURCES = {"search": 34, "referral": 24, "email": 18, "ads": 14, "partner": 10}
STICKING = {"referral": 1.35, "partner": 1.2, "email": 1.1, "ads": 0.55}
REGIONS = {"North": 30, "Centre": 34, "South": 22, "Abroad": 6}
DEVICES = {"phone": 52, "desktop": 40, "tablet": 8}
FEATURES = {"calendar": 30, "messages": 22, "documents": 16, "courses": 14, "forum": 9, "payments": 6, "profile": 3}
EVENTS = {"page_view": 44, "feature_use": 30, "search": 13, "message": 13}
PRICES = {"basic": 9.0, "plus": 24.0}
PRODUCTS = {"Course": 45.0, "Workshop": 28.0, "Materials": 12.5, "Certificate": 65.0}


@dataclass(frozen=True, slots=True)
class People:
    """People who registered on one or more days, with what becomes of them; NEVER where it does not. `left` is when
    they come no more, whether they say so or not."""

    ids: Texts
    registered: Ints
    verified: Ints
    subscribed: Ints
    left: Ints
    visits_a_day: Floats
    source: Texts
    region: Texts
    device: Texts
    plan: Texts

    def take(self, rows: Mask | Ints) -> People:
        """Some of them."""
        return People(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits of a day; `person` points into `people`, -1 for a stranger."""

    people: People
    person: Ints
    at: Ints
    new: Mask


class Portal:
    """The portal's side of a world: users, visits, activity, months, payments and subscriptions."""

    def __init__(self, world: DailyWorld, datasets: Mapping[str, Dataset]) -> None:
        self.world, self.datasets = world, datasets
        self.cohorts = Cohorts(self._people_of)
        self.visits_of = lru_cache(maxsize=600)(self._visits_of)
        self.first_visits_of = lru_cache(maxsize=24)(self._first_visits_of)

    def _people_of(self, day: date) -> People:
        rng, start = self.world.rng("people", day.toordinal()), self.world.midnight_ms(day)
        years = (day - date(2026, 1, 1)).days / 365.25
        n = int(rng.poisson(SIGNUPS_A_DAY * self.world.scale * WEEK[day.weekday()] * 1.15**years))
        registered = np.sort(start + in_ms(WAKING.hours(rng, n)))
        source = pick(rng, SOURCES, n)
        stay = rng.exponential(150 * table(source, STICKING), n)
        left = registered + (stay * DAY_MS).astype(np.int64)
        verified = registered + in_ms(rng.lognormal(np.log(7), 1.3, n))
        verified = np.where((rng.random(n) < 0.84) & (verified < left), verified, NEVER)
        subscribed = registered + in_ms(24 * rng.lognormal(np.log(9), 1.0, n))
        subscribed = np.where((rng.random(n) < 0.24) & (subscribed < left), subscribed, NEVER)
        paid = where(rng.random(n) < 0.3, "plus", "basic")
        ids = texts(f"u-{day:%y%m%d}-{i:03d}" for i in range(n))
        rate = np.minimum(rng.lognormal(np.log(0.06), 0.85, n), 1.2)
        return People(
            ids, registered, verified, subscribed, left, rate, source, pick(rng, REGIONS, n), pick(rng, DEVICES, n),
            np.where(subscribed == NEVER, "free", paid),
        )  # fmt: skip

    def people_there(self, day: date) -> People:
        """Everybody who may come on a day."""
        every = self.cohorts.between(day - timedelta(days=STAYS_DAYS), day)
        return every.take(every.left > self.world.midnight_ms(day))

    def _visits_of(self, day: date) -> Visits:
        rng, start = self.world.rng("visits", day.toordinal()), self.world.midnight_ms(day)
        people = self.people_there(day)
        times = rng.poisson(people.visits_a_day * WEEK[day.weekday()])
        today = people.registered >= start
        times = np.where(today, np.maximum(times, 1), times)
        person = np.repeat(np.arange(len(times)), times)
        at = start + in_ms(WAKING.hours(rng, len(person)))
        at = np.maximum(at, people.registered[person])
        stays = at < people.left[person]
        person, at = person[stays], at[stays]
        strangers = int(rng.poisson(STRANGERS_A_DAY * self.world.scale * WEEK[day.weekday()]))
        person = np.concatenate([person, np.full(strangers, -1)])
        at = np.concatenate([at, start + in_ms(WAKING.hours(rng, strangers))])
        order = np.argsort(at, kind="stable")
        person, at = person[order], at[order]
        new = (person < 0) | (at < people.registered[np.maximum(person, 0)] + 6 * HOUR_MS)
        return Visits(people, person, at, np.asarray(new))

    def _first_visits_of(self, year: int, month: int) -> tuple[People, Ints]:
        """Everybody who came in a month, with when they first did."""
        people, at = list[People](), list[Ints]()
        for number in range(1, monthrange(year, month)[1] + 1):
            visits = self.visits_of(date(year, month, number))
            known = visits.person >= 0
            people.append(visits.people.take(visits.person[known]))
            at.append(visits.at[known])
        every = joined(people)
        moments = np.concatenate(at)
        _, first = np.unique(every.ids.astype(str), return_index=True)  # moments ascend, so the first is the earliest
        return every.take(first), moments[first]

    def users(self, day: date) -> Table:
        """The accounts that are made on a day."""
        people = self.cohorts.of(day)
        rng = self.world.rng("closing", day.toordinal())
        says_so = rng.random(len(people.ids)) < 0.5
        closes = says_so & (people.left < people.registered + STAYS_DAYS * DAY_MS)
        left = np.where(closes, people.left, NEVER)
        verified = np.where(people.verified <= left, people.verified, NEVER)
        columns = {
            "person_id": people.ids, "registered_at": people.registered, "verified_at": verified,
            "subscribed_at": people.subscribed, "left_at": left, "source": people.source, "region": people.region,
            "device": people.device,
        }  # fmt: skip
        states = {
            "account_status": [(people.registered, "registered"), (verified, "verified"), (left, "left")],
            "plan": [(people.registered, "free")]
            + [(np.where(people.plan == plan, people.subscribed, NEVER), plan) for plan in PRICES],
        }
        return Table(self.datasets["users"], people.registered, columns, states=states)

    def sessions(self, day: date) -> tuple[Table, Table, Mask]:
        """The visits of a day, what is done in them, and which of them reach what they are for."""
        visits, rng = self.visits_of(day), self.world.rng("sessions", day.toordinal())
        n, known, people = len(visits.at), visits.person >= 0, visits.people
        who = np.maximum(visits.person, 0)
        some = len(people.ids) > 0
        source = np.where(known, people.source[who], pick(rng, SOURCES, n)) if some else pick(rng, SOURCES, n)
        region = np.where(known, people.region[who], pick(rng, REGIONS, n)) if some else pick(rng, REGIONS, n)
        device = np.where(rng.random(n) < 0.75, people.device[who] if some else "phone", pick(rng, DEVICES, n))
        chance = 0.05 + 0.17 * known * table(source, {"referral": 1.3, "ads": 0.5})
        converted = rng.random(n) < chance * table(device, {"phone": 0.85, "desktop": 1.2})
        bounced = ~converted & (rng.random(n) < np.where(known, 0.22, 0.55))
        pages = np.where(bounced, 1, 2 + rng.poisson(np.where(known, 3.4, 1.6))).astype(np.float64)
        seconds = np.round(pages * rng.lognormal(np.log(38), 0.6, n), 1)
        ended = visits.at + (seconds * 1000).astype(np.int64) * (pages > 1)
        columns: dict[str, NDArray[Any]] = {
            "started_at": visits.at, "ended_at": ended, "visitor": where(visits.new, "new", "returning"),
            "source": source, "region": region, "device": device, "converted": where(converted, "yes", "no"),
            "person": only(known, people.ids[who]) if some else texts([None] * n), "pages": pages,
            "page_seconds": seconds,
        }  # fmt: skip
        visited = Table(self.datasets["sessions"], ended, columns)  # a visit is told when it is over
        return visited, self._activity(day, columns, known, rng), converted & known

    def _activity(self, day: date, visits: Mapping[str, NDArray[Any]], known: Mask, rng: np.random.Generator) -> Table:
        """What people do in their visits: they sign in, then one thing after the other, and book at the end."""
        rows = np.flatnonzero(known)
        steps = np.minimum(np.maximum(visits["pages"][rows].astype(np.int64) - 1, 0), 3)
        booked = visits["converted"][rows] == "yes"
        done = np.repeat(np.arange(len(rows)), steps + 1 + booked)
        length_of = steps + 1 + booked
        place = np.arange(len(done)) - np.repeat(np.cumsum(length_of) - length_of, length_of)
        last = booked[done] & (place == (steps + booked)[done])
        event = np.where(place == 0, "login", np.where(last, "booking", pick(rng, EVENTS, len(done))))
        usual = np.where(event == "booking", "calendar", pick(rng, FEATURES, len(done)))
        feature = np.where(event == "login", "sign-in", usual)
        length = (visits["ended_at"] - visits["started_at"])[rows]
        at = visits["started_at"][rows][done] + (length / np.maximum(steps + booked, 1)).astype(np.int64)[done] * place
        names = texts(f"s-{day:%y%m%d}-{row:04d}" for row in rows)
        columns = {
            "occurred_at": at, "event": event.astype(object), "feature": feature.astype(object), "session": names[done],
            "lifecycle": visits["visitor"][rows][done],
            **{name: visits[name][rows][done] for name in ("source", "device", "person")},
        }  # fmt: skip
        return Table(self.datasets["activity"], at, columns)

    def months(self, day: date) -> Table:
        """Those whose first visit in a month falls on this day, and whether they come in the month after it."""
        start, end = self.world.midnight_ms(day), self.world.midnight_ms(day + timedelta(days=1))
        people, at = self.first_visits_of(day.year, day.month)
        mine = (at >= start) & (at < end)
        people, at = people.take(mine), at[mine]
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        later, returned_at = self.first_visits_of(following.year, following.month)
        again = dict(zip(later.ids, returned_at, strict=True))
        returned = np.array([again.get(person, NEVER) for person in people.ids], np.int64)
        n, month = len(at), self.world.midnight_ms(day.replace(day=1))
        columns = {
            "person_month": texts(f"{person} {day:%Y-%m}" for person in people.ids), "person": people.ids,
            "month_at": np.full(n, month), "next_month_at": np.full(n, self.world.midnight_ms(following)),
            "returned_at": returned, "source": people.source, "plan": people.plan,
            "first_month": where(people.registered >= month, "yes", "no"),
        }  # fmt: skip
        states = {"returned": [(at, "no"), (returned, "yes")]}
        return Table(self.datasets["active_months"], at, columns, plans=("next_month_at",), states=states)

    def subscriptions(self, day: date) -> Table:
        """The subscriptions of those who registered on a day."""
        people = self.cohorts.of(day)
        people = people.take(people.subscribed != NEVER)
        n, rng = len(people.ids), self.world.rng("subscriptions", day.toordinal())
        charge = np.round(table(people.plan, PRICES) * np.where(rng.random(n) < 0.25, 0.8, 1.0), 2)
        contract = pick(rng, {"monthly": 60, "yearly": 30, "two years": 10}, n)
        ends = rng.random(n) < table(contract, {"monthly": 0.9, "yearly": 0.5}, 0.3)
        ends &= (people.left > people.subscribed) & (people.left < people.registered + STAYS_DAYS * DAY_MS)
        cancelled = np.where(ends, people.left, NEVER)
        tenure = np.ceil((people.subscribed - people.registered) / (30 * DAY_MS))
        columns = {
            "subscription_id": texts(f"p-{person}" for person in people.ids), "observed_at": people.subscribed,
            "cancelled_at": cancelled, "contract": contract, "service": texts(f"{plan} plan" for plan in people.plan),
            "method": pick(rng, {"card": 62, "direct debit": 28, "transfer": 10}, n),
            "senior": where(rng.random(n) < 0.18, "yes", "no"), "person": people.ids, "tenure_months": tenure,
            "monthly_charge": charge, "total_charge": np.round(charge * tenure, 2),
        }  # fmt: skip
        states = {"churned": [(people.subscribed, "no"), (cancelled, "yes")]}
        return Table(self.datasets["subscriptions"], people.subscribed, columns, states=states)

    def payments(self, day: date, converted: Mask) -> Table:
        """Plans that are due on a day, what is bought in visits, and what is given back some days later."""
        visits, rng = self.visits_of(day), self.world.rng("payments", day.toordinal())
        start, people = self.world.midnight_ms(day), visits.people
        since = (start + DAY_MS - people.subscribed) // DAY_MS
        due = np.flatnonzero((people.subscribed <= start + DAY_MS) & (since % 30 == 0))
        buys = np.flatnonzero(converted & (rng.random(len(converted)) < 0.3))
        who = np.concatenate([due, visits.person[buys]])
        plans = texts(f"{plan} plan" for plan in people.plan[due])
        product = np.concatenate([plans, pick(rng, {name: 10 - i for i, name in enumerate(PRODUCTS)}, len(buys))])
        paid_at = np.maximum(start + in_ms(WAKING.hours(rng, len(due))), people.subscribed[due])
        at = np.concatenate([paid_at, visits.at[buys] + 180_000])
        quantity = np.where(np.arange(len(who)) < len(due), 1, rng.geometric(0.75, len(who))).astype(np.float64)
        prices = PRODUCTS | {f"{plan} plan": price for plan, price in PRICES.items()}
        amount = np.round(quantity * table(product, prices), 2)
        back = np.flatnonzero(rng.random(len(who)) < 0.03)
        returned = at[back] + in_ms(24 * (0.3 + rng.exponential(4, len(back))).clip(max=25))
        rows = np.concatenate([np.arange(len(who)), back])
        sign = np.where(np.arange(len(rows)) < len(who), 1.0, -1.0)
        moments = np.concatenate([at, returned])
        columns = {
            "paid_at": moments, "payment_kind": where(sign > 0, "payment", "refund"), "product": product[rows],
            "method": pick(rng, {"card": 62, "direct debit": 28, "transfer": 10}, len(who))[rows],
            "country": np.where(people.region[who] == "Abroad", "Canada", "United States")[rows].astype(object),
            "invoice": texts(f"i-{day:%y%m%d}-{row:04d}" for row in range(len(who)))[rows],
            "person": people.ids[who][rows], "quantity": quantity[rows] * sign, "amount": amount[rows] * sign,
        }  # fmt: skip
        return Table(self.datasets["payments"], moments, columns)
