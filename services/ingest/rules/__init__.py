"""Which rules does a text go through, and in which order?"""

from __future__ import annotations

from collections.abc import Callable

from services.ingest.mappings.grammar import Column
from services.ingest.rules.blanks import fill, require
from services.ingest.rules.limits import allow, limit_length
from services.ingest.rules.spelling import change_case, match, pad, put_into, replace_parts, translate, write_whole
from services.ingest.rules.texts import Texts

TextRule = Callable[[Texts, Column], Texts]

TEXT_RULES: tuple[TextRule, ...] = (
    change_case, replace_parts, match, write_whole, pad, put_into, translate, fill, allow, require, limit_length,
)  # fmt: skip
"""After `strip` and `missing`, for every column."""


def apply_text_rules(texts: Texts, column: Column) -> Texts:
    """The texts after every rule."""
    for rule in TEXT_RULES:
        texts = rule(texts, column)
    return texts
