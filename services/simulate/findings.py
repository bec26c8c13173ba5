"""Where in a simulator is something wrong, and in what words?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from data.model import Pack
from services.model.nodes import Node
from services.model.problems import Place, Problem, expected_one_of
from services.model.reading import Form


class Findings:
    """A simulator that is being looked through, with the pack it belongs to."""

    def __init__(self, form: Form, node: Node, pack: Pack) -> None:
        self.form, self.node, self.pack = form, node, pack
        self.datasets = {dataset.name: dataset for dataset in pack.datasets}

    def place(self, *path: str) -> Place:
        """Where the thing at `path` stands, or the nearest thing around it."""
        return self.node.place_of(path)

    def known(self, name: str | None, among: Iterable[str], *path: str) -> Iterator[Problem]:
        """A problem when the name is given but not among these."""
        if name is not None and name not in (names := list(among)):
            yield Problem(self.place(*path), f"simulator, {' '.join(path)}", expected_one_of(name, names))

    def holds(self, right: bool, message: str, *path: str) -> Iterator[Problem]:
        """A problem when something is not right."""
        if not right:
            yield Problem(self.place(*path), f"simulator, {' '.join(path)}", message)
