"""Does a node have the form that the grammar gives its block, and what are its fields?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from services.model.grammar import BLOCKS, KINDS, Block, Field
from services.model.nodes import Node
from services.model.problems import Problem, expected_one_of

_SPAN = re.compile(r"(\d+)\s*([smhd])")
_SPAN_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Form:
    """A node read as a block; typed look-ups give the default where the field is missing or wrong.

    `check` is called once on the outermost block; findings go to its list.
    """

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

    def flag(self, name: str, default: bool) -> bool:
        """The truth of a field."""
        return self.text(name, "true" if default else "false").lower() == "true"

    def names(self, name: str) -> tuple[str | None, ...]:
        """The texts of a list; None where null was written."""
        node = self.fields.get(name)
        return tuple(item.text for item in (node.items or ())) if node else ()

    def amounts(self, name: str) -> tuple[tuple[str, float], ...]:
        """Names with a number each."""
        node = self.fields.get(name)
        found = ((key, to_number(child.text or "")) for key, child in ((node.children or {}) if node else {}).items())
        return tuple((key, number) for key, number in found if number is not None)

    def span(self, name: str, default: int) -> int:
        """Seconds of a span."""
        matched = _SPAN.fullmatch(self.text(name))
        return int(matched[1]) * _SPAN_SECONDS[matched[2]] if matched else default

    def forms(self, name: str) -> dict[str, Form]:
        """Named blocks inside."""
        node = self.fields.get(name)
        block = BLOCKS[next(field.block for field in self.block.fields if field.name == name)]
        return {key: Form(block, child) for key, child in (node.children or {}).items()} if node else {}

    def form(self, name: str) -> Form | None:
        """The block inside, or None."""
        node = self.fields.get(name)
        block = BLOCKS[next(field.block for field in self.block.fields if field.name == name)]
        return Form(block, node) if node else None


def to_number(text: str) -> float | None:
    """The number a text says, or None; neither infinite nor NaN."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def check_form(block: Block, node: Node, subject: str) -> Iterator[Problem]:
    """Every departure of a node from its block, with place, found and expected."""
    if node.children is None:
        if node.text is None or not block.short:
            expected = f"expected the fields of a {block.name}"
            yield Problem(node.place, subject, f"found {node.kind}, {expected}.")
        return
    for name, child in node.children.items():
        field = next((f for f in block.fields if f.name == name), None)
        if field is None:
            yield Problem(child.place, subject, f"unknown field: {expected_one_of(name, block.names())}")
        else:
            yield from _check_field(field, child, subject)
    for field in block.fields:
        if field.required and field.name not in node.children:
            yield Problem(
                node.place, subject, f"field `{field.name}` is missing; expected {KINDS[field.kind]}: {field.meaning}"
            )


def _check_field(field: Field, node: Node, subject: str) -> Iterator[Problem]:
    if field.kind == "block":
        yield from check_form(BLOCKS[field.block], node, f"{subject}, `{field.name}`")
    elif field.kind in _LARGE:
        yield from _LARGE[field.kind](field, node, subject)
    elif field.choices:
        if node.text not in field.choices:
            found = node.text if node.text is not None else node.kind
            yield Problem(node.place, _field(subject, field), expected_one_of(found, field.choices))
    elif field.kind != "any" and not _fits(field, node):
        yield Problem(node.place, _field(subject, field), f"found {node.kind}, expected {KINDS[field.kind]}.")


def _field(subject: str, field: Field) -> str:
    return f"{subject}, field `{field.name}`"


def _check_blocks(field: Field, node: Node, subject: str) -> Iterator[Problem]:
    if node.children is None:
        if node.text is not None or node.items is not None:
            yield Problem(node.place, _field(subject, field), f"found {node.kind}, expected {KINDS[field.kind]}.")
        return
    for name, child in node.children.items():
        of = "" if field.block in ("dataset", "metric", "exposure") else f"{subject}, "
        yield from check_form(BLOCKS[field.block], child, f"{of}{field.block} `{name}`")


def _check_names(field: Field, node: Node, subject: str) -> Iterator[Problem]:
    if node.items is None:
        yield Problem(node.place, _field(subject, field), f"found {node.kind}, expected a list, as in [first, second].")
        return
    for item in node.items:
        if item.items is not None or item.children is not None:
            yield Problem(item.place, _field(subject, field), f"found {item.kind}, expected a text.")


def _check_amounts(field: Field, node: Node, subject: str) -> Iterator[Problem]:
    if not node.children:
        yield Problem(node.place, _field(subject, field), f"found {node.kind}, expected {KINDS[field.kind]}.")
    for name, child in (node.children or {}).items():
        if child.text is None or to_number(child.text) is None:
            yield Problem(child.place, f"{_field(subject, field)}, `{name}`", f"found {child.kind}, expected a number.")


_LARGE: dict[str, Callable[[Field, Node, str], Iterator[Problem]]] = {
    "blocks": _check_blocks,
    "names": _check_names,
    "amounts": _check_amounts,
}


def _fits(field: Field, node: Node) -> bool:
    if node.text is None:
        return False
    if field.kind == "number":
        return to_number(node.text) is not None
    if field.kind == "integer":
        return node.text.lstrip("-").isdigit()
    if field.kind == "flag":
        return node.text.lower() in ("true", "false")
    if field.kind == "span":
        return _SPAN.fullmatch(node.text) is not None
    return bool(node.text.strip())
