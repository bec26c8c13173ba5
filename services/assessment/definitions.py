"""Of what are tasks, metrics, traits and norms made, once their files are read?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from data.errors import unknown

EVERYBODY = "all"
PERCENTILES = (5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0)


@dataclass(frozen=True, slots=True)
class Task:
    """A task and the rules for its trials; limits that are not set are None."""

    name: str
    title: str
    description: str
    kind: str
    trials: int
    least_trials: int
    source: str
    least_in_condition: int = 5
    fastest_ms: float = 150.0
    slowest_ms: float = 10_000.0
    trim_deviations: float = 3.0
    too_fast_share: float = 0.2
    too_fast_median_ms: float | None = None
    same_answer: str | None = None
    same_share: float = 0.95
    longest_run: int | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A metric of a session: one measure of one task's formula."""

    name: str
    title: str
    task: str
    measure: str
    unit: str
    scale: Literal["plain", "log"] = "plain"


@dataclass(frozen=True, slots=True)
class Trait:
    """A weighted sum of standardised metrics."""

    name: str
    title: str
    description: str
    weights: tuple[tuple[str, float], ...]
    least_weight: float
    benchmark: float


@dataclass(frozen=True, slots=True)
class Mapping:
    """A version of the traits; `selection` are those whose mean decides the outcome."""

    version: str
    traits: tuple[Trait, ...]
    selection: tuple[str, ...]
    selection_score: float


@dataclass(frozen=True, slots=True)
class MetricNorm:
    """Distribution of a metric, on its scale, in a group."""

    n: int
    mean: float
    sd: float
    reliability: float


@dataclass(frozen=True, slots=True)
class TraitNorm:
    """Distribution of a trait's composite in a group: its values at PERCENTILES, and how its metrics hang together."""

    n: int
    mean_r: float
    points: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NormGroup:
    """The norms of one group."""

    name: str
    title: str
    metrics: dict[str, MetricNorm]
    traits: dict[str, TraitNorm]


@dataclass(frozen=True, slots=True)
class Norms:
    """A version of the norms of all groups, in force for sessions completed from `from_on` on."""

    version: str
    from_on: date
    mapping: str
    groups: dict[str, NormGroup]

    def group(self, name: str | None) -> NormGroup:
        """The group of that name, or everybody's."""
        return self.groups.get(name or EVERYBODY) or self.groups[EVERYBODY]


@dataclass(frozen=True, slots=True)
class Renorming:
    """How new norms are made."""

    window_days: int
    least_people: int
    prior_people: int


@dataclass(frozen=True, slots=True)
class Scoring:
    """Everything that scoring needs; `norms` by day from which they are in force."""

    tasks: tuple[Task, ...]
    scores: tuple[Score, ...]
    least_valid_share: float
    idle_minutes: int
    mappings: tuple[Mapping, ...]
    norms: tuple[Norms, ...]
    renorming: Renorming
    fingerprint: str = ""

    def mapping(self, version: str) -> Mapping:
        """The mapping of that version; raises UnknownName."""
        found = {mapping.version: mapping for mapping in self.mappings}
        if version not in found:
            raise unknown("version of the mapping", version, found)
        return found[version]

    def norms_of(self, version: str) -> Norms:
        """The norms of that version; raises UnknownName."""
        found = {norms.version: norms for norms in self.norms}
        if version not in found:
            raise unknown("version of the norms", version, found)
        return found[version]

    def norms_on(self, day: date) -> Norms:
        """The norms in force on a day: the latest that began by then, or the first there are."""
        begun = [norms for norms in self.norms if norms.from_on <= day]
        return begun[-1] if begun else self.norms[0]
