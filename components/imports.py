"""How are a check, a running import and past imports shown?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st

from components import filters, live, queries, state, states
from components.markdown import as_sentence, plain
from data.types import Scope
from services import ingest, uploads
from services.formats import grouped, moment, number, plural
from services.ingest import ImportRecord, ValidationReport
from services.people import can
from services.uploads import Upload

_STATUS = {"running": "Running", "done": "Done", "failed": "Not finished"}
_OUTCOMES = {"reject": "row rejected", "flag": "row flagged"}


def report(found: ValidationReport, titles: dict[str, str]) -> None:
    """What an import would make of the file: counts, then every kind of problem with examples.

    `titles` says what the columns of the dataset are called.
    """
    part = "" if found.complete else f" of the first {plural(found.read, 'row')}"
    counts = {"read": found.read, "accepted": found.accepted, "rejected": found.rejected, "flagged": found.flagged}
    _counts({name.capitalize(): n for name, n in counts.items()})
    if not found.findings:
        st.caption(f"No problems{part}.")
        return
    st.caption(f"Problems{part}. Rejected rows are kept and can be downloaded; flagged rows are imported.")
    lines = [
        {
            "Column": titles.get(f.field, f.field), "Problem": f.reason,
            "What happens": _OUTCOMES.get(f.outcome, f.outcome),
            "Rows": f.count, "Examples": ", ".join(f"line {line}: {text or 'nothing'}" for line, text in f.examples),
        }
        for f in found.findings
    ]  # fmt: skip
    rows = st.column_config.NumberColumn(format="localized")
    st.dataframe(lines, hide_index=True, column_config={"Rows": rows}, alt="Problems by column and reason")


def _counts(counts: dict[str, int]) -> None:
    with st.grid(6, min_column_width=140, gap="xsmall"):
        for title, n in counts.items():
            st.metric(title, grouped(n), border=True)


def follow(upload: Upload) -> None:
    """How far an import is, refreshed by itself; the page can be left and come back to."""
    is_over = uploads.state_of(upload).status in ("done", "failed")

    def draw(scope: Scope, now: datetime) -> None:
        found = uploads.state_of(upload)
        if found.status in ("done", "failed") and not is_over:
            st.rerun()
        if found.status == "waiting":
            st.progress(0.0, "Waiting for the worker. You can leave this page; the import goes on.")
        elif found.status == "running":
            text = f"Importing: {plural(found.rows, 'row')} read. You can leave this page; the import goes on."
            st.progress(min(found.share, 1.0), text)
        elif found.status == "failed":
            st.error(as_sentence(found.message), title="The import did not reach its end")
            st.button("Back to the mapping", on_click=_again, args=(scope, upload))
        else:
            _result(scope, found.summary, now)

    live.run(draw, None if is_over else 1)


def _again(scope: Scope, upload: Upload) -> None:
    uploads.again(scope, upload)
    st.rerun()


def _result(scope: Scope, summary: dict[str, Any], now: datetime) -> None:
    st.subheader("Imported", anchor=False)
    names = ("read", "inserted", "updated", "unchanged", "rejected", "flagged")
    _counts({name.capitalize(): summary[name] for name in names})
    seconds = summary["seconds"]
    st.caption(f"It took {number(seconds / 3600, 'duration') if seconds >= 1 else 'less than a second'}.")
    if summary["flagged"]:
        st.caption("Flagged rows were imported too. Something in them is doubtful; their column Quality says what.")
    with st.container(horizontal=True):
        if st.button("See it on Live", type="primary", icon=":material/monitoring:"):
            for done in state.DATA:
                state.write(done, [])
            st.switch_page("pages/monitor/live.py", query_params=filters.newest_parameters(scope, now))
        if summary["rejected"]:
            _rejects_button(scope, summary["import_id"], summary["rejected"])


def _rejects_button(scope: Scope, import_id: int, count: int) -> None:
    def content() -> bytes:
        path = ingest.rejects_csv(scope, import_id)
        return path.read_bytes() if path else b""

    st.download_button(
        f"Download {plural(count, 'rejected row')}", content, f"rejected_rows_{import_id}.csv", "text/csv",
        key=f"rejects_{import_id}", on_click="ignore", icon=":material/download:",
    )  # fmt: skip


def draw_list(scope: Scope, now: datetime) -> None:
    """The imports of the workspace, the newest first."""
    found = ingest.list_imports(scope)
    if not found:
        states.cannot_tell("No file was imported into this workspace yet.")
        return
    titles = {name: d.title for name, d in queries.datasets(scope).items()}
    for record in found:
        with st.container(border=True, gap="xxsmall"):
            st.markdown(f"**{plain(record.file_name)}** into {titles.get(record.dataset, record.dataset).lower()}")
            st.markdown(f":small[{plain(_said(scope, record, now))}]")
            if record.message:
                st.caption(plain(record.message))
            if record.counts.get("rejected") and can(scope, "write"):
                _rejects_button(scope, record.id, record.counts["rejected"])


def _said(scope: Scope, record: ImportRecord, now: datetime) -> str:
    counts = record.counts
    parts = [
        f"{grouped(counts[name])} {name}"
        for name in ("read", "inserted", "updated", "unchanged", "rejected", "flagged")
        if counts.get(name)
    ]
    when = moment(record.started_at, scope.workspace.timezone, now)
    return f"{_STATUS.get(record.status, record.status)}, {when} by {record.account}. {', '.join(parts)}"
