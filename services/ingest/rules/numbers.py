"""Which number does a text mean, and may it be that large?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.model import Measure
from services.ingest.mappings.grammar import Column, Range
from services.ingest.records import Problem
from services.ingest.rules.texts import Texts, mask_of

_NUMBER = r"^[+-]?(?:\d+(?:[.]\d*)?|[.]\d+)(?:[eE][+-]?\d{1,3})?$"
MOST_DIGITS = 2.0**53  # beyond it a double no longer holds every value * 10**decimals


def to_numbers(texts: Texts, column: Column, measure: Measure) -> tuple[Texts, NDArray[np.float64]]:
    """The texts as numbers; NaN where missing or not readable."""
    plain = texts.values
    if column.thousands:
        plain = pc.replace_substring(plain, column.thousands, "")
    if column.decimal != ".":
        plain = pc.replace_substring(plain, column.decimal, ".")
    readable = pc.match_substring_regex(plain, _NUMBER)
    numbers = np.asarray(
        pc.cast(pc.if_else(readable, plain, pa.scalar(None, pa.string())), pa.float64()).to_numpy(zero_copy_only=False),
        np.float64,
    )
    bad = mask_of(pc.is_valid(plain)) & ~mask_of(readable)
    if column.unreadable == "reject":
        texts = texts.rejected(bad, "not a number", "a number such as 12" + column.decimal + "5")
    else:
        texts = texts.flagged(bad, "unreadable")
    with np.errstate(invalid="ignore"):
        large = np.abs(numbers) * 10.0**measure.decimals >= MOST_DIGITS
    texts = texts.rejected(large, "too large a number", f"at most {MOST_DIGITS / 10**measure.decimals:.0f}")
    return _bounded(texts, column.range or Range(measure.minimum, measure.maximum), np.where(large, np.nan, numbers))


def multiplied(texts: Texts, numbers: NDArray[np.float64], column: Column, measure: Measure) -> list[Problem]:
    """Is the product of a number and its `factor` one that the measure may hold? Empties those that it may not."""
    large = np.abs(np.nan_to_num(numbers)) * 10.0**measure.decimals >= MOST_DIGITS
    checked = texts.rejected(large, "too large a number", f"at most {MOST_DIGITS / 10**measure.decimals:.0f}")
    checked, bounded = _bounded(checked, column.range or Range(measure.minimum, measure.maximum), numbers)
    numbers[:] = np.where(large, np.nan, bounded)
    return list(checked.problems)


def _bounded(texts: Texts, range: Range, numbers: NDArray[np.float64]) -> tuple[Texts, NDArray[np.float64]]:
    low = -np.inf if range.at_least is None else range.at_least
    high = np.inf if range.at_most is None else range.at_most
    out = ~np.isnan(numbers) & ((numbers < low) | (numbers > high))
    if not out.any():
        return texts, numbers
    settled = texts.settled(out, range.otherwise, "out_of_range", "out of range", f"a number from {low:g} to {high:g}")
    return settled, (numbers if range.otherwise == "keep" else np.where(out, np.nan, numbers))
