"""What of one dataset in one workspace is at hand for a scan: manifest, dictionaries and decoded columns?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from data.database import Transaction, database_url, transaction
from data.engine.asks import Predicate
from data.engine.columns import Column, cache, load
from data.engine.hexagons import PLACE, STORED, Cells, Hexagons, cells_known, resolution_of
from data.engine.manifest import Manifest, known_manifest, read_manifest
from data.engine.values import Dictionary
from data.engine.zones import Zones, is_zones
from data.model import Dataset
from data.types import Scope


class Source:
    """Reads through one transaction that is opened only when something is not in memory; use it in a `with`."""

    def __init__(
        self, scope: Scope, dataset: Dataset, change: int | None = None, whole: bool = False, keeps: bool = True
    ) -> None:
        self.scope, self.dataset = scope, dataset
        self._keeps = keeps  # whether columns that are read stay in the cache
        self._change, self._whole = change, whole
        self._stack = ExitStack()
        self._tx: Transaction | None = None
        self._dictionaries: dict[str, Dictionary | Hexagons] = {}
        self._manifest: Manifest | None = None
        self.tables: dict[Predicate, NDArray[np.uint8]] = {}
        """Which codes pass a condition, for those that were asked for (see program.table_of)."""

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def open(self) -> Transaction:
        """The transaction."""
        if self._tx is None:
            self._tx = self._stack.enter_context(transaction(self.scope))
        return self._tx

    @property
    def manifest(self) -> Manifest:
        """The live segments; those in memory when they are of the change number that was asked for."""
        if self._manifest is None:
            found = None
            if self._change is not None and not self._whole:
                found = known_manifest(self.scope, self.dataset, self._change)
            self._manifest = found or read_manifest(self.open(), self.scope, self.dataset, self._whole)
        return self._manifest

    def dictionary(self, name: str) -> Dictionary | Hexagons:
        """The dictionary of a text column, of the hexagons of one resolution, or of a set of areas."""
        if name not in self._dictionaries:
            self._dictionaries[name] = self._dictionary(name)
        return self._dictionaries[name]

    def _dictionary(self, name: str) -> Dictionary | Hexagons:
        resolution = resolution_of(name)
        if resolution is not None:
            return Hexagons(self.cells, resolution)
        if is_zones(name):
            return Zones(self.cells, name)
        return Dictionary(self.open, self.scope, self.dataset, name, self.manifest.version)

    def recoded(self, name: str) -> NDArray[np.int32] | None:
        """The code in `dictionary(name)` of each code in segments, where those are not the same."""
        found = self.dictionary(name)
        return found.of_code if isinstance(found, Hexagons) else None

    @property
    def cells(self) -> Cells:
        """The H3 cells of the rows."""
        return cells_known(self.open, self.scope, self.dataset, self.manifest.version)

    def columns(self, wanted: Sequence[tuple[int, str]], counts: Sequence[int]) -> list[Column]:
        """The columns `(segment id, name)`, whose segments have so many rows, in order; raises SegmentGone."""
        url, workspace = database_url(), self.scope.workspace.id
        found = cache.find([(url, workspace, id, name) for id, name in wanted])
        missing = {name: n for name, n, column in zip(wanted, counts, found, strict=True) if column is None}
        if not missing:
            return [column for column in found if column is not None]
        loaded = load(self.open(), self.scope, self.dataset, missing, self._keeps)
        return [column or loaded[name] for name, column in zip(wanted, found, strict=True)]


def stored_name(dataset: Dataset, column: str) -> str:
    """The name under which segments hold a dimension (`d:`), the actor (`a`), the place, a number (`m:`)."""
    if column == PLACE or resolution_of(column) is not None or is_zones(column):
        return STORED
    if any(d.name == column for d in dataset.dimensions):
        return f"d:{column}"
    return "a" if column == dataset.actor else f"m:{column}"
