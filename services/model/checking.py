"""Has a node the form that the grammar asks for?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.model.forms import KINDS, Block, Field, FieldKind
from services.model.nodes import Node
from services.model.problems import Problem, expected_one_of
from services.model.reading import DAYS, INTEGER, SPAN, to_number


def check_form(block: Block, node: Node, subject: str) -> Iterator[Problem]:
    """Every departure of a node from its block, with place, found and expected."""
    if node.children is None:
        if node.text is None or not block.short:
            yield Problem(node.place, subject, f"found {node.kind}, expected the fields of a {block.name}.")
        return
    for name, child in node.children.items():
        field = next((f for f in block.fields if f.name == name), None)
        if field is None:
            yield Problem(child.place, subject, f"unknown field: {expected_one_of(name, block.names())}")
        else:
            yield from _check_field(field, child, subject)
    for field in block.fields:
        if field.required and field.name not in node.children:
            missing = f"field `{field.name}` is missing; expected {KINDS[field.kind]}: {field.meaning}"
            yield Problem(node.place, subject, missing)


def _check_field(field: Field, node: Node, subject: str) -> Iterator[Problem]:
    if field.inner is not None and field.kind == "block":
        yield from check_form(field.inner, node, f"{subject}, `{field.name}`")
    elif field.kind in _LARGE:
        yield from _LARGE[field.kind](field, node, subject)
    elif field.choices:
        if node.text not in field.choices:
            found = node.text if node.text is not None else node.kind
            yield Problem(node.place, _field(subject, field), expected_one_of(found, field.choices))
    elif not _SMALL.get(field.kind, _is_text)(node):
        yield _misfit(field, node, subject)


def _field(subject: str, field: Field) -> str:
    return f"{subject}, field `{field.name}`"


def _misfit(field: Field, node: Node, subject: str) -> Problem:
    return Problem(node.place, _field(subject, field), f"found {node.kind}, expected {KINDS[field.kind]}.")


def _check_blocks(field: Field, node: Node, subject: str) -> Iterator[Problem]:
    if node.children is None:
        if node.text is not None or node.items is not None:
            yield _misfit(field, node, subject)
        return
    assert field.inner is not None
    for name, child in node.children.items():
        around = "" if field.inner.name in ("dataset", "metric", "exposure", "entity") else f"{subject}, "
        yield from check_form(field.inner, child, f"{around}{field.inner.name} `{name}`")


def _check_list(field: Field, node: Node, subject: str) -> Iterator[Problem]:
    if node.items is None:
        yield _misfit(field, node, subject)
        return
    for item in node.items:
        if item.items is not None or item.children is not None:
            yield Problem(item.place, _field(subject, field), f"found {item.kind}, expected a text.")
        elif field.kind == "numbers" and not _is_number(item):
            yield Problem(item.place, _field(subject, field), f"found {item.kind}, expected a number.")


def _check_named(field: Field, node: Node, subject: str) -> Iterator[Problem]:
    if not node.children:
        yield _misfit(field, node, subject)
    for name, child in (node.children or {}).items():
        inside = f"{_field(subject, field)}, `{name}`"
        if field.kind == "tables":
            yield from _check_named(_AMOUNTS, child, inside)
        elif field.kind == "texts" and not _is_text(child):
            yield Problem(child.place, inside, f"found {child.kind}, expected a text.")
        elif field.kind == "amounts" and not _is_number(child):
            yield Problem(child.place, inside, f"found {child.kind}, expected a number.")


def _is_text(node: Node) -> bool:
    return node.text is not None and bool(node.text.strip())


def _is_number(node: Node) -> bool:
    return node.text is not None and to_number(node.text) is not None


_AMOUNTS = Field("weights", "amounts", "")
_LARGE: dict[FieldKind, Callable[[Field, Node, str], Iterator[Problem]]] = {
    "blocks": _check_blocks,
    "names": _check_list,
    "numbers": _check_list,
    "texts": _check_named,
    "amounts": _check_named,
    "tables": _check_named,
    "any": lambda _field, _node, _subject: iter(()),
}
_SMALL: dict[FieldKind, Callable[[Node], bool]] = {
    "number": _is_number,
    "integer": lambda node: node.text is not None and INTEGER.fullmatch(node.text) is not None,
    "flag": lambda node: node.text is not None and node.text.lower() in ("true", "false"),
    "span": lambda node: node.text is not None and SPAN.fullmatch(node.text) is not None,
    "days": lambda node: node.text is not None and DAYS.fullmatch(node.text) is not None,
}
