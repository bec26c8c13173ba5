"""How is an analysis shown that the worker works out: its progress, its age, its map and its table?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from components import area_maps, finding_downloads, mapped, maps, marks, queries, state, states
from components.markdown import as_sentence
from components.palette import DARK, palette
from components.viewer import current_scope
from data.model import Metric
from data.types import Scope
from services.live.boards import Board
from services.live.choices import DEFAULT_RANGE
from services.maps import found, studies
from services.maps.areas import Selected
from services.maps.choices import MapChoice, box_text
from services.maps.hexes import HexMap, placed_dataset
from services.maps.pictures import Picture
from services.maps.studies import Question, Study

Table = Callable[[Picture], None]
_EVERY_S = 2


def show(
    scope: Scope, board: Board, metric: Metric, shown: HexMap, choice: MapChoice, area: Selected | None, table: Table,
    now: datetime,
) -> None:  # fmt: skip
    """The last result there is, and how far a newer one is."""
    dataset = placed_dataset(board.pack, metric)
    if dataset is None or metric.shape != "count":
        states.empty("Only for counts", "Clusters and risks are of rows that are counted; choose such a metric.")
        return
    method = "dbscan"
    if choice.layer == "clusters":
        method = state.choose(
            "Method", "method", studies.METHODS, "dbscan", st.selectbox, width=260, label_visibility="collapsed"
        )
    question = studies.question_of(
        dataset, metric, choice, state.read("range", DEFAULT_RANGE), state.days(), method
    )  # fmt: skip
    study = studies.opened(scope, question, now)
    version = queries.versions(scope, now).get(dataset.qualified)
    with st.container(horizontal=True, vertical_alignment="center"):
        if study.is_over:
            st.caption(found.age_said(study, scope.workspace.timezone, now, version))
            st.button("Work out again", on_click=studies.again, args=(scope, question, now), icon=":material/refresh:")
        else:
            _wait(question)
    if study.state == "failed":
        st.warning(as_sentence(study.failure), title="This could not be worked out")
    if study.result is not None:
        _result(scope, board, metric, shown, choice, area, question, study, study.result, table, now)


def _wait(question: Question) -> None:
    """How far the worker is, looked up every two seconds; when it is done the page is drawn with the result."""

    def tick() -> None:
        with states.guard():
            study = studies.standing(current_scope(), question)
            if study is None or study.is_over:
                st.rerun()
            st.progress(study.progress, _doing(study))

    st.fragment(tick, run_every=_EVERY_S)()


def _doing(study: Study) -> str:
    if study.state == "asked":
        waits = (datetime.now(UTC) - study.asked_at).total_seconds()
        return "Waits for the worker" if waits < 60 else "Waits for the worker, which is busy or not running"
    return study.doing or "Begun"


def _result(
    scope: Scope, board: Board, metric: Metric, shown: HexMap, choice: MapChoice, area: Selected | None,
    question: Question, study: Study, result: dict[str, Any], table: Table, now: datetime,
) -> None:  # fmt: skip
    if "reason" in result:
        states.empty("Nothing to tell here", result["reason"])
        return
    names, is_dark = mapped.district_names(scope, board, choice, now), palette() is DARK
    more = area_maps.outlined(area)
    key = f"map_{choice.layer}_{box_text(shown.box)}_{state.once('map')}"
    if choice.layer == "risk":
        picture = found.risk_picture(metric, result, shown.resolution, names.said, is_dark)
        st.markdown(result["sentence"])
        box = choice.box or found.box_of_risk(result)
        maps.draw_hexagons(picture, box, names.labels, state.read_all("hex"), key, None, maps.FULL, more)
        maps.legend(picture)
        finding_downloads.show_risk(scope, board, metric, study, picture, names, shown.resolution, choice)
    else:
        made = found.cluster_picture(metric, result, shown.resolution, names.said, is_dark)
        picture = made.picture
        st.caption(made.said)
        marks.draw_clusters(made, shown.box, names.labels, key, more)
        maps.legend(picture)
        finding_downloads.show_clusters(scope, board, metric, study, made, names, shown, choice)
        finding_downloads.show_members(scope, board, metric, question, study, names, shown, choice)
    if picture.lines:
        table(picture)
