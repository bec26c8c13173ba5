"""What are the first norms, which come with the pack? `python -m services.assessment.reference` writes them.

Nobody's real data: 3,000 made-up people who play every task once, with care. Whoever uses the pack with real people
renews the norms from their own (`manage.py assessment renorm`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from data.settings import ROOT
from services.assessment.definitions import EVERYBODY, MetricNorm, NormGroup, Norms, Scoring
from services.assessment.halves import half_values, reliabilities
from services.assessment.loading import scoring
from services.assessment.measuring import measure
from services.assessment.norming import UNKNOWN, renorm
from services.assessment.simulated.people import NORM_GROUPS, Person, people
from services.assessment.simulated.playing import PLAYS, carelessly
from services.assessment.trials import Trials, read_trials

PATH = ROOT / "data" / "packs" / "assessment" / "scoring" / "norms.yaml"
PEOPLE = 3000
SEED = 1936
_WITHOUT_HALVES = {"longest_span": 0.66, "mean_span": 0.84}  # test and retest, Woods et al. 2011
_TITLES = {EVERYBODY: "Everybody", "graduates": "Graduates", "managers": "Managers", "operators": "Operators"}


def reference_norms(rules: Scoring, version: str, from_on: date, count: int = PEOPLE) -> Norms:
    """Norms of `count` made-up people who play every task once; the careless among them are left out."""
    rng = np.random.default_rng(SEED)
    crowd = [person for person in people(rng, count) if not person.is_careless]
    trials = _played(crowd, rng)
    measured = measure(trials, rules)
    groups = {person.name: person.norm_group for person in crowd}
    halves = reliabilities(*half_values(trials, rules), rules) | _WITHOUT_HALVES
    alone = replace(rules, renorming=replace(rules.renorming, prior_people=0))
    of = [groups[session] for session in measured.sessions]
    return renorm(measured.valid_values(rules), of, halves, _flat(rules, version, from_on), alone, version, from_on)


def crowd_trials(count: int, seed: int, careless: int = 0) -> Trials:
    """Trials of made-up people who play every task once, the first of them without care."""
    rng = np.random.default_rng(seed)
    return _played(people(rng, count), rng, careless)


def _played(crowd: list[Person], rng: np.random.Generator, careless: int = 0) -> Trials:
    parts: list[dict[str, Any]] = []
    for number, person in enumerate(crowd):
        for task, play in PLAYS.items():
            found = carelessly(task, person, rng) if number < careless else play(person, rng)
            n = len(found["reaction_ms"])
            parts.append({
                **found, "session": np.full(n, person.name, object), "task": np.full(n, task, object),
                "trial_no": np.arange(1.0, n + 1), "occurred_at": np.zeros(n, np.int64),
            })  # fmt: skip
    return read_trials({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _flat(rules: Scoring, version: str, from_on: date) -> Norms:
    mapping = rules.mappings[-1]
    metrics = {score.name: MetricNorm(0, 0.0, 1.0, 0.5) for score in rules.scores}
    traits = {trait.name: UNKNOWN for trait in mapping.traits}
    groups = {name: NormGroup(name, _TITLES[name], metrics, traits) for name in (EVERYBODY, *NORM_GROUPS)}
    return Norms(version, from_on, mapping.version, groups)


def as_yaml(norms: Norms) -> str:
    """The norms as a file of the pack."""
    lines = [
        "# Norms of 3,000 made-up people, by `python -m services.assessment.reference`. Metrics are on their scale",
        "# (a logarithm where tasks.yaml says log), composites of traits in standard deviations.",
        "norms:", f"  {norms.version}:", f"    from: {norms.from_on}", f"    mapping: {norms.mapping}", "    groups:",
    ]  # fmt: skip
    for group in norms.groups.values():
        lines += [f"      {group.name}:", f"        title: {group.title}", "        metrics:"]
        lines += [
            f"          {name}: {{n: {m.n}, mean: {m.mean:.6g}, sd: {m.sd:.6g}, reliability: {m.reliability:.4f}}}"
            for name, m in group.metrics.items()
        ]
        lines.append("        traits:")
        for name, trait in group.traits.items():
            points = ", ".join(f"{point:.4f}" for point in trait.points)
            lines.append(f"          {name}: {{n: {trait.n}, mean_r: {trait.mean_r:.4f}, points: [{points}]}}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the file anew."""
    first = scoring().norms[0]
    PATH.write_text(as_yaml(reference_norms(scoring(), first.version, first.from_on)))


if __name__ == "__main__":
    main()
