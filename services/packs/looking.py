"""What is each column of a file: a time, a key, a place, a number, a text to split by?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from services.ingest import kinds
from services.model.rules.reserved import COLUMNS

Role = Literal["key", "time", "dimension", "actor", "measure", "lat", "lon", "point", "left_out"]
LOOKED_AT = 1_000
KEYS = {"id", "key", "number", "no", "nr", "uid", "uuid", "guid", "ref", "reference", "ticket", "unique"}
CODES = KEYS | {
    "code",
    "zip",
    "zipcode",
    "postcode",
    "ward",
    "district",
    "zone",
    "phone",
    "year",
    "month",
    "week",
    "lot",
}
ACTORS = {"citizen", "customer", "user", "client", "person", "patient", "member", "student", "reporter", "requester"}
LATITUDES, LONGITUDES = {"lat", "latitude"}, {"lon", "lng", "long", "longitude"}
FEW_NUMBERS, FEW_ROWS, LONG_TEXT, MANY_TEXTS = 12, 100, 80, 0.5


@dataclass(frozen=True, slots=True)
class Seen:
    """A source column: the name it gets, its role, and what was found in the sample."""

    source: str
    name: str
    role: Role
    distinct: int
    missing: float
    format: str | None = None
    decimals: int = 0
    note: str = ""

    @property
    def title(self) -> str:
        """The name as people read it."""
        return self.name.replace("_", " ").capitalize()


def words_of(name: str) -> list[str]:
    """The words of a column's name: `UnitPrice` and `unit-price` are unit, price."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]


def look(header: Sequence[str], sample: dict[str, list[str | None]], pack: str) -> list[Seen]:
    """Every column of a file with its role; at most one is the key, and one the actor."""
    seen: list[Seen] = []
    for source in header:
        name = _name(source, pack, {one.name for one in seen})
        taken = {one.role for one in seen}
        seen.append(_look(source, name, sample[source], taken))
    return seen


def _name(source: str, pack: str, taken: set[str]) -> str:
    name = "_".join(words_of(source))[:50].strip("_") or "column"
    if (name in COLUMNS and name not in ("lat", "lon")) or name[0].isdigit():
        name = f"{pack}_{name}"
    number = 2
    while name in taken:
        name, number = f"{name.rstrip('0123456789_')}_{number}", number + 1
    return name


def _look(source: str, name: str, values: list[str | None], taken: set[Role]) -> Seen:
    found = kinds.present(values)
    few, words = found.slice(0, LOOKED_AT), set(words_of(source))
    missing = sum(value is None or not value.strip() for value in values) / max(len(values), 1)
    numeric = kinds.is_numeric(few)
    form = kinds.time_format(few)
    if not len(found):
        return Seen(source, name, "left_out", 0, 1.0, note="empty in the sample")
    if form and not (numeric and form == "iso"):  # a bare year is no time
        return Seen(source, name, "time", len(found), missing, format=form)
    if numeric and words & (LATITUDES | LONGITUDES):
        role: Role = "lat" if words & LATITUDES else "lon"
        return Seen(source, name, role, len(found), missing)
    point = None if numeric else kinds.point_template(few)
    if point:
        return Seen(source, name, "point", len(found), missing, format=point)
    if "key" not in taken and kinds.is_key(values) and words & KEYS:
        return Seen(source, name, "key", len(found), missing)
    decimals = _decimals(few) if numeric else 0
    if numeric and not words & CODES and (decimals or len(found) > FEW_NUMBERS):
        return Seen(source, name, "measure", len(found), missing, decimals=decimals)
    return _text(Seen(source, name, "dimension", len(found), missing), words, values, taken)


def _decimals(found: pa.Array) -> int:
    """Places after the point that the numbers use, at most 6."""
    return min(6, max(len(text.partition(".")[2].rstrip("0")) for text in found.to_pylist()))


def _text(seen: Seen, words: set[str], values: list[str | None], taken: set[Role]) -> Seen:
    texts = [value for value in values if value]
    if "actor" not in taken and words & ACTORS and (seen.distinct > FEW_NUMBERS or len(texts) < FEW_ROWS):
        return Seen(seen.source, seen.name, "actor", seen.distinct, seen.missing)
    if sum(map(len, texts)) / len(texts) > LONG_TEXT:
        return Seen(seen.source, seen.name, "left_out", seen.distinct, seen.missing, note="long text")
    if len(texts) > FEW_ROWS and seen.distinct > MANY_TEXTS * len(texts):
        return Seen(seen.source, seen.name, "left_out", seen.distinct, seen.missing, note="almost every row differs")
    return seen
