"""What does the model of the meetings world read, judge and match, and what do people say it should have been?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.model import Dataset
from services.simulate.worlds.draws import Texts, in_ms, only, pick, table, texts, where
from services.simulate.worlds.tables import NEVER, Floats, Ints, Mask, Table

# A field: how often it is read, how sure the model is in the middle, and by how much it is too sure.
FIELDS = {
    "company": (20, 0.93, 0.0), "contact": (17, 0.90, 0.01), "next step": (21, 0.82, 0.02), "need": (14, 0.76, 0.03),
    "product": (12, 0.88, 0.0), "budget": (9, 0.81, 0.21), "decision date": (7, 0.78, 0.16),
}  # fmt: skip
VALUES = {
    "company": ("Alder Works", "Birch & Co", "Cedar Systems", "Dune Logistics", "Elm Foods", "Fjord Energy"),
    "contact": ("J. Hale", "R. Santos", "K. Weber", "L. Osei", "M. Tan", "P. Lind"),
    "next step": ("send offer", "demo", "call again", "visit", "contract review"),
    "need": ("fewer tools", "faster reports", "lower cost", "compliance"),
    "product": ("Core", "Plus", "Insight"),
    "budget": ("under 10k", "10k to 50k", "50k to 200k", "over 200k", "not named"),
    "decision date": ("this month", "this quarter", "next quarter", "next year"),
}
CONFIRMED = 0.46
MATCHING = {"email": (52, 0.97), "name": (24, 0.72), "phone": (14, 0.93), "nothing": (10, 0.0)}
Columns = Mapping[str, NDArray[Any]]


class Reading:
    """Extractions, detections and participants of the meetings of a day."""

    def __init__(self, datasets: Mapping[str, Dataset]) -> None:
        self.datasets = datasets

    def extractions(self, meetings: Columns, rng: np.random.Generator, version: str) -> Table:
        """About three fields of each meeting, with a truth for almost half of them some hours later."""
        row = np.repeat(np.arange(len(meetings["starts_at"])), 1 + rng.poisson(1.8, len(meetings["starts_at"])))
        n = len(row)
        field = pick(rng, {name: weight for name, (weight, _, _) in FIELDS.items()}, n)
        middle = table(field, {name: middle for name, (_, middle, _) in FIELDS.items()})
        too_sure = table(field, {name: less for name, (_, _, less) in FIELDS.items()})
        confidence = np.round(rng.beta(middle * 9, (1 - middle) * 9 + 0.2, n), 3)
        right = rng.random(n) < np.clip(confidence - too_sure, 0.05, 0.99)
        truth = texts(VALUES[name][int(rng.random() * len(VALUES[name]))] for name in field)
        other = texts(_another(name, value, rng) for name, value in zip(field, truth, strict=True))
        said = np.where(right, truth, other)
        nothing = ~right & (rng.random(n) < 0.15)
        at = meetings["summarised_at"][row] + rng.integers(0, 4000, n)
        confirmed_at = _later(at, rng.random(n) < CONFIRMED, 9, rng)
        columns: dict[str, NDArray[Any]] = {
            "extraction_id": texts(f"x-{meeting}-{i}" for i, meeting in enumerate(meetings["meeting_id"][row])),
            "extracted_at": at, "confirmed_at": confirmed_at, "field": field, "model_version": texts([version] * n),
            "predicted": only(~nothing, said.astype(object)), "confirmed": only(confirmed_at < NEVER, truth),
            "confidence": confidence, "meeting": meetings["meeting_id"][row],
            **{name: meetings[name][row] for name in ("team", "seller")},
        }  # fmt: skip
        return Table(self.datasets["extractions"], at, columns, known={"confirmed": confirmed_at})

    def participants(self, meetings: Columns, rng: np.random.Generator) -> Table:
        """The people in each meeting beside the seller; who is matched by name alone is often somebody else."""
        guests = np.minimum(meetings["attendees"].astype(np.int64) - 1, 3)
        row = np.repeat(np.arange(len(guests)), guests)
        n, at = len(row), meetings["starts_at"][row] + rng.integers(0, 240_000, len(row))
        how = pick(rng, {name: weight for name, (weight, _) in MATCHING.items()}, n)
        sure = table(how, {name: chance for name, (_, chance) in MATCHING.items()})
        right, found = rng.random(n) < sure, how != "nothing"
        number = rng.integers(0, 9000, n)
        true_lead = texts(f"l-{value:05d}" for value in number)
        wrong = texts(f"l-{value:05d}" for value in (number + 1 + rng.integers(0, 800, n)) % 9000)
        stranger = ~right & (rng.random(n) < 0.35)
        confirmed_at = _later(at, rng.random(n) < 0.4, 20, rng)
        truth = np.where(stranger, "none", true_lead).astype(object)
        confidence = np.round(np.clip(sure + rng.normal(-0.02, 0.06, n), 0.05, 1), 3)
        columns: dict[str, NDArray[Any]] = {
            "participant_id": texts(f"{meeting}-{i}" for i, meeting in enumerate(meetings["meeting_id"][row])),
            "seen_at": at, "match_confirmed_at": confirmed_at, "matched_by": how,
            "matched_lead": np.where(found, np.where(right, true_lead, wrong), "none").astype(object),
            "true_lead": only(confirmed_at < NEVER, truth), "match_confidence": np.where(found, confidence, np.nan),
            "meeting": meetings["meeting_id"][row], **{name: meetings[name][row] for name in ("team", "seller")},
        }  # fmt: skip
        return Table(self.datasets["participants"], at, columns, known={"true_lead": confirmed_at})

    def detections(self, meetings: Columns, rng: np.random.Generator) -> Table:
        """Every meeting is judged, and one other entry for every third of them."""
        n = len(meetings["starts_at"])
        row = np.concatenate([np.arange(n), np.flatnonzero(rng.random(n) < 0.33)])
        was = where(np.arange(len(row)) < n, "meeting", "other")
        right = rng.random(len(row)) < np.where(was == "meeting", 0.955, 0.86)
        detected = np.where(right, was, np.where(was == "meeting", "other", "meeting")).astype(object)
        confidence = np.round(np.where(right, rng.beta(14, 1.3, len(row)), rng.beta(5, 2.4, len(row))), 3)
        at = meetings["starts_at"][row] + rng.integers(60_000, 400_000, len(row))
        confirmed_at = _later(at, rng.random(len(row)) < 0.5, 16, rng)
        columns: dict[str, NDArray[Any]] = {
            "detection_id": texts(f"d-{meeting}-{i}" for i, meeting in enumerate(meetings["meeting_id"][row])),
            "detected_at": at, "detection_confirmed_at": confirmed_at, "detected_as": detected,
            "was": only(confirmed_at < NEVER, was), "detection_confidence": confidence,
            **{name: meetings[name][row] for name in ("team", "seller", "found_by")},
        }  # fmt: skip
        return Table(self.datasets["detections"], at, columns, known={"was": confirmed_at})


def _another(field: str, value: str, rng: np.random.Generator) -> str:
    others = [one for one in VALUES[field] if one != value]
    return others[int(rng.random() * len(others))]


def _later(at: Ints, happens: Mask, hours: float, rng: np.random.Generator) -> Ints:
    waits: Floats = np.minimum(rng.lognormal(np.log(hours), 1.1, len(at)), 24 * 25)
    return np.where(happens, at + in_ms(waits), NEVER)


def repeated(columns: Columns, rows: Ints, names: tuple[str, ...]) -> dict[str, Texts]:
    """Some columns for some rows."""
    return {name: columns[name][rows] for name in names}
