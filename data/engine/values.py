"""Which codes stand for the values a filter names, and which text do the codes of groups stand for?

Small dictionaries are kept whole in memory; of large ones only what is asked for is read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from data.database import Transaction, database_url
from data.model import Dataset
from data.statements import sql
from data.types import Scope

MOST_KEPT = 50_000
Open = Callable[[], Transaction]


@dataclass(slots=True)
class _Known:
    """Values of codes 1 and up, all that there were at `version`."""

    values: list[str]
    version: int = -1


_known: dict[tuple[str, int, int, str], _Known] = {}
_lock = threading.Lock()


class Dictionary:
    """One text column's codes, as of a transaction that sees at least the given version of the dataset."""

    def __init__(self, open: Open, scope: Scope, dataset: Dataset, column: str, version: int) -> None:
        self._open = open
        self._values = {"workspace": scope.workspace.id, "dataset": dataset.id, "column": column}
        key = (database_url(), scope.workspace.id, dataset.id, column)
        with _lock:
            known = _known.setdefault(key, _Known([]))
        self.size = len(known.values)
        if known.version < version or (known.version == version and not known.values):
            self.size = self._scalar()
        if self.size <= MOST_KEPT and self.size > len(known.values):
            found = open().execute(sql("dictionary_tail"), self._values | {"known": len(known.values)}).fetchall()
            known = _Known([*known.values, *(value for _, value in found)])
        known.version = max(known.version, version)
        self.kept = known.values if self.size <= MOST_KEPT else None
        if self.kept is not None:
            self.size = len(self.kept)
            with _lock:
                if len(known.values) >= len(_known[key].values):
                    _known[key] = known

    def _scalar(self) -> int:
        row = self._open().execute(sql("dictionary_size"), self._values).fetchone()
        return int(row[0]) if row else 0

    def codes(self, values: Iterable[str]) -> list[int]:
        """Codes of those of the values that have one."""
        wanted = set(values)
        if self.kept is not None:
            return [i + 1 for i, value in enumerate(self.kept) if value in wanted]
        found = self._open().execute(sql("dictionary_codes"), self._values | {"values": list(wanted)})
        return [code for _, code in found]

    def matching(self, parts: Iterable[str]) -> list[int]:
        """Codes of the values that contain one of the (casefolded) parts."""
        wanted = tuple(parts)
        if self.kept is not None:
            pairs = list(enumerate(self.kept, 1))
        else:
            pairs = self._open().execute(sql("dictionary_tail"), self._values | {"known": 0}).fetchall()
        return [code for code, value in pairs if any(part in value.casefold() for part in wanted)]

    def names(self, codes: Iterable[int]) -> list[str | None]:
        """The text of each code; None for code 0."""
        listed = list(codes)
        if self.kept is not None:
            return [self.kept[code - 1] if code else None for code in listed]
        wanted = self._values | {"codes": [code for code in listed if code]}
        found: dict[int, str] = dict(self._open().execute(sql("values_of_codes"), wanted).fetchall())
        return [found[code] if code else None for code in listed]


def forget() -> None:
    """Forget every dictionary of this process."""
    with _lock:
        _known.clear()
