"""Do the engine's commands print what other tools rely on?"""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from data.model import Dataset, Model, Pack
from data.types import Scope
from services.cli import engine
from tests.db.ledger import START, case, damage, hours, installed, write


@pytest.fixture
def cases(database: str, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    found = installed(database)
    monkeypatch.setattr("services.model.current", lambda: Model((Pack("ledger", "Ledger", "", found, ()),)))
    return found[0]


def run(scope: Scope, *words: str) -> tuple[int, str]:
    app = typer.Typer()
    engine.register(app)
    app.command("other")(lambda: None)
    result = CliRunner().invoke(app, ["engine", *words, "--workspace", scope.workspace.slug])
    return result.exit_code, result.output


def answer(scope: Scope, *words: str) -> Any:
    return json.loads(run(scope, *words, "--json")[1])


def test_verify_prints_how_many_days_were_checked(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case("a"), case("b", closed_at=START + hours(30))])
    assert answer(scope, "verify") == {"checked": 2, "mismatches": 0, "details": []}
    assert run(scope, "verify") == (0, "2 days of streams checked, 0 mismatches.\n")


def test_verify_fails_and_says_where_when_something_differs(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case("a"), case("b", opened_at=START + hours(24))])
    damage("DELETE FROM belvedere.segments WHERE workspace_id = %s AND day = '2026-03-08'", scope.workspace.id)
    code, said = run(scope, "verify", "--dataset", "cases")
    assert code == 1
    assert f"{scope.workspace.slug} ledger.cases opened_at 2026-03-08: missing, 0 in segments, 1 in rows" in said
    found = answer(scope, "verify")
    assert found["mismatches"] == 1 and found["details"][0]["day"] == "2026-03-08"


def test_rebuild_sets_it_right(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case("a"), case("b", opened_at=START + hours(24))])
    damage("DELETE FROM belvedere.segments WHERE workspace_id = %s", scope.workspace.id)
    assert answer(scope, "rebuild", "-d", "cases", "--day", "2026-03-07") == {
        "days": 2,
        "rows": 1,
    }  # one day of each of two streams
    assert answer(scope, "verify")["mismatches"] == 1
    assert answer(scope, "rebuild", "--dataset", "ledger.cases") == {"days": 2, "rows": 2}
    assert answer(scope, "verify")["mismatches"] == 0


def test_compact_says_what_it_merged(scope: Scope, cases: Dataset) -> None:
    for number in range(3):
        write(scope, cases, str(number), [case(str(number))])
    assert answer(scope, "compact") == {"merged": 3, "made": 1, "deleted": 0}
    assert run(scope, "compact")[1] == "0 segments merged into 0, 0 old ones deleted.\n"


def test_a_wrong_name_is_refused(scope: Scope, cases: Dataset) -> None:
    code, _ = run(scope, "verify", "--dataset", "ledger.casses")
    assert code != 0
