"""How are the newest rows drawn?"""

from __future__ import annotations

from html import escape

import streamlit as st

from services.formats import inside
from services.live.streams import Stream


def draw_stream(stream: Stream) -> None:
    """A plain table, newest first; one element, because it is drawn at every refresh."""
    head = "".join(f"<th scope='col'>{escape(title)}</th>" for title in stream.columns)
    body = "".join(f"<tr>{_cells(line)}</tr>" for line in stream.lines)
    title = f"<caption>Newest {escape(inside(stream.title))}</caption>"
    table = f"<table class='bv-stream'>{title}<thead><tr>{head}</tr></thead>{body}</table>"
    with st.container(border=True):
        st.html(f"<div class='bv-wide'>{table}</div>")


def _cells(line: tuple[str, ...]) -> str:
    return "".join(f"<td title='{escape(text)}'>{escape(text)}</td>" for text in line)
