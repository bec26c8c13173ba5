"""Who are the made-up people: what are they like, and to which groups do they belong?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PEOPLE = 640
CLICKS_THROUGH, ALWAYS_THE_SAME, GIVES_UP, SHOWS_OTHERS = 7, 11, 13, 17
"""Numbers of people with a story: see STORIES of the days."""
NORM_GROUPS = ("graduates", "managers", "operators")
GENDERS = ("woman", "man", "other")
AGE_GROUPS = ("under 35", "35 to 54", "55 and older")
_GROUP_PARTS, _GENDER_PARTS = (0.45, 0.25, 0.30), (0.48, 0.49, 0.03)
_AGE_PARTS = {"graduates": (0.86, 0.12, 0.02), "managers": (0.16, 0.62, 0.22), "operators": (0.40, 0.40, 0.20)}
_CARELESS_PART = 0.03


@dataclass(frozen=True, slots=True)
class Person:
    """A person; the latent traits are standard normal among all people, before the differences between groups."""

    name: str
    norm_group: str
    gender: str
    age_group: str
    is_careless: bool
    risk: float
    control: float
    memory: float
    focus: float
    patience: float
    cooperation: float
    speed: float


def name_of(number: int) -> str:
    """The pseudonym of a person."""
    return f"p-{number:04d}"


def people(rng: np.random.Generator, count: int = PEOPLE) -> list[Person]:
    """The people of a workspace. Older ones are slower and hold a little less in mind, and men take somewhat more risk:
    differences of a size that the check of fairness has to find."""
    return [_person(number, rng) for number in range(count)]


def _person(number: int, rng: np.random.Generator) -> Person:
    group = str(rng.choice(NORM_GROUPS, p=_GROUP_PARTS))
    gender = str(rng.choice(GENDERS, p=_GENDER_PARTS))
    age = str(rng.choice(AGE_GROUPS, p=_AGE_PARTS[group]))
    careless = bool(rng.random() < _CARELESS_PART) and number not in (GIVES_UP, SHOWS_OTHERS)
    general, own = rng.standard_normal(), rng.standard_normal(7)
    control, memory, focus, speed = (0.6 * general + 0.8 * own[i] for i in range(4))
    older = {"under 35": 0.0, "35 to 54": 0.25, "55 and older": 1.1}[age]
    if number == SHOWS_OTHERS:
        group, age, control, memory, focus, speed = "operators", AGE_GROUPS[-1], 1.3, 1.9, 1.8, 2.0
    return Person(
        name_of(number), group, gender, age, careless,
        risk=own[4] - 0.25 * control + {"man": 0.15, "woman": -0.15}.get(gender, 0.0),
        control=control - 0.3 * older, memory=memory - 0.8 * older + (0.2 if group == "graduates" else 0.0),
        focus=focus - 0.5 * older, patience=own[5] + 0.25 * control, cooperation=own[6],
        speed=speed - 1.1 * older,
    )  # fmt: skip
