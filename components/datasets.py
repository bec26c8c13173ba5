"""How are the datasets of a workspace shown, with their state and the meaning of their columns?"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from components import queries, states
from components.markdown import plain
from data.model import Dataset
from data.types import Scope
from services import model
from services.formats import age, moment, plural
from services.metrics import Freshness
from services.observing import PACK as OWN_RECORDS
from services.uploads.datasets import dictionary


def draw(scope: Scope, now: datetime) -> None:
    """One panel a dataset: what it is, how many rows, how fresh; its data dictionary inside. Of a workspace that uses
    no pack yet, what it could hold, closed by pack."""
    known = {f.dataset: f for f in queries.freshness(scope, now)}
    used = model.model_of(scope).datasets()
    if used:
        for name, dataset in used.items():
            with st.container(border=True, gap="xsmall"):
                _about(dataset, _state(scope, known.get(name), now))
        return
    states.no_rows(scope)
    st.subheader("What files can be imported as", anchor=False)
    for pack in (pack for pack in model.current().packs if pack.name != OWN_RECORDS):
        with st.expander(f"{plain(pack.title)}: {plural(len(pack.datasets), 'dataset')}"):
            for dataset in pack.datasets:
                _about(dataset, "")


def _about(dataset: Dataset, said: str) -> None:
    st.subheader(plain(dataset.title), anchor=False)
    st.markdown(plain(dataset.description))
    if said:
        st.markdown(f":small[{said}]")
    with st.expander("What the columns mean"):
        _dictionary(dataset)


def _state(scope: Scope, found: Freshness | None, now: datetime) -> str:
    if found is None or not found.rows or found.newest_at is None:
        return ":gray[No rows yet.]"
    seconds = (now - found.newest_at).total_seconds()
    newest = f"newest of {moment(found.newest_at, scope.workspace.timezone, now)}, {age(seconds)} old"
    if seconds > found.usual_delay_s:
        newest = f":orange[{newest}, later than the usual {age(found.usual_delay_s)}]"
    return f"{plural(found.rows, 'row')}, {newest}"


def _dictionary(dataset: Dataset) -> None:
    lines = [
        {"Column": d.column, "Title": d.title, "Kind": d.kind, "Meaning": d.description, "Details": d.detail}
        for d in dictionary(dataset)
    ]
    st.dataframe(lines, hide_index=True, height="content", alt=f"Columns of {dataset.title}")
