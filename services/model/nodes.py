"""What does a YAML file say, and on which line?

Scalars stay the text that was written (`no` is a channel, not False); duplicate keys are problems.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from services.model.problems import BadPack, Place, Problem

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a YAML file with its place: text (None when it is null or empty), a list, or named children."""

    place: Place
    text: str | None = None
    items: tuple[Node, ...] | None = None
    children: dict[str, Node] | None = None

    @property
    def kind(self) -> str:
        """What it is, in words."""
        if self.items is not None:
            return "a list"
        return "named fields" if self.children is not None else f"`{self.text}`" if self.text is not None else "nothing"

    def place_of(self, path: Sequence[str]) -> Place:
        """Where the thing at `path` below it stands, or the nearest thing around it."""
        node = self
        for step in path:
            if not node.children or step not in node.children:
                break
            node = node.children[step]
        return node.place

    def walk(self) -> Iterator[Node]:
        """Itself and everything inside."""
        yield self
        for node in [*(self.items or ()), *(self.children or {}).values()]:
            yield from node.walk()


def read_nodes(path: Path, shown: str) -> Node:
    """The content of one file as nodes; `shown` is how messages name the file. Raises BadPack."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Place(shown, mark.line + 1 if mark else 1)
        raise BadPack([Problem(place, "YAML", f"{error.problem or 'cannot be read'}.")]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadPack([Problem(Place(shown, 1), "YAML", str(error))]) from error
    problems: list[Problem] = []
    node = Node(Place(shown, 1), children={}) if root is None else _node(root, shown, problems)
    if problems:
        raise BadPack(problems)
    return node


def _node(node: yaml.Node, shown: str, problems: list[Problem]) -> Node:
    place = Place(shown, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return Node(place, text=None if node.tag == "tag:yaml.org,2002:null" else str(node.value))
    if isinstance(node, yaml.SequenceNode):
        return Node(place, items=tuple(_node(item, shown, problems) for item in node.value))
    children: dict[str, Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in children:
            problems.append(Problem(Place(shown, key.start_mark.line + 1), f"`{name}`", "is there twice."))
        child = _node(value, shown, problems)
        children[name] = Node(Place(shown, key.start_mark.line + 1), child.text, child.items, child.children)
    return Node(place, children=children)
