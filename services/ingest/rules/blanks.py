"""Which texts mean nothing, what stands in for a missing one, and may it be missing?"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.mappings.grammar import Column
from services.ingest.rules.texts import Texts, mask_of


def cleared(values: pa.Array, column: Column) -> pa.Array:
    """Texts without space around them (`strip`), and null for those that mean nothing (`missing`)."""
    stripped = pc.utf8_trim_whitespace(values) if column.strip else values
    nothing = pc.is_in(stripped, value_set=pa.array(column.missing, pa.string()))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), stripped)


def fill(texts: Texts, column: Column) -> Texts:
    """`default`: stands in for a missing text."""
    return texts if column.default is None else texts.now(pc.fill_null(texts.values, column.default))


def require(texts: Texts, column: Column) -> Texts:
    """`required`: a missing text refuses the row, or flags it. Texts that another rule has refused are left alone."""
    missing = mask_of(pc.is_null(texts.values))
    for problem in texts.problems:
        missing &= ~problem.mask
    if column.required == "reject":
        return texts.rejected(missing, "missing", "a value")
    return texts.flagged(missing, "missing") if column.required == "flag" else texts
