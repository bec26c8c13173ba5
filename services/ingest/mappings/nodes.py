"""What does a YAML node hold, and on which line is it wrong?"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from data.errors import BadInput

NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class Node:
    """A YAML node with the name of its file and the path of fields that leads to it."""

    file: str
    path: str
    raw: yaml.Node

    @property
    def line(self) -> int:
        """The line it begins on, from 1."""
        return int(self.raw.start_mark.line) + 1

    def wrong(self, expected: str, found: object = None) -> BadInput:
        """The error that says where, what was found and what was expected."""
        shown = self.shown() if found is None else repr(found)
        return BadInput(f"{self.file}, line {self.line}: `{self.path}`: found {shown}; expected {expected}.")

    def shown(self) -> str:
        """What stands there, in words."""
        if isinstance(self.raw, yaml.ScalarNode):
            return "nothing" if self.raw.tag == NULL else repr(self.raw.value)
        return "a list" if isinstance(self.raw, yaml.SequenceNode) else "a block of fields"

    def fields(self) -> dict[str, Node]:
        """The named nodes below this one; a name twice is an error."""
        if not isinstance(self.raw, yaml.MappingNode):
            raise self.wrong("a block of `name: value` lines")
        found: dict[str, Node] = {}
        for key, value in self.raw.value:
            name = str(key.value)
            below = Node(self.file, f"{self.path}.{name}".lstrip("."), value)
            if name in found:
                raise below.wrong("each name once", f"`{name}` a second time")
            found[name] = below
        return found

    def items(self) -> list[Node]:
        """The nodes of a list."""
        if not isinstance(self.raw, yaml.SequenceNode):
            raise self.wrong("a list")
        return [Node(self.file, f"{self.path}[{i}]", item) for i, item in enumerate(self.raw.value)]

    def is_text(self) -> bool:
        """Whether it is one value and no list or block."""
        return isinstance(self.raw, yaml.ScalarNode) and self.raw.tag != NULL

    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.raw, yaml.SequenceNode)


Read = Callable[[Node], Any]


def compose(text: str, file: str) -> Node:
    """The top node of a YAML text; BadInput when it is not YAML."""
    try:
        top = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadInput(f"{file}, line {line}: not YAML: {error.problem}.") from error
    except RecursionError:
        raise BadInput(f"{file}: YAML nested too deeply to be a mapping.") from None
    if top is None:
        raise BadInput(f"{file}: the mapping is empty.")
    return Node(file, "", top)


def near(name: str, known: Iterable[str]) -> str:
    """` Did you mean ...?` when something close is known, else nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean `{close[0]}`?" if close else ""


def read_fields(node: Node, table: dict[str, tuple[str, Read]]) -> dict[str, Any]:
    """The block of fields as keyword arguments, by a table of field -> (argument, reader); unknown ones are errors."""
    found: dict[str, Any] = {}
    for name, below in node.fields().items():
        if name not in table:
            known = ", ".join(f"`{k}`" for k in table)
            raise BadInput(
                f"{below.file}, line {below.line}: `{below.path}`: found the field `{name}`; expected one of {known}."
                f"{near(name, table)}"
            )
        argument, read = table[name]
        found[argument] = read(below)
    return found


def text(node: Node) -> str:
    """One value, as it is written."""
    if not node.is_text():
        raise node.wrong("a text")
    return str(node.raw.value)


def texts(node: Node) -> tuple[str, ...]:
    """A list of values; one alone counts as a list of one."""
    return tuple(text(item) for item in node.items()) if node.is_list() else (text(node),)


def truth(node: Node) -> bool:
    """true or false."""
    value = text(node).lower()
    if value not in ("true", "false"):
        raise node.wrong("true or false")
    return value == "true"


def number(node: Node) -> float:
    """A number."""
    try:
        return float(text(node))
    except ValueError:
        raise node.wrong("a number") from None


def count(node: Node) -> int:
    """A whole number from 1."""
    value = text(node)
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise node.wrong("a whole number from 1")
    return int(value)


def choice(*options: str) -> Read:
    """A reader of one of some words."""

    def read(node: Node) -> str:
        value = text(node)
        if value not in options:
            listed = ", ".join(options[:-1]) + f" or {options[-1]}" if len(options) > 1 else options[0]
            raise BadInput(str(node.wrong(listed)) + near(value, options))
        return value

    return read


def pairs(node: Node) -> tuple[tuple[str, str | None], ...]:
    """`found: wanted` lines; nothing after the colon means missing."""
    return tuple((name, _text_or_none(below)) for name, below in node.fields().items())


def _text_or_none(node: Node) -> str | None:
    if node.is_text():
        return text(node)
    if node.raw.tag != NULL:
        raise node.wrong("a text, or null for missing")
    return None
