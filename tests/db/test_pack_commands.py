"""Do the commands for packs print what other tools rely on?"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from data.settings import ROOT
from data.types import Scope
from tests import zygote


def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    return zygote.run([str(ROOT / "manage.py"), *arguments], cwd="/")


def printed(*arguments: str) -> Any:
    done = manage(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


def test_metrics_are_listed_with_the_agreed_names(database: str) -> None:
    found = {metric["name"]: metric for metric in printed("metrics")}
    agreed = {"pack", "name", "unit", "format", "better", "target", "description", "dataset", "shape"}
    assert all(agreed <= metric.keys() for metric in found.values())
    rate = found["sla_breach_rate"]
    assert (rate["pack"], rate["unit"], rate["format"], rate["better"]) == ("grievance", "%", "percent", "lower")
    assert (rate["target"], rate["dataset"], rate["shape"]) == (0.15, "complaints", "ratio")
    assert found["backlog_age"]["dataset"] == "complaints" and found["escalation_rate"]["dataset"] == "complaint_events"


def test_packs_are_listed_with_their_datasets(database: str) -> None:
    pack = next(pack for pack in printed("packs") if pack["name"] == "grievance")
    kinds = {dataset["name"]: dataset["kind"] for dataset in pack["datasets"]}
    assert kinds == {"complaints": "keyed", "complaint_events": "append"}
    assert "complaints_opened" in pack["metrics"] and Path(pack["folder"]).is_dir()


def test_people_read_lines(database: str) -> None:
    metrics = manage("metrics").stdout
    assert "grievance.resolution_rate (%, target 0.95): Resolved in the period" in metrics
    assert "grievance: Citizen complaints\n  complaints (keyed), complaint_events" in manage("packs").stdout


def test_rows_are_made_up_once_and_then_what_is_missing(scope: Scope) -> None:
    slug = scope.workspace.slug
    first = printed("simulate", "grievance", "--workspace", slug, "--days", "2")
    again = printed("simulate", "grievance", "--workspace", slug, "--days", "2")
    assert first["inserted"] > 2000 and again["inserted"] < 50


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pack", "check", "grievence"), "Did you mean `grievance`?"),
        (("simulate", "grievence", "--workspace", "nowhere"), "No workspace `nowhere`"),
        (("pack", "new", "Trees"), "expected lower-case letters"),
    ],
)
def test_errors_go_to_standard_error_with_exit_code_2(database: str, arguments: tuple[str, ...], message: str) -> None:
    done = manage(*arguments, "--json")
    assert (done.returncode, done.stdout) == (2, "") and message in done.stderr
