"""How many people were there, when sets of them are kept of whole months and of some days?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.engine.asks import Ask, Ints, Stat
from data.engine.groups import Groups
from data.engine.program import Operation
from data.engine.sources import Source
from data.engine.tensor_known import codes_of, passing, slots_of
from data.engine.tensor_panels import Panels


class Sets:
    """Sets of people of whole months, for an ask that uses at most one dimension (`name`, or ""); without one, `days`
    are bits of everyone in some days more, by bucket."""

    def __init__(
        self, source: Source, ask: Ask, name: str, months: Sequence[tuple[int, Panels]],
        days: Sequence[tuple[int, NDArray[np.uint64]]],
    ) -> None:  # fmt: skip
        codes = codes_of(source, name, passing(source, ask, name)) if name else [-1]
        together = [codes] if not ask.by else [[code] for code in codes]
        self._ask, self._sizes = ask, [source.dictionary(name).size + 1] if name else []
        self._sets = [
            (bucket, some[0] if some else -1, panels.sets([f"a:{name}:{code}" if name else "a" for code in some]))
            for bucket, panels in months
            for some in together
        ]
        self._sets += [(bucket, -1, bits) for bucket, bits in days]
        self.is_plain = True
        self.top = max((len(bits) * 64 - 1 for _, _, bits in self._sets), default=0)

    def bins(self, _column: str) -> tuple[int, int]:
        """Sets have no histograms."""
        return 0, 0

    def cells(self, groups: Groups) -> dict[Stat, Ints]:
        """How many people, [buckets, groups]."""
        bits = self._bits(groups, self.top // 64 + 1)
        bits[:, :, 0] &= ~np.uint64(1)  # code 0 is no value
        found = np.bitwise_count(bits).sum(axis=2, dtype=np.int64)
        return {stat: found for stat in self._ask.stats if stat.kind == "distinct"}

    def of(self, op: Operation, groups: Groups) -> NDArray[Any]:
        """One bit for each person: [slots, words]."""
        return self._bits(groups, op.width).reshape(-1, op.width)

    def _bits(self, groups: Groups, width: int) -> NDArray[np.uint64]:
        out = np.zeros((self._ask.frame.size, groups.size, width), np.uint64)
        slots = slots_of(groups, self._sizes if groups.columns else [])
        for bucket, code, bits in self._sets:
            out[bucket, int(slots[code]) if groups.columns else 0, : len(bits)] |= bits
        return out
