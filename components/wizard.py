"""How does a file become rows: upload, look, map, check, import?"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from components import imports, mappings, queries, state, states
from components.markdown import plain
from data.types import Scope
from services import ingest, uploads
from services.formats import file_size, grouped, plural
from services.ingest import Mapping
from services.people import can
from services.uploads import Upload
from services.uploads.datasets import dictionary

SUFFIXES = ["csv", "tsv", "txt", "jsonl", "ndjson", "json", "parquet", "inp", "gz", "zip"]
CHECKED_ROWS = 20_000
_FORMATS = {"delimited": "text", "parquet": "Parquet", "json": "JSON lines", "json_lines": "JSON lines"}


def choose_view(scope: Scope) -> str:
    """Which part of the Data page to show; importing is offered to those who may."""
    views = {"datasets": "Datasets", "imports": "Imports"}
    if can(scope, "write"):
        views["import"] = "Import a file"
    return state.choose(
        "Part", "view", views, "datasets", st.segmented_control, required=True, label_visibility="collapsed"
    )


def draw(scope: Scope, now: datetime) -> None:
    """The step that the address is at; every step is a link that can be come back to."""
    upload_id = state.read("upload")
    if not upload_id:
        _choose_file(scope, now)
        return
    upload = uploads.find(scope, upload_id)
    _file_line(upload)
    if uploads.state_of(upload).status == "none":
        _prepare(scope, upload, now)
    else:
        imports.follow(upload)


def _choose_file(scope: Scope, now: datetime) -> None:
    st.subheader("1. Choose a file", anchor=False)
    st.write("CSV, TSV, JSON lines or Parquet, plain or packed as gzip or zip. Nothing is changed before you say so.")
    given = st.file_uploader("File", type=SUFFIXES, label_visibility="collapsed", key=f"file_{state.once('file')}")
    if given is not None:
        _take(uploads.keep(scope, given.name, given, now))
    names = uploads.pickable(scope)
    if names:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox("Or pick one from the server's inbox", names, index=None, placeholder="File", width=420)
            if st.button("Take this file", disabled=name is None) and name:
                _take(uploads.pick(scope, name, now))


def _take(upload: Upload) -> None:
    state.next_turn("file")
    state.write("upload", [upload.id])
    st.rerun()


def _file_line(upload: Upload) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(upload.name)}**, {file_size(upload.size)}", width="content")
        st.button("Another file", type="tertiary", icon=":material/close:", on_click=leave)


def leave() -> None:
    """A click that goes back to the choice of a file."""
    state.write("upload", [])


def _prepare(scope: Scope, upload: Upload, now: datetime) -> None:
    st.subheader("2. What is in it", anchor=False)
    with states.loading(200):
        seen = ingest.preview(upload.path, 8, upload.name)
    parts = [_FORMATS.get(seen.format, seen.format), f"separated by {_named(seen.delimiter)}" if seen.delimiter else ""]
    parts.append(seen.encoding.upper() if seen.encoding else "")
    st.caption(f"{plural(len(seen.header), 'column')}; {', '.join(p for p in parts if p)}. The first rows:")
    rows = [dict(zip(seen.header, row, strict=True)) for row in seen.rows]
    st.dataframe(rows, hide_index=True, height=280, alt="The first rows of the file")
    st.subheader("3. What the columns mean", anchor=False)
    mapping = mappings.edit(scope, upload, now)
    if mapping is not None:
        _check(scope, upload, mapping, now)


def _named(delimiter: str) -> str:
    return {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}.get(delimiter, delimiter)


def _check(scope: Scope, upload: Upload, mapping: Mapping, now: datetime) -> None:
    st.subheader("4. Check and import", anchor=False)
    is_whole = st.toggle("Check the whole file", key="check_whole", help=f"Else the first {grouped(CHECKED_ROWS)} rows")
    with states.loading(260):
        report = queries.checked(scope, upload, mapping, None if is_whole else CHECKED_ROWS, now)
    imports.report(report, {d.column: d.title for d in dictionary(queries.datasets(scope)[mapping.dataset])})
    if st.button("Import this file", type="primary", icon=":material/upload:", disabled=not report.accepted):
        uploads.submit(scope, upload, mapping.dataset, mapping)
        st.rerun()
