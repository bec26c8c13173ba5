"""What does a model hold, by name, looked up once for each model and not for each question?"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from data.model import Dataset, Metric, Model

_MOST_MODELS = 8
_MOST_KEPT = 4000


@dataclass(slots=True)
class Catalogue:
    """Datasets and metrics by qualified name, and whatever was worked out from them before."""

    model: Model
    datasets: dict[str, Dataset]
    metrics: dict[str, Metric]
    kept: dict[Any, Any] = field(default_factory=dict)

    def keep(self, key: Any, value: Any) -> None:
        """Remember what was worked out."""
        if len(self.kept) >= _MOST_KEPT:
            self.kept.clear()
        self.kept[key] = value


_known: dict[int, Catalogue] = {}
_lock = threading.Lock()


def catalogue_of(model: Model) -> Catalogue:
    """The catalogue of this very model object; it keeps the object alive, so that its identity is not used again."""
    found = _known.get(id(model))
    if found is None:
        found = Catalogue(model, model.datasets(), model.metrics())
        with _lock:
            while len(_known) >= _MOST_MODELS:
                del _known[next(iter(_known))]
            _known[id(model)] = found
    return found
