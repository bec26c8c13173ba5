"""Do charts show local days and hours as the server told them, whatever zone the browser is in?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from components.charts import wall_clock
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


def test_hours_on_axes_are_in_the_zone_of_the_axis() -> None:
    """A time with no zone is read in the browser's: in Los Angeles what happened at 08:00 stood at 16:00."""
    assert wall_clock("2026-11-15T08:00:00") == "2026-11-15T08:00:00Z"
    for module in ("charts", "courses", "traits"):
        columns = ast.parse((ROOT / "components" / f"{module}.py").read_text())
        at = [
            ast.unparse(value)
            for node in ast.walk(columns)
            if isinstance(node, ast.Dict)
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and key.value in ("at", "middle", "from")
            if isinstance(value, ast.ListComp)
        ]
        assert at and all("wall_clock" in told for told in at), (module, at)
