"""Of which fields is a form made, and what may each hold?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldKind = Literal[
    "text", "name", "number", "integer", "flag", "choice", "names", "numbers", "texts", "amounts", "tables", "span",
    "days", "block", "blocks", "any",
]  # fmt: skip
KINDS: dict[FieldKind, str] = {
    "text": "a text",
    "name": "a name",
    "number": "a number",
    "integer": "a whole number",
    "flag": "`true` or `false`",
    "choice": "one of a few words",
    "names": "a list of texts, as in [first, second]",
    "numbers": "a list of numbers, as in [1, 2]",
    "texts": "names with a text each",
    "amounts": "names with a number each",
    "tables": "names with a table of numbers each",
    "span": "a span like `15m`, `2h` or `1d`",
    "days": "a number of days, as in `90 days`",
    "block": "named fields",
    "blocks": "named blocks",
    "any": "a form of its own",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a block: what it holds and means. `inner` is the form of the block or blocks inside."""

    name: str
    kind: FieldKind
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()
    inner: Block | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One form: the fields that may stand together. `short` is the field a bare text stands for."""

    name: str
    meaning: str
    fields: tuple[Field, ...]
    short: str = ""

    def names(self) -> tuple[str, ...]:
        """The fields by name."""
        return tuple(field.name for field in self.fields)
