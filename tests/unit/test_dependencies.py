"""Has every dependency a reason, and one version?"""

from __future__ import annotations

import re

from data.settings import ROOT

PAGE = (ROOT / "docs" / "decisions" / "dependencies.md").read_text()


def required(name: str) -> dict[str, str]:
    """Package -> version of one requirements file."""
    lines = [line.strip() for line in (ROOT / name).read_text().splitlines()]
    wanted = [line for line in lines if line and not line.startswith(("#", "-r"))]
    found = {}
    for line in wanted:
        match = re.fullmatch(r"([A-Za-z0-9-]+)(\[[a-z,]+\])?==([0-9.]+)( --hash=sha256:[0-9a-f]{64})?", line)
        assert match, f"{name}: {line} is not pinned to one version"
        found[match[1]] = match[3]
    return found


def explained(heading: str) -> list[str]:
    """Packages in the table below a heading."""
    section = PAGE.split(f"## {heading}")[1].split("\n## ")[0]
    return re.findall(r"^\| `([A-Za-z0-9-]+)` \| .+ \| .+ \|$", section, re.MULTILINE)


def test_every_pinned_dependency_is_explained_once() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "deploy/drawing.txt"):
        assert explained(name) == list(required(name))
