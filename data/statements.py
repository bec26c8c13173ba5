"""Where are the named SQL statements, and what is the text of one?

Files in data/sql/ hold statements, each headed by `-- name -- one line of purpose`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, LiteralString

from data.database import Transaction
from data.errors import unknown

_FOLDER = Path(__file__).parent / "sql"
_HEAD = re.compile(r"^-- (?P<name>[a-z0-9_]+) -- (?P<purpose>.+)$", re.MULTILINE)


@lru_cache(maxsize=1)
def statements() -> dict[str, str]:
    """Every named statement; ValueError when two share a name."""
    found: dict[str, str] = {}
    for path in sorted(_FOLDER.glob("*.sql")):
        parts = _HEAD.split(path.read_text())
        for name, body in zip(parts[1::3], parts[3::3], strict=True):
            if name in found:
                raise ValueError(f"{path}: a second statement named {name}")
            found[name] = body.strip().rstrip(";")
    return found


def sql(name: str) -> LiteralString:
    """The text of one named statement."""
    found = statements()
    if name not in found:
        raise unknown("statement", name, found)
    return found[name]


def run(tx: Transaction, name: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a named statement in a transaction; its rows, or none when it returns nothing."""
    cursor = tx.execute(sql(name), values)
    return cursor.fetchall() if cursor.description else []
