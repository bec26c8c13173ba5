"""What is wrong with the fields of a row that came as an object?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from services.ingest.mappings.nodes import near
from services.ingest.readers.encodings import is_broken

Problem = tuple[str, str, str | None, str]
"""Field, reason, found and expected."""


def wrong_field(row: Mapping[Any, Any], known: Sequence[str], closed: bool = True) -> Problem | None:
    """The first field that cannot be taken; `closed` refuses those that are not known, else they are passed over."""
    for name, value in row.items():
        if name not in known:
            if closed:
                return str(name), "no such column", str(name), f"one of {', '.join(known)}.{near(str(name), known)}"
        elif isinstance(value, (dict, list)):
            return name, "not a plain value", json.dumps(value)[:200], "a text, a number, true, false or null"
        elif isinstance(value, str) and is_broken(value):
            return name, "not text", ascii(value), "text without lone surrogates"
    return None
