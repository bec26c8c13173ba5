"""How is a map sent to the browser in few bytes?"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

_MARK = "@@"  # with which the browser's part of pydeck marks what it is to work out


def compact_deck(**parts: Any) -> Any:
    """A deck that is written without the indents of pydeck, which are a quarter of its size and most of its time.

    Texts of the data are never worked out: one that begins like a formula of pydeck's would keep the map from showing.
    """
    for layer in parts["layers"]:
        for row in layer.data if isinstance(layer.data, list) else ():
            row.update({name: f"\u200b{text}" for name, text in row.items() if _is_marked(text)})
    return _deck()(**parts)


def _is_marked(text: object) -> bool:
    return isinstance(text, str) and text.startswith(_MARK)


@lru_cache(maxsize=1)
def _deck() -> type:
    import pydeck
    from pydeck.bindings.json_tools import default_serialize

    class CompactDeck(pydeck.Deck):  # type: ignore[misc]
        """A pydeck.Deck."""

        def to_json(self) -> str:
            """What the browser reads."""
            return json.dumps(self, sort_keys=True, default=default_serialize, separators=(",", ":"))

    return CompactDeck
