"""What has been read of a pack, and where does each part stand?"""

from __future__ import annotations

from dataclasses import dataclass

from data.model import Dataset, Metric, Pack
from services.model.nodes import Node
from services.model.problems import Place, Problem

Path = tuple[str, ...]
_KINDS = {
    "datasets": "dataset", "metrics": "metric", "exposures": "exposure", "times": "time", "dimensions": "dimension",
    "measures": "measure", "durations": "duration", "flags": "flag", "bands": "band", "ranges": "range",
    "matches": "match", "where": "condition on", "amounts": "amount of", "limits_hours": "limit of",
    "subscriptions": "subscription",
    "entities": "entity", "sources": "source", "lookups": "lookup",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """A pack that was read but not yet judged; the rules look at it through here."""

    pack: Pack
    root: Node
    folder_name: str

    def place(self, path: Path) -> Place:
        """Where the thing at `path` stands, or the nearest thing around it."""
        return self.root.place_of(path)

    def says(self, path: Path) -> bool:
        """Is this field written in the file?"""
        node = self.root
        for step in path:
            if not node.children or step not in node.children:
                return False
            node = node.children[step]
        return True

    def problem(self, path: Path, message: str) -> Problem:
        """A finding about the thing at `path`, named as a reader would."""
        return Problem(self.place(path), _subject(path) or f"pack `{self.pack.name}`", message)

    def dataset(self, name: str | None) -> Dataset | None:
        """The dataset of that name, or None."""
        return next((d for d in self.pack.datasets if d.name == name), None)

    def metric(self, name: str | None) -> Metric | None:
        """The metric of that name, or None."""
        return next((m for m in self.pack.metrics if m.name == name), None)


def _subject(path: Path) -> str:
    words, rest = [], list(path)
    while rest:
        step = rest.pop(0)
        if step in _KINDS and rest:
            words.append(f"{_KINDS[step]} `{rest.pop(0)}`")
        else:
            words.append(f"field `{step}`")
    return ", ".join(words)
