"""Is what is wrong with the scoring files named with its file and line?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data.settings import ROOT
from services.assessment.forms import MEASURES
from services.assessment.formulas import FORMULAS
from services.assessment.loading import load_scoring, scoring
from services.assessment.simulated.days import BATTERIES
from services.assessment.simulated.playing import PLAYS
from services.model import BadPack, load_pack

FOLDER = ROOT / "data" / "packs" / "assessment"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER / "scoring", tmp_path / "assessment" / "scoring")
    return tmp_path / "assessment" / "scoring"


def change(folder: Path, file: str, old: str, new: str) -> int:
    """Change the first occurrence; returns its line."""
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("tasks.yaml", "kind: balloons", "kind: baloons", "Did you mean `balloons`?"),
        ("tasks.yaml", "least_trials: 15", "least_trials: 40", "least_trials: found 40, expected 1 to 20."),
        ("tasks.yaml", "measure: adjusted_pumps", "measure: pumps", "found `pumps`, expected `adjusted_pumps` or"),
        ("tasks.yaml", "least_valid_share: 0.75", "least_valid_share: 75", "expected a part between 0 and 1."),
        ("traits.yaml", "go_d_prime: 0.5", "go_dprime: 0.5", "Did you mean `go_d_prime`?"),
        ("traits.yaml", "selection: [self_control", "selection: [selfcontrol", "Did you mean `self_control`?"),
        ("traits.yaml", "prior_people: 50", "prior_people: some", "found `some`, expected a whole number."),
        ("norms.yaml", "from: 2024-01-01", "from: 2024-13-01", "expected a day like 2025-01-01."),
        ("norms.yaml", "mapping: m1", "mapping: m7", "mapping: found `m7`, expected `m1`."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(folder: Path, file: str, old: str, new: str, told: str) -> None:
    line = change(folder, file, old, new)
    with pytest.raises(BadPack) as caught:
        load_scoring(folder)
    assert any(
        str(p).startswith(f"assessment/scoring/{file}:{line}: ") and told in str(p) for p in caught.value.problems
    )


def test_norms_need_everybody_and_every_metric_of_a_trait(folder: Path) -> None:
    text = (folder / "norms.yaml").read_text().replace("      all:\n", "      everyone:\n")
    (folder / "norms.yaml").write_text("\n".join(line for line in text.splitlines() if "mean_span" not in line))
    with pytest.raises(BadPack) as caught:
        load_scoring(folder)
    told = str(caught.value)
    assert "group `all` is missing" in told and "metric `mean_span` of trait `working_memory` has no norm" in told


def test_a_change_of_the_files_is_a_change_of_the_fingerprint(folder: Path) -> None:
    assert load_scoring(folder).fingerprint == scoring().fingerprint
    change(folder, "traits.yaml", "benchmark: 40", "benchmark: 41")
    assert load_scoring(folder).fingerprint != scoring().fingerprint


def test_every_measure_of_a_formula_may_be_named_and_every_task_is_played() -> None:
    assert FORMULAS.keys() == MEASURES.keys()
    tasks = {task.name for task in scoring().tasks}
    trials = next(d for d in load_pack(FOLDER).datasets if d.name == "trials")
    assert tasks == PLAYS.keys() == set(next(d.values for d in trials.dimensions if d.name == "task"))
    assert {task for battery in BATTERIES.values() for task in battery} == tasks and len(tasks) >= 8
    assert all(task.source for task in scoring().tasks)
