"""By which number is a column of a table sorted, whose numbers are written for people?"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from services.formats import MINUS, NOTHING, SPACE, THIN

_SIZES = {"k": 1e3, "M": 1e6, "bn": 1e9, "%": 0.01}
_HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0}
_NUMBER = re.compile(rf"([<+{MINUS}-]?)\s*([$€£]?)([0-9]+(?:\.[0-9]+)?)\s*([^0-9]*)")
_LENGTH = re.compile(r"([0-9]+(?:\.[0-9]+)?) (s|min|h|d)")


def value_of(text: str) -> float | None:
    """The number that services.formats wrote, as it was rounded: percents as fractions, durations in hours, without its
    unit; `< 0.001` is a little less. None for other words, not a number for nothing.
    """
    said = text.replace(THIN, "").replace(SPACE, " ").replace(",", "").strip()
    if said in ("", NOTHING):
        return math.nan
    sign = -1.0 if said[0] in (MINUS, "-") else 1.0
    lengths = _LENGTH.findall(said)
    if lengths and " ".join(map(" ".join, lengths)) == said.lstrip(f"+{MINUS}-"):
        return sign * sum(float(value) * _HOURS[unit] for value, unit in lengths)
    found = _NUMBER.fullmatch(said)
    if found is None:
        return None
    value = float(found[3]) * _SIZES.get(found[4], 1.0)
    return value * 0.999 if found[1] == "<" else sign * value


def sort_values(texts: Sequence[str]) -> list[float] | None:
    """The numbers of a column; None for one of words, which is sorted by its letters, and for one in which two texts
    have the same number (`5 bar`, `5 °C`), as it could not be told which of them a number is."""
    found = [value_of(text) for text in texts]
    known = [value for value in found if value is not None]
    if len(known) < len(found) or all(map(math.isnan, known)):
        return None
    written = {(value, text) for value, text in zip(known, texts, strict=True) if not math.isnan(value)}
    return known if len({value for value, _ in written}) == len(written) else None
