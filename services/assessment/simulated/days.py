"""Which sessions begin on a day, and what is done in them?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from services.assessment.simulated.people import ALWAYS_THE_SAME, CLICKS_THROUGH, GIVES_UP, SHOWS_OTHERS, Person
from services.assessment.simulated.playing import NUMBERS, PLAYS, TEXTS, Columns, carelessly, monotonously

BATTERIES: dict[str, tuple[str, ...]] = {
    "selection": (
        "simple_reaction", "go_no_go", "stroop", "n_back", "digit_span", "balloon_risk", "delay_discounting",
    ),
    "leadership": ("trust_game", "dictator", "balloon_risk", "delay_discounting", "flanker", "digit_span"),
    "attention": ("simple_reaction", "go_no_go", "n_back", "stroop", "flanker"),
}  # fmt: skip
_BATTERY_OF = {"graduates": (0.75, 0.10, 0.15), "managers": (0.35, 0.60, 0.05), "operators": (0.45, 0.05, 0.50)}
_WEEKDAYS = (6.4, 6.6, 6.2, 6.0, 4.6, 1.3, 0.9)
_HOLIDAYS = {"01-01": 0.1, "07-04": 0.2, "12-24": 0.3, "12-25": 0.1, "12-31": 0.3}
_GROWTH_PER_YEAR = 0.15
_HOURS = {"supervised": ((9, 12), (13, 16)), "remote": ((12, 14), (17, 22))}
_DEVICE_PARTS = {"supervised": (0.9, 0.1, 0.0), "remote": (0.5, 0.1, 0.4)}
_SUPERVISED_PART, _GIVEN_UP_PART = 0.55, 0.06
_PHONE_CARELESS_PART = 0.05
Style = Literal["careful", "fast", "same"]
_PLAYED = {"fast": carelessly, "same": monotonously}
_GIVEN_UP_MS = 30 * 60_000


@dataclass(frozen=True, slots=True)
class Story:
    """Somebody who comes again and again: every so many days, to which battery, where, on what, and how."""

    every_days: int
    offset: int
    battery: str
    setting: str
    device: str
    style: Style
    gives_up: bool = False


STORIES = {
    # The careless test-taker: clicks through faster than one can see, on a phone at home, every Thursday.
    CLICKS_THROUGH: Story(7, 4, "selection", "remote", "phone", "fast"),
    # Gives the same answer all the time, at an ordinary pace.
    ALWAYS_THE_SAME: Story(10, 1, "attention", "remote", "desktop", "same"),
    # Leaves in the middle of the second task.
    GIVES_UP: Story(8, 5, "selection", "remote", "tablet", "careful", gives_up=True),
    # Shows newcomers how it is done.
    SHOWS_OTHERS: Story(11, 1, "selection", "supervised", "desktop", "careful"),
}


@dataclass(frozen=True, slots=True)
class Sitting:
    """One session with its whole course; `ended_ms` is when it was completed, or known to be given up."""

    session: str
    person: Person
    battery: str
    setting: str
    device: str
    attempt: str
    started_ms: int
    ended_ms: int
    scored_ms: int
    is_completed: bool
    trials: dict[str, NDArray[Any]]

    def facts(self) -> dict[str, str | None]:
        """What the session's row says of it whenever one looks."""
        person = self.person
        return {
            "session": self.session, "participant": person.name, "battery": self.battery, "setting": self.setting,
            "device": self.device, "attempt": self.attempt, "norm_group": person.norm_group, "gender": person.gender,
            "age_group": person.age_group,
        }  # fmt: skip


