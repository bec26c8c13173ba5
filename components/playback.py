"""How does a map play through time in the browser, without a question to the server for each frame?"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
import streamlit.components.v1 as parts

from components.maps import FULL, size
from components.palette import DARK, palette
from services.maps import tiles
from services.maps.areas import Selected
from services.maps.labels import Label
from services.maps.layout import with_room
from services.maps.playback import Film, reel

_FOLDER = Path(__file__).parent.parent / "static" / "playback"
_PLAIN = ("integer", "decimal", "number")


@lru_cache(maxsize=1)
def _player() -> Any:
    return parts.declare_component("playback", path=str(_FOLDER))


def draw(film: Film, labels: tuple[Label, ...], area: Selected | None, key: str) -> None:
    """The film with its controls, its legend and the border of a selected area; it draws itself, and asks nothing."""
    colours = palette()
    is_dark = colours is DARK
    look = {
        "ink": colours.text, "ground": tiles.GROUND[is_dark], "line": colours.muted,
        "accent": colours.accent, "empty": "#1f2730" if is_dark else "#e4e8eb", "dark": is_dark, "page": colours.ground,
        "plain": film.metric.format in _PLAIN, "each": f"in each step ({film.step_title})",
    }  # fmt: skip
    made = reel(film, with_room(labels, film.box, *size(FULL)), area.outline if area else "")
    with st.container(border=False):
        _player()(reel=made | look, key=key, default=None)
