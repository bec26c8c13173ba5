"""How are the newest rows drawn?"""

from __future__ import annotations

from html import escape

import streamlit as st

from services.live.streams import Stream

_STYLE = """<style>
.bv-stream{width:100%;border-collapse:collapse;font-size:.85rem}
.bv-stream caption{text-align:left;font-weight:600;padding-bottom:.4rem;font-size:1rem}
.bv-stream th{text-align:left;font-weight:600;opacity:.75;padding:.2rem .6rem .2rem 0;white-space:nowrap}
.bv-stream td{padding:.22rem .6rem .22rem 0;border-top:1px solid rgb(128 128 128 / .22);max-width:16rem;overflow:hidden;
text-overflow:ellipsis;white-space:nowrap}
.bv-wide{overflow-x:auto}
</style>"""


def draw_stream(stream: Stream) -> None:
    """A plain table, newest first; one element, because it is drawn at every refresh."""
    head = "".join(f"<th scope='col'>{escape(title)}</th>" for title in stream.columns)
    body = "".join(f"<tr>{_cells(line)}</tr>" for line in stream.lines)
    title = f"<caption>Newest {escape(stream.title.lower())}</caption>"
    table = f"<table class='bv-stream'>{title}<thead><tr>{head}</tr></thead>{body}</table>"
    with st.container(border=True):
        st.html(f"{_STYLE}<div class='bv-wide'>{table}</div>")


def _cells(line: tuple[str, ...]) -> str:
    return "".join(f"<td title='{escape(text)}'>{escape(text)}</td>" for text in line)
