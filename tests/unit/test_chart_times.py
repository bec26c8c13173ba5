"""Do charts show local days and hours as the server told them, whatever zone the browser is in?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from data.settings import ROOT


def axes() -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """Every literal in components/ that describes an axis of time."""
    for path in sorted((ROOT / "components").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Dict):
                found = {k.value: v for k, v in zip(node.keys, node.values, strict=True) if isinstance(k, ast.Constant)}
                if isinstance(found.get("type"), ast.Constant) and found["type"].value == "temporal":
                    yield f"{path.name}:{node.lineno}", found


def test_axes_of_time_are_not_moved_into_the_zone_of_the_browser() -> None:
    """Labels are local times written without a zone. With the scale of the browser's own zone a day of the workspace is
    drawn as the day before wherever people are west of Greenwich."""
    found = dict(axes())
    assert len(found) >= 4
    wrong = [place for place, axis in found.items() if "scale" not in axis or "utc" not in ast.unparse(axis["scale"])]
    assert not wrong
