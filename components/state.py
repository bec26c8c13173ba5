"""What is chosen on the page, and how does the address carry it, so that a link opens the same view?

The address is the truth. Streamlit's own binding writes an option's title, so that a new wording would break saved
links; here the slug is written and the title shown. What was chosen is kept for the session, because a change of page
empties the address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import streamlit as st

from data.types import Filter
from services.live.choices import filters_of, parameter_of

_KEPT = "_kept_parameters"
_AT, _CAME_FROM = "_page_now", "_page_before"
LIVE = ("range", "from", "to", "compare", "metric", "pack", "family", "every", "f.", "x.")
MAP = (
    "range", "from", "to", "compare", "metric", "pack", "layer", "size", "scale", "box", "hex", "area", "also", "pick",
    "method", "nights", "boundaries", "rows_by", "exposure", "show", "f.", "x.",
)  # fmt: skip
DATA = ("view", "upload")
LOOKUP = ("kind", "name", "range", "about")
PROFILE = ("see", "person", "session", "group", "norms", "trait", "by", "span")
ROUTES = (*MAP, "plan", "stops")
EFFECTS = (*MAP, "tab", "effect", "repeats")
_ALL = LIVE + MAP + ROUTES + EFFECTS + DATA + LOOKUP + PROFILE


def _is_of(page: tuple[str, ...], key: str) -> bool:
    return key in page or (key[:2] in page and len(key) > 2)


def _kept() -> dict[str, list[str]]:
    return st.session_state.setdefault(_KEPT, {})


def arrive(page: str) -> None:
    """Call once a run, with the address of the page: whether the page changed tells why an address is empty."""
    st.session_state[_CAME_FROM] = st.session_state.get(_AT)
    st.session_state[_AT] = page


def settle(page: tuple[str, ...]) -> None:
    """Call first on a page, with its parameters: what the address lost by a change of page is put back.

    An address that is empty though the page is the same was emptied on purpose, by the browser's way back.
    """
    given = {key: st.query_params.get_all(key) for key in st.query_params if _is_of(page, key)}
    kept = {key: found for key, found in _kept().items() if _is_of(page, key)}
    if given:
        for key in kept:
            _kept().pop(key)
        _kept().update(given)
        return
    stayed = st.session_state.get(_AT) is not None and st.session_state.get(_AT) == st.session_state.get(_CAME_FROM)
    for key, found in kept.items():
        if stayed:
            _kept().pop(key)
        else:
            st.query_params[key] = found


def read(key: str, default: str = "") -> str:
    """One parameter of the address."""
    return st.query_params.get(key, default)


def read_all(key: str) -> list[str]:
    """All values of one parameter of the address."""
    return st.query_params.get_all(key)


def write(key: str, values: list[str]) -> None:
    """Put a parameter into the address, or take it out when there are no values."""
    if values:
        st.query_params[key] = values
        if _is_of(_ALL, key):
            _kept()[key] = values
    else:
        st.query_params.pop(key, None)
        _kept().pop(key, None)


def days() -> tuple[date, date] | None:
    """The first and last day of the custom range; None when the address names none that exist."""
    try:
        return date.fromisoformat(read("from")), date.fromisoformat(read("to"))
    except ValueError:
        return None


def set_days(shown: tuple[date, date]) -> None:
    """Make these the days of the custom range."""
    write("from", [shown[0].isoformat()])
    write("to", [shown[1].isoformat()])


def filters() -> tuple[Filter, ...]:
    """The filters of the address."""
    return filters_of({key: st.query_params.get_all(key) for key in st.query_params})


def set_filters(where: tuple[Filter, ...]) -> None:
    """Make these the filters of the address."""
    wanted = dict(parameter_of(f) for f in where)
    for key in [k for k in st.query_params if k[:2] in ("f.", "x.")]:
        if key not in wanted:
            write(key, [])
    for key, found in wanted.items():
        write(key, found)


def have_show(widget: str, value: Any) -> None:
    """Make a widget show a value. After a change of page in any case: the one of this name was another widget there."""
    if st.session_state.get(widget) != value or st.session_state.get(_AT) != st.session_state.get(_CAME_FROM):
        st.session_state[widget] = value


def choose(
    label: str, key: str, options: Mapping[str, str], default: str, draw: Callable[..., Any], **settings: Any
) -> str:
    """A picker of titled options whose slug is in the address; `draw` is a selectbox or a segmented control."""
    chosen = read(key, default)
    if chosen not in options:
        chosen = default
    widget = f"_{key}_picker"
    have_show(widget, chosen)

    def picked() -> None:
        slug = st.session_state[widget] or default
        write(key, [] if slug == default else [slug])

    draw(label, list(options), format_func=lambda slug: options[slug], key=widget, on_change=picked, **settings)
    return chosen


def once(key: str) -> int:
    """A number that `next_turn` raises, for widget keys that must forget their selection."""
    return st.session_state.get(f"_turn_{key}", 0)


def next_turn(key: str) -> None:
    """Make the widgets under this key new ones."""
    st.session_state[f"_turn_{key}"] = once(key) + 1
