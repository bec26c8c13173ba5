"""How do many spellings become one?"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from services.ingest.mappings.grammar import Column
from services.ingest.rules.texts import Texts, mask_of

_CASES = {
    "upper": pc.utf8_upper, "lower": pc.utf8_lower, "title": pc.utf8_title, "sentence": pc.utf8_capitalize,
}  # fmt: skip
_WHOLE = r"^([+-]?\d+)[.]0*$"


def change_case(texts: Texts, column: Column) -> Texts:
    """`case`: upper, lower, title or sentence."""
    return texts if column.case is None else texts.now(_CASES[column.case](texts.values))


def replace_parts(texts: Texts, column: Column) -> Texts:
    """`replace`: each part of a text that equals a key becomes its value, in the order of the mapping."""
    values = texts.values
    for old, new in column.replace:
        values = pc.replace_substring(values, old, new)
    return texts.now(values)


def match(texts: Texts, column: Column) -> Texts:
    """`regex`: the whole text must match and becomes `to`; what does not match is settled by `otherwise`."""
    if column.regex is None:
        return texts
    pattern = f"^(?:{column.regex.pattern})$"
    fits = mask_of(pc.match_substring_regex(texts.values, pattern))
    misses = ~fits & mask_of(pc.is_valid(texts.values))
    template = re.sub(r"\\(?!\d)", r"\\\\", column.regex.to)  # RE2 knows \1 and \\ only
    changed = texts.now(pc.replace_substring_regex(texts.values, pattern, template))
    expected = f"a text that matches {column.regex.pattern}"
    return changed.settled(misses, column.regex.otherwise, "unmatched", "not of the form", expected, column.default)


def write_whole(texts: Texts, column: Column) -> Texts:
    """`whole`: 20.0 becomes 20."""
    return texts.now(pc.replace_substring_regex(texts.values, _WHOLE, r"\1")) if column.whole else texts


def pad(texts: Texts, column: Column) -> Texts:
    """`pad`: filled on the left up to a width."""
    return texts if column.pad is None else texts.now(pc.utf8_lpad(texts.values, column.pad.width, column.pad.fill))


def put_into(texts: Texts, column: Column) -> Texts:
    """`format`: the value within a text."""
    if column.format is None:
        return texts
    before, after = column.format.split("{}")
    return texts.now(pc.binary_join_element_wise(before, texts.values, after, ""))


def translate(texts: Texts, column: Column) -> Texts:
    """`values`: a whole text becomes another, or missing."""
    if not column.values:
        return texts
    index = pc.index_in(texts.values, value_set=pa.array([old for old, _ in column.values], pa.string()))
    wanted = pa.array([new for _, new in column.values], pa.string())
    return texts.now(pc.if_else(pc.is_valid(index), pc.take(wanted, index), texts.values))
