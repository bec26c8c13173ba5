"""How is text of the data put into Markdown without being read as Markdown?"""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:-])")
_CODE = re.compile(r"(?<!`)(`[^`\n]+`)(?!`)")


def plain(text: str) -> str:
    """The text with every sign that Markdown gives a meaning to escaped."""
    return _SPECIAL.sub(r"\\\1", text)


def as_sentence(text: str) -> str:
    """A sentence of ours, in which names stand between backticks and values of the data anywhere: of its signs only the
    backticks mean something."""
    return "".join(part if number % 2 else plain(part) for number, part in enumerate(_CODE.split(text)))
