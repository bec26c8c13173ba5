"""What are the fields of a node that is read as a form?"""

from __future__ import annotations

import re

from services.model.forms import Block
from services.model.nodes import Node

INTEGER = re.compile(r"-?[0-9]{1,9}")
SPAN = re.compile(r"(\d+)\s*([smhd])")
DAYS = re.compile(r"([1-9]\d{0,5})\s*(?:days?|d)")
_SPAN_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Form:
    """A node read as a block; typed look-ups give the default where a field is missing or has another form."""

    def __init__(self, block: Block, node: Node) -> None:
        self.block = block
        self.fields = dict(node.children or {})
        if node.text is not None and block.short:
            self.fields = {block.short: node}

    def text(self, name: str, default: str = "") -> str:
        """The text of a field."""
        node = self.fields.get(name)
        return default if node is None or node.text is None else node.text

    def maybe(self, name: str) -> str | None:
        """The text of a field, or None."""
        return self.text(name) or None

    def number(self, name: str) -> float | None:
        """The number of a field, or None."""
        return to_number(self.text(name))

    def amount(self, name: str, default: float) -> float:
        """The number of a field, or the default."""
        number = self.number(name)
        return default if number is None else number

    def flag(self, name: str, default: bool) -> bool:
        """The truth of a field."""
        return self.text(name, "true" if default else "false").lower() == "true"

    def names(self, name: str) -> tuple[str | None, ...]:
        """The texts of a list; None where null was written."""
        node = self.fields.get(name)
        return tuple(item.text for item in (node.items or ())) if node else ()

    def numbers(self, name: str) -> tuple[float, ...]:
        """The numbers of a list."""
        return tuple(to_number(text or "") or 0.0 for text in self.names(name))

    def texts(self, name: str) -> dict[str, str]:
        """Names with a text each."""
        return {key: child.text or "" for key, child in self._children(name).items()}

    def amounts(self, name: str) -> tuple[tuple[str, float], ...]:
        """Names with a number each."""
        return _amounts(self.fields.get(name))

    def tables(self, name: str) -> dict[str, tuple[tuple[str, float], ...]]:
        """Names with a table of numbers each."""
        return {key: _amounts(child) for key, child in self._children(name).items()}

    def span(self, name: str, default: int) -> int:
        """Seconds of a span."""
        matched = SPAN.fullmatch(self.text(name))
        return int(matched[1]) * _SPAN_SECONDS[matched[2]] if matched else default

    def days(self, name: str) -> int | None:
        """A number of days, or None."""
        matched = DAYS.fullmatch(self.text(name))
        return int(matched[1]) if matched else None

    def form(self, name: str) -> Form | None:
        """The block inside, or None."""
        node = self.fields.get(name)
        return Form(self._inner(name), node) if node else None

    def forms(self, name: str) -> dict[str, Form]:
        """The named blocks inside."""
        return {key: Form(self._inner(name), child) for key, child in self._children(name).items()}

    def _children(self, name: str) -> dict[str, Node]:
        node = self.fields.get(name)
        return (node.children or {}) if node else {}

    def _inner(self, name: str) -> Block:
        inner = next(field.inner for field in self.block.fields if field.name == name)
        assert inner is not None
        return inner


def _amounts(node: Node | None) -> tuple[tuple[str, float], ...]:
    children = (node.children or {}) if node else {}
    found = ((key, to_number(child.text or "")) for key, child in children.items())
    return tuple((key, number) for key, number in found if number is not None)


def to_number(text: str) -> float | None:
    """The number a text says, or None; neither infinite nor NaN."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
