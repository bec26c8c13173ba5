"""What does one entry of a file say, field by field, and what is wrong with it?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.errors import BadInput
from services.routing.clock import seconds_of


@dataclass(frozen=True, slots=True)
class Record:
    """One entry; `where` is its file and line. Every reading raises BadInput with what was found and expected."""

    where: str
    values: Mapping[str, Any]

    def has(self, name: str) -> bool:
        """Whether the field says anything."""
        return self.values.get(name) not in (None, "")

    def wrong(self, name: str, expected: str) -> BadInput:
        """The error for a field."""
        found = repr(self.values[name]) if self.has(name) else "nothing"
        return BadInput(f"{self.where}, field {name}: found {found}, expected {expected}.")

    def text(self, name: str, default: str | None = None) -> str:
        """A text; required without a default."""
        if not self.has(name) and default is not None:
            return default
        if not self.has(name) or not str(self.values[name]).strip():
            raise self.wrong(name, "a text")
        return str(self.values[name]).strip()

    def number(self, name: str, default: float | None, low: float, high: float) -> float:
        """A number from `low` to `high`; required without a default."""
        if not self.has(name) and default is not None:
            return default
        try:
            found = float(str(self.values.get(name)).replace(",", "."))
        except ValueError:
            found = math.nan
        if not low <= found <= high:
            raise self.wrong(name, f"a number from {low:g} to {high:g}")
        return found

    def clock(self, name: str, default: int | None = None) -> int:
        """A time of day in seconds; required without a default."""
        if not self.has(name) and default is not None:
            return default
        try:
            return seconds_of(str(self.values.get(name)))
        except ValueError as error:
            raise self.wrong(name, "a time like 08:30") from error

    def names(self, name: str) -> list[str]:
        """A list, in a CSV separated by `|` or `;`."""
        found = self.values.get(name) or []
        parts = found if isinstance(found, list) else str(found).replace(";", "|").split("|")
        return [str(part).strip() for part in parts if str(part).strip()]

    def one_of(self, name: str, default: str, known: Sequence[str]) -> str:
        """One of a few words."""
        found = self.text(name, default)
        if found not in known:
            raise self.wrong(name, f"one of {', '.join(known)}")
        return found
