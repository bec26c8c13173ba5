"""What is the icon of the application?"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from urllib.parse import quote


@lru_cache(maxsize=1)
def icon_address() -> str:
    """The icon itself as an address, so that no page has to ask for it."""
    text = (Path(__file__).parent / "html" / "icon.svg").read_text(encoding="utf-8")
    return "data:image/svg+xml," + quote(text.strip(), safe=" =:/'")
