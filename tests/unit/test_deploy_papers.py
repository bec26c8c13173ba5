"""Do the papers and files for operation name only what exists?"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from data.settings import ROOT, Settings

PAPERS = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
FILES = [path for path in [*PAPERS, *(ROOT / "deploy").iterdir()] if path.is_file()]


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_papers_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text())
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


def test_only_settings_that_exist_are_named() -> None:
    known = {f"BELVEDERE_{name.upper()}" for name in Settings.model_fields} | {"BELVEDERE_SETTINGS"}
    found = {name for path in FILES for name in re.findall(r"BELVEDERE_[A-Z_]+[A-Z]", path.read_text())}
    assert found - known == set()


def test_only_commands_that_exist_are_named() -> None:
    shown = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "--help"], capture_output=True, text=True, check=True
    )
    known = set(re.findall(r"^  ([a-z-]+) ", shown.stdout, re.MULTILINE))
    assert {"run", "web", "worker", "import", "query"} <= known
    found = {name for path in FILES for name in re.findall(r"manage\.py ([a-z][a-z-]+)", path.read_text())}
    assert found - known == set()


def test_compose_runs_web_worker_and_migration_of_one_image() -> None:
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    commands = {name: service["command"] for name, service in services.items() if name != "database"}
    assert commands == {name: f"python manage.py {name}" for name in ("migrate", "web", "worker")}
