"""Which colours do charts use, in light and in dark?

The same as in .streamlit/config.toml, for marks whose colour carries a meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by meaning. Text on the ground and on bars reaches a contrast of 4.5, lines and bars of charts 3.

    The bars of leaderboards (`soft`, `picked`) are softer, because each has its number beside it.
    """

    accent: str
    bar: str
    shadow: str
    soft: str
    picked: str
    muted: str
    target: str
    good: str
    bad: str
    text: str
    grid: str
    ground: str


LIGHT = Palette(
    accent="#1f5fa8", bar="#5f93cb", shadow="#3c4650", soft="#b9d0ea", picked="#7fade0", muted="#5b6772",
    target="#8f5b00", good="#1d7a46", bad="#b3261e", text="#1b2530", grid="#e7eaed", ground="#fcfcfb",
)  # fmt: skip
DARK = Palette(
    accent="#79b0ee", bar="#5580b0", shadow="#c9d2db", soft="#2c4768", picked="#3d699c", muted="#a0acb8",
    target="#e5b04a", good="#5cc98d", bad="#f28b82", text="#e4e9ee", grid="#2a333d", ground="#12171d",
)  # fmt: skip


def rgb(colour: str) -> list[int]:
    """Red, green and blue of `#rrggbb`, as maps take them."""
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def palette() -> Palette:
    """The palette of the viewer's theme; light where it is not known yet."""
    return DARK if st.context.theme.type == "dark" else LIGHT
