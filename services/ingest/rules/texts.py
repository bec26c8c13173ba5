"""What does a rule work on? The distinct texts of a column: each is looked at once, however often it occurs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from services.ingest.mappings.grammar import Otherwise
from services.ingest.records import Problem

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Texts:
    """The distinct texts of a column as they stand now (`values`, null = missing) and as they were read (`found`), with
    what the rules so far had to say about each."""

    field: str
    values: pa.Array
    found: pa.Array
    problems: tuple[Problem, ...] = ()

    def now(self, values: pa.Array) -> Texts:
        """The same column with new values."""
        return replace(self, values=values)

    def flagged(self, bad: Mask, what: str) -> Texts:
        """The same column, where the rows of some texts get the flag `<field>_<what>`."""
        return self._with(Problem(bad, self.field, what.replace("_", " "), "", f"{self.field}_{what}"))

    def rejected(self, bad: Mask, reason: str, expected: str) -> Texts:
        """The same column, where the rows of some texts are refused."""
        return self._with(Problem(bad, self.field, reason, expected))

    def emptied(self, bad: Mask) -> Texts:
        """The same column, where some texts are missing from now on."""
        return self.now(pc.if_else(pa.array(bad), pa.scalar(None, pa.string()), self.values)) if bad.any() else self

    def settled(
        self, bad: Mask, otherwise: Otherwise, what: str, reason: str, expected: str, default: str | None = None
    ) -> Texts:
        """Deal with texts that break a rule, as the mapping says: reject, flag and empty, flag and keep, or put the
        default in their place and flag."""
        if not bad.any():
            return self
        if otherwise == "reject":
            return self.rejected(bad, reason, expected)
        flagged = self.flagged(bad, what)
        if otherwise == "keep":
            return flagged
        instead = default if otherwise == "default" else None
        return flagged.now(pc.if_else(pa.array(bad), pa.scalar(instead, pa.string()), self.values))

    def _with(self, problem: Problem) -> Texts:
        return replace(self, problems=(*self.problems, problem)) if problem.mask.any() else self


def mask_of(claims: pa.Array) -> Mask:
    """A mask from an array of claims; null is no."""
    return np.asarray(pc.fill_null(claims, False).to_numpy(zero_copy_only=False), np.bool_)


def listed(values: tuple[str, ...], most: int = 12) -> str:
    """Values as a sentence names them, cut after some."""
    more = f" or {len(values) - most} more" if len(values) > most else ""
    return ", ".join(values[:most]) + more