def sittings(day: date, start_ms: int, people: list[Person], scale: float, rng: np.random.Generator) -> list[Sitting]:
    """The sessions that begin on a local day, in order of their start."""
    years = (day - date(2026, 1, 1)).days / 365.25
    mean = scale * _WEEKDAYS[day.weekday()] * _HOLIDAYS.get(f"{day:%m-%d}", 1.0) * (1 + _GROWTH_PER_YEAR) ** years
    count = int(rng.poisson(mean * rng.lognormal(0, 0.12)))
    chosen = [int(number) for number in rng.choice(len(people), min(count, len(people)), replace=False)]
    told = [who for who, s in STORIES.items() if who < len(people) and day.toordinal() % s.every_days == s.offset]
    chosen = [*told, *(number for number in chosen if number not in STORIES)]
    begun = [_begin(day, number, people[who], STORIES.get(who), start_ms, rng) for number, who in enumerate(chosen)]
    return sorted(begun, key=lambda sitting: sitting.started_ms)


def _begin(
    day: date, number: int, person: Person, story: Story | None, start_ms: int, rng: np.random.Generator
) -> Sitting:
    story = story or _story(person, rng)
    first, last = _HOURS[story.setting][int(rng.random() < 0.6)]
    started = start_ms + int(rng.uniform(first, last) * 3_600_000)
    trials = _play(_tasks(story, rng), person, story, started, rng)
    last_ms = int(trials["occurred_at"][-1])
    ended = last_ms + (_GIVEN_UP_MS if story.gives_up else int(rng.uniform(2_000, 15_000)))
    attempt = "again" if story.every_days or rng.random() < 0.2 else "first"
    return Sitting(
        f"AS-{day:%y%m%d}-{number:03d}", person, story.battery, story.setting, story.device, attempt, started, ended,
        ended + int(rng.uniform(2_000, 20_000)), not story.gives_up, trials,
    )  # fmt: skip


def _story(person: Person, rng: np.random.Generator) -> Story:
    """How somebody without a story comes: once."""
    setting = "supervised" if rng.random() < _SUPERVISED_PART else "remote"
    device = str(rng.choice(("desktop", "tablet", "phone"), p=_DEVICE_PARTS[setting]))
    battery = str(rng.choice(list(BATTERIES), p=_BATTERY_OF[person.norm_group]))
    careless = person.is_careless or (device == "phone" and rng.random() < _PHONE_CARELESS_PART)
    style: Style = "careful" if not careless else "same" if rng.random() < 0.35 else "fast"
    return Story(0, 0, battery, setting, device, style, bool(rng.random() < _GIVEN_UP_PART))


def _tasks(story: Story, rng: np.random.Generator) -> tuple[str, ...]:
    tasks = BATTERIES[story.battery]
    if not story.gives_up:
        return tasks
    return tasks[: 2 if story.every_days else int(rng.integers(1, len(tasks) + 1))]


def _play(
    tasks: tuple[str, ...], person: Person, story: Story, started_ms: int, rng: np.random.Generator
) -> dict[str, NDArray[Any]]:
    parts: list[Columns] = []
    at = float(started_ms)
    for task in tasks:
        play = _PLAYED.get(story.style)
        found = play(task, person, rng) if play else PLAYS[task](person, rng)
        n = len(found["reaction_ms"])
        if story.gives_up and task == tasks[-1]:
            n = max(1, int(n * (0.3 if story.every_days else rng.random())))
            found = {name: values[:n] for name, values in found.items()}
        at += rng.uniform(3_000, 8_000) if story.style == "fast" else rng.uniform(15_000, 50_000)
        times = at + np.cumsum(np.nan_to_num(found["reaction_ms"], nan=1_000.0) + rng.uniform(600, 1_200, n))
        at = float(times[-1])
        found["occurred_at"] = times.astype(np.int64)
        found["trial_no"] = np.arange(1.0, n + 1)
        found["task"] = np.full(n, task, object)
        parts.append(found)
    columns = ("occurred_at", "task", "trial_no", *TEXTS, *NUMBERS)
    joined = {name: np.concatenate([part[name] for part in parts]) for name in columns}
    joined["reaction_ms"] = np.round(joined["reaction_ms"], 1)
    return joined
