"""What do the texts of a column look like: times, numbers, points, keys?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.model import Measure
from services.ingest.mappings.grammar import MISSING_TEXTS, Column
from services.ingest.rules.blanks import cleared
from services.ingest.rules.numbers import to_numbers
from services.ingest.rules.places import split_points
from services.ingest.rules.texts import Texts, mask_of
from services.ingest.rules.times import DATED, to_instants

FORMATS = (
    "iso", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%m-%d-%Y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%Y%m%d", "unix_s", "unix_ms",
)  # fmt: skip
POINTS = ("(lat, lon)", "POINT (lon lat)", "lat, lon", "lat lon")
MOST = 0.9


def present(values: Sequence[str | None]) -> pa.Array:
    """The distinct texts that mean something."""
    clean = cleared(pa.array(values, pa.string()), Column("", missing=MISSING_TEXTS))
    return pc.drop_null(pc.unique(clean))


def time_format(values: pa.Array, least: float = MOST) -> str | None:
    """The format by which nearly all texts are times, at `least` this share of them, US dates before others where both
    would do; None when there is none. Plain numbers count as times only when they are seconds or
    milliseconds of this century."""
    few = values.slice(0, 30)  # most columns are no times at all
    forms = [(rank, form) for rank, form in enumerate(FORMATS) if _could_be(few, form)]
    likely = [(_share(values, form), -rank, form) for rank, form in forms if _share(few, form) >= 0.5]
    share, _, best = max(likely, default=(0.0, 0, None))
    return best if share >= least else None


def _could_be(values: pa.Array, form: str) -> bool:
    """Whether half of the texts have digits and the marks of a format: a look at the letters, before reading times."""
    if not len(values):
        return False
    marks = {letter for letter in re.sub("%.", "", form) if letter in "/.:-,"}
    there = pc.match_substring_regex(values, DATED if form == "iso" else r"\d")
    for mark in marks:
        there = pc.and_(there, pc.match_substring(values, mark))
    return float(mask_of(there).mean()) >= 0.5


def _share(values: pa.Array, form: str) -> float:
    if not len(values):
        return 0.0
    column = Column("", formats=(form,), unreadable="flag", future="keep")
    _, instants = to_instants(Texts("", values, values), column, "UTC", datetime(2100, 1, 1, tzinfo=UTC))
    readable = ~np.isnat(instants)
    if form.startswith("unix"):
        readable &= instants > np.datetime64("2000-01-01", "ms")
    return float(readable.mean())


def is_numeric(values: pa.Array) -> bool:
    """Whether nearly all texts are numbers."""
    if not len(values):
        return False
    column = Column("", unreadable="flag")
    _, numbers = to_numbers(Texts("", values, values), column, Measure("", ""))
    return float((~np.isnan(numbers)).mean()) >= MOST


def is_written_as_decimal(values: pa.Array) -> bool:
    """Whether whole numbers carry a superfluous .0."""
    return bool(len(values)) and bool(mask_of(pc.match_substring_regex(values, r"^[+-]?\d+[.]0$")).all())


def point_template(values: pa.Array) -> str | None:
    """The template by which nearly all texts are points."""
    for template in POINTS if len(values) else ():
        lat, lon, _ = split_points(values, template)
        if float((~np.isnan(lat) & (np.abs(lat) <= 90) & (np.abs(lon) <= 180)).mean()) >= MOST:
            return template
    return None


def is_key(values: Sequence[str | None]) -> bool:
    """Whether every row has a text and hardly any occurs twice."""
    return bool(len(values)) and all(values) and len(set(values)) >= 0.98 * len(values)
