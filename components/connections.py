"""How are the ways in drawn: subscriptions, watched folder, followed tables and what waits on disk?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import streamlit as st

from components.markdown import as_sentence
from components.states import empty, guard
from components.tokens import table
from data.types import Scope
from services import connections, spool
from services.connections import FileLine, FollowedLine
from services.formats import age, file_size, grouped, plural, share
from services.people import can

_STATUS = {
    "off": "No broker", "waiting": "Not listening", "connecting": "Connecting", "connected": "Listening",
    "failed": "Not listening",
}  # fmt: skip


def subscriptions(scope: Scope, now: datetime) -> None:
    """The connection to the broker and what came by each subscription of the workspace."""
    found = connections.mqtt_lines(scope, now)
    if found.state.status == "off":
        empty(
            "No broker is set up",
            "Set `mqtt_url` to your broker and say in a pack which topics are rows of which dataset. The text"
            " docs/how-to/mqtt.md shows it step by step.",
        )
        return
    show = st.success if found.state.status == "connected" else st.warning
    show(found.state.text, title=_STATUS[found.state.status])
    if not found.lines:
        st.caption("No pack of this workspace says which topics are rows; docs/how-to/mqtt.md shows how.")
    else:
        rows = [
            {
                "Dataset": line.dataset.title,
                "Topic": line.topic,
                "Last message": line.last_at,
                "A minute": line.per_minute,
                "Rows": line.rows,
                "Refused": line.rejected,
            }
            for line in found.lines
        ]
        columns = {"A minute": st.column_config.NumberColumn(format="%.1f", help="Mean of the last five minutes.")}
        table(scope, rows, ("Last message",), columns)
        st.caption("Counted since the worker began to listen.")
    if found.has_unplaced:
        st.caption(
            "Some messages named no workspace that there is. dead-letters/mqtt.jsonl in the data folder keeps them."
        )


def folders(scope: Scope) -> None:
    """The folders of the workspace, the newest files that were taken from them, and failed ones to try again."""
    lines = connections.folder_lines(scope)
    if not lines:
        empty(
            "There are no folders yet",
            "The worker makes one for each dataset when it starts. Files that are put there are imported;"
            " docs/how-to/watched-folder.md tells how.",
        )
        return
    st.write(
        "Put a file into the folder of its dataset, below the data folder; when it has not changed for some seconds it"
        " is imported and moved to `done` or `failed`."
    )
    rows = [{"Folder": line.path, "Waiting": line.waiting, "Done": line.done, "Failed": line.failed} for line in lines]
    table(scope, rows)
    files = sorted((file for line in lines for file in line.files), key=lambda file: file.at, reverse=True)
    if not files:
        st.caption("No file was taken from here yet.")
        return
    taken = [
        {
            "When": file.at, "File": file.name, "Dataset": file.dataset, "Outcome": "failed" if file.failed else "done",
            "What happened": file.said,
        }
        for file in files
    ]  # fmt: skip
    table(scope, taken, ("When",))
    failed = {f"{file.dataset}/{file.name}": file for file in files if file.failed}
    if failed and can(scope, "write"):
        _try_again(scope, failed)


def followed(scope: Scope, now: datetime) -> None:
    """The tables of other applications that datasets follow, with a rest and a comparison on demand."""
    lines = connections.followed_lines(scope)
    if not lines:
        empty(
            "No table is followed",
            "A dataset can follow a table of another application's database, which is never written to."
            " docs/how-to/follow-a-table.md shows it on an example.",
        )
        return
    for line in lines:
        if line.status == "in trouble":
            st.error(as_sentence(line.state.message), title=line.dataset.title)
    table(scope, [_followed(line, now) for line in lines], ("Compared",))
    titles = {line.dataset.qualified: line for line in lines}
    name = st.selectbox("Table", list(titles), format_func=lambda found: titles[found].dataset.title, key="followed")
    is_resting = titles[name].status == "resting"
    with st.container(horizontal=True):
        if st.button("Go on" if is_resting else "Let it rest", key="rest"):
            with guard():
                connections.rest(scope, name, not is_resting)
                st.rerun()
        if st.button("Compare all rows now", key="compare", disabled=is_resting):
            with guard():
                connections.compare_now(scope, name)
                st.toast("The worker compares it at its next turn.")


def _followed(line: FollowedLine, now: datetime) -> dict[str, Any]:
    state, caught = line.state, line.state.caught
    names = {"written": "brought in", "deleted": "deleted", "refused": "refused"}
    told = ", ".join(f"{grouped(caught[name])} {word}" for name, word in names.items() if caught.get(name))
    return {
        "Dataset": line.dataset.title,
        "State": f"resting ({state.paused_by})" if state.paused_at else line.status,
        "Source": f"{line.source.database or 'own database'}: {line.source.table}",
        "Read": f"{age((now - state.read_at).total_seconds())} ago" if state.read_at else "",
        "Read up to": state.watermark or "",
        "Compared": state.compared_at,
        "Comparing found": told or ("nothing amiss" if state.compared_at else ""),
    }


def waiting(now: datetime) -> None:
    """What waits on disk for the database."""
    found = spool.spool_state()
    if not found.batches and not found.refused:
        empty(
            "Nothing waits on disk",
            "While the database does not answer, rows that programs send wait here. They are written afterwards.",
        )
        return
    with st.container(horizontal=True):
        st.metric("Batches that wait", grouped(found.batches), border=True)
        st.metric("Space used", share(found.share), f"of {file_size(found.limit_bytes)}", "off", border=True)
        if found.oldest_at:
            st.metric("The oldest waits for", age((now - found.oldest_at).total_seconds()), border=True)
        st.metric("Put aside", grouped(found.refused), border=True)
    if found.refused:
        st.warning(
            f"{plural(found.refused, 'batch', 'batches')} could not be written and can be found in spool/refused in the"
            " data folder, each with its reason beside it."
        )


def _try_again(scope: Scope, failed: dict[str, FileLine]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Failed file", list(failed), index=None, placeholder="Choose", key="failed_file")
        if st.button("Try this file again", disabled=name is None) and name is not None:
            with guard():
                connections.again(scope, failed[name].dataset, failed[name].name)
                st.rerun()
