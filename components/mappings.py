"""How is the mapping of a file chosen and edited?"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from components import queries
from components.markdown import plain
from data.model import Dataset
from data.types import Scope
from services import uploads
from services.ingest import Mapping
from services.uploads import Opened, Upload
from services.uploads.datasets import dataset_titles, dictionary

_NONE = "(nothing)"


def edit(scope: Scope, upload: Upload, now: datetime) -> Mapping | None:
    """The mapping as it is chosen and edited; None, with what is missing, while it cannot be used."""
    datasets = queries.datasets(scope)
    with st.container(horizontal=True):
        names = queries.likeliest(scope, upload, now)
        titles = dataset_titles(datasets)
        name = st.selectbox("Rows of", names, format_func=lambda n: titles[n], key=f"dataset_{upload.id}", width=300)
        dataset = datasets[name]
        found = queries.opened(scope, upload, dataset, now)
        ways = {c.slug: c.title for c in found.choices}
        slug = st.selectbox(
            "Mapping", list(ways), format_func=lambda s: ways[s], key=f"mapping_{upload.id}_{name}", width=420
        )
    mapping = next(c.mapping for c in found.choices if c.slug == slug)
    mapping = _columns(dataset, mapping, found, f"{upload.id}_{name}_{slug}")
    missing = [t for t in (dataset.key, dataset.time) if t and mapping.column(t) is None]
    if missing:
        st.warning(f"Every row needs {' and '.join(missing)}. Choose the column that holds it.", title="Not complete")
        return None
    return mapping


def _columns(dataset: Dataset, mapping: Mapping, opened: Opened, key: str) -> Mapping:
    samples = opened.samples
    described = {d.column: d for d in dictionary(dataset)}
    times = {t.name for t in dataset.times}
    options = [_NONE, *samples]
    st.caption("For each column: where its values come from, examples of them, and the rules that are applied.")
    with st.container(border=True, gap="xsmall"):
        for target, sources in uploads.sources_by_target(mapping, dataset).items():
            found = described.get(target)
            left, middle, right = st.columns([2.2, 3, 5], vertical_alignment="center")
            need = " :red[required]" if target in (dataset.key, dataset.time) else ""
            left.markdown(
                f"{plain(found.title if found else target)}{need}", help=found.description or None if found else None
            )
            now = sources[0] if sources and sources[0] in samples else _NONE
            chosen = middle.selectbox(
                f"Source of {target}", options, index=options.index(now), key=f"source_{key}_{target}",
                label_visibility="collapsed",
            )  # fmt: skip
            if chosen != now:
                form = opened.formats.get(chosen) if target in times else None
                mapping = uploads.edited(mapping, target, None if chosen == _NONE else chosen, form)
            right.caption(_said(mapping, target, samples.get(chosen, ()), target in times))
    if uploads.place_rules(mapping):
        st.caption(plain(uploads.place_rules(mapping)))
    return mapping


def _said(mapping: Mapping, target: str, examples: tuple[str, ...], is_time: bool) -> str:
    column = mapping.column(target)
    if column is None:
        return "Stays empty."
    shown = ", ".join(_short(e) for e in examples)
    applied = "; ".join(uploads.rules(column, is_time))
    return plain(" · ".join(part for part in (shown, applied) if part))


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:23]}…"
