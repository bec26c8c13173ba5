"""Do the commands of assessments print what people and other tools rely on?"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from data.errors import BadInput, UnknownName
from data.types import Scope
from services.cli.assessment import register
from services.model import enable_pack
from services.simulate import write_history
from tests.support import make_scope, make_workspace

NOW = datetime.now(UTC)
app = typer.Typer()
register(app)


@pytest.fixture(scope="module")
def told(database: str) -> Scope:
    """A workspace with some weeks that end now."""
    scope = make_scope(make_workspace())
    enable_pack(scope, "assessment")
    list(write_history(scope, "assessment", 25, NOW))
    return scope


def run(scope: Scope, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["assessment", *arguments, "--workspace", scope.workspace.slug])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def printed(scope: Scope, *arguments: str) -> Any:
    return json.loads(run(scope, *arguments, "--json"))


def test_sessions_are_scored_and_renewed_norms_are_used(told: Scope) -> None:
    assert printed(told, "score")["everything"] is True
    assert run(told, "score").startswith("0 of 0 sessions scored; written: nothing; removed: 0.")
    day = (NOW - timedelta(days=3)).date().isoformat()
    made = printed(told, "renorm", "mine", "--from", day)
    assert made["groups"] == ["all", "graduates", "managers", "operators"] and made["people"] > 20
    assert (made["version"], made["from"], made["mapping"]) == ("mine", day, "m1")
    with pytest.raises(BadInput, match="found 'soon', expected a day"):
        run(told, "renorm", "other", "--from", "soon")


def test_a_profile_can_be_read_by_people_and_by_programs(told: Scope) -> None:
    found = printed(told, "profile", "p-0017")
    assert found["valid"] and {"score", "low", "high", "percentile", "versus"} <= found["traits"][0].keys()
    text = run(told, "profile", "p-0017", "--norms", "n1", "--norm-group", "all")
    assert "Against Everybody, norms n1, mapping m1." in text and "Working memory" in text
    assert "This session cannot be believed: too_fast." in run(told, "profile", "p-0007")
    with pytest.raises(UnknownName):
        run(told, "profile", "p-9999")


def test_fairness_names_the_reference_and_the_ratios(told: Scope) -> None:
    groups = printed(told, "fairness", "gender", "--days", "40")["groups"]
    assert groups[0]["verdict"] == "reference" and {group["group"] for group in groups} >= {"woman", "man"}
    assert "reference" in run(told, "fairness", "gender", "--days", "40")
    empty = make_scope(make_workspace())
    assert "Fewer than two groups" in printed(empty, "fairness", "gender")["cannot_tell"]
    assert "Fewer than two groups" in run(empty, "fairness", "gender")
