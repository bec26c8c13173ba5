"""How is text of the data put into Markdown without being read as Markdown?"""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:-])")


def plain(text: str) -> str:
    """The text with every sign that Markdown gives a meaning to escaped."""
    return _SPECIAL.sub(r"\\\1", text)
