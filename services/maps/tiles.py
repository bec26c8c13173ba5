"""What lies under maps: plain ground, or the tiles of a server that an administrator named?"""

from __future__ import annotations

import json
from urllib.parse import quote, urlsplit

from data.settings import settings

GROUND = {False: "#eef1f3", True: "#171d24"}
"""The plain ground of maps in the light and in the dark theme."""
_DIM = {"raster-brightness-max": 0.55, "raster-saturation": -0.6}  # for a dark page
_CALM = {"raster-saturation": -0.35}


def address() -> str:
    """Where browsers get the tiles; empty without any."""
    return settings().tiles


def style(is_dark: bool) -> str:
    """The address of a base map for pydeck: a `data:` of a style with the named tiles."""
    source = {"type": "raster", "tiles": [address()], "tileSize": 256, "maxzoom": 19}
    layer = {"id": "tiles", "type": "raster", "source": "tiles", "paint": _DIM if is_dark else _CALM}
    made = {"version": 8, "sources": {"tiles": source}, "layers": [layer]}
    return f"data:application/json,{quote(json.dumps(made))}"


def by() -> str:
    """Whom to name for the tiles; empty without any."""
    return settings().tiles_by if address() else ""


def origin() -> str:
    """The server of the tiles as a content-security source; empty without one."""
    parts = urlsplit(address())
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
