"""Which texts may a column hold, and how long may they be?"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.mappings.grammar import Column
from services.ingest.rules.texts import Texts, listed, mask_of


def allow(texts: Texts, column: Column) -> Texts:
    """`allowed`: what is not in the list is settled by `otherwise`."""
    if column.allowed is None:
        return texts
    known = pc.is_in(texts.values, value_set=pa.array(column.allowed.values, pa.string()))
    bad = ~mask_of(known) & mask_of(pc.is_valid(texts.values))
    expected = listed(column.allowed.values)
    return texts.settled(bad, column.allowed.otherwise, "not_allowed", "not allowed", expected, column.default)


def limit_length(texts: Texts, column: Column) -> Texts:
    """`longest`: longer texts are refused, or cut and flagged (`too_long`). Postgres cannot store a NUL, so that is
    always refused."""
    nul = mask_of(pc.match_substring(texts.values, "\x00"))
    checked = texts.rejected(nul, "holds a NUL character", "text")
    long = mask_of(pc.greater(pc.utf8_length(texts.values), column.longest))
    if not long.any():
        return checked
    if column.too_long == "reject":
        return checked.rejected(long, "too long", f"at most {column.longest} characters")
    return checked.flagged(long, "cut").now(pc.utf8_slice_codeunits(texts.values, 0, column.longest))
