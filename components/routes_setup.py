"""What is to be planned: which stops, which officers, how they travel?"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from components import errands, filters, queries, routes_crew, state, states
from components.markdown import plain
from data.types import Scope
from services.field import candidates, plans
from services.field.asks import RoutesAsk
from services.field.candidates import STOPS_SAMPLE, Found, Service
from services.live.boards import Board
from services.live.choices import DEFAULT_RANGE, RANGES
from services.maps.choices import MapChoice, box_of, place_filter
from services.maps.hexes import mappable
from services.maps.places import hexagons_filter
from services.routing.travel import ROADS

_SOURCES = {"cases": "Open cases", "hotspots": "Hotspots", "file": "A list of my own"}
_ROADS = {"centre": "City centre", "urban": "City", "suburban": "Suburbs", "rural": "Country", "motorway": "Motorway"}
_NO_LABEL = {"label_visibility": "collapsed"}
_MOST, _USUAL = 200, 30


def show(scope: Scope, now: datetime) -> None:
    """The form: stops, officers, and the button that has them planned."""
    boards = {b.pack.name: b for b in queries.known_boards(scope, now) if candidates.case_datasets(b.pack)}
    today = now.astimezone(ZoneInfo(scope.workspace.timezone)).date()
    with st.container(border=True):
        st.subheader("Stops", anchor=False)
        known = _SOURCES if boards else {"file": _SOURCES["file"]}
        first = next(iter(known))
        source = state.choose("Stops", "stops", known, first, st.segmented_control, required=True, **_NO_LABEL)
        board = _filters(scope, boards, now) if source != "file" else None
        upload = _upload() if source == "file" else None
        service, most = _service(source, board)
    with st.container(border=True):
        st.subheader("Officers", anchor=False)
        rows, travel = routes_crew.edit(scope, board, now)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        on = st.date_input("Day", today + timedelta(days=1), key="routes_on", width=160, format="YYYY-MM-DD")
        balanced = st.toggle("Share the work evenly", key="routes_even")
        if st.button("Plan", type="primary", icon=":material/route:"):
            with states.guard():
                found = _stops(scope, source, board, upload, service, most, on, now)
                ask = RoutesAsk(on.isoformat(), found.stops, routes_crew.officers(rows), travel, found.sentence,
                                balanced=balanced)  # fmt: skip
                number = plans.ask_for(scope, ask, found.as_of, now)
                routes_crew.keep(scope, rows, travel, now)
                errands.go_to("plan", number)
                st.rerun()


def _filters(scope: Scope, boards: dict[str, Board], now: datetime) -> Board:
    """The range and filters of the heat map; what is picked there counts here as well."""
    titles = {name: b.pack.title for name, b in boards.items()}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        board = boards[state.choose("Domain", "pack", titles, next(iter(titles)), st.selectbox, width=220, **_NO_LABEL)
                       if len(boards) > 1 else next(iter(boards))]  # fmt: skip
        slug = state.choose("Range", "range", RANGES, DEFAULT_RANGE, st.selectbox, width=140, **_NO_LABEL)
        if slug == "custom":
            filters.pick_days(scope, now)
        filters.menu(scope, board, now)
    filters.chips(scope, board)
    picked = len(state.read_all("hex"))
    where = [f"{picked} picked hexagons"] if picked else ["the part of the map looked at"] if state.read("box") else []
    if where:
        st.caption(f"Only {where[0]} of the heat map.")
    return board


def _upload() -> Any:
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with right:
        st.download_button("An example", STOPS_SAMPLE, "stops.csv", "text/csv", type="tertiary", on_click="ignore",
                           icon=":material/download:")  # fmt: skip
    with left:
        return st.file_uploader("CSV with a line a stop", type=["csv", "txt"], key="routes_stops", max_upload_size=2,
                                help="Columns id, lat and lon are needed; name, service_minutes, from, to, priority, "
                                "skills and load may be there.")  # fmt: skip


def _service(source: str, board: Board | None) -> tuple[Service, int]:
    """How long a visit takes, when it may begin and what it needs; a list of one's own says so itself."""
    if board is None:
        return Service(15, 0, 48 * 3600, "urban"), _MOST
    with st.grid(6, min_column_width=150, gap="small"):
        most = st.number_input("Stops at most", 1, _MOST, _USUAL, key="routes_most")
        minutes = st.number_input(
            "Minutes per visit", 1, 480, 20 if source == "hotspots" else 15, key=f"minutes_{source}"
        )
        opens = st.time_input("Visits from", time(8, 0), key="routes_opens", step=900)
        closes = st.time_input("Begin by", time(17, 0), key="routes_closes", step=900)
        road = st.selectbox("Kind of roads", list(ROADS), 1, format_func=_ROADS.__getitem__, key="routes_road")
        skills = {"": "No skill needed"}
        if source == "cases":
            dataset = candidates.case_datasets(board.pack)[0]
            skills |= {d.name: d.title for d in dataset.dimensions if not d.personal}
        skill = st.selectbox("Skill needed", list(skills), format_func=skills.__getitem__, key="routes_skill",
                             help="The value of this column must be among an officer's skills.")  # fmt: skip
    return Service(int(minutes), _seconds(opens), _seconds(closes), road, skill), int(most)


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60


def _stops(
    scope: Scope, source: str, board: Board | None, upload: Any, service: Service, most: int, on: date, now: datetime
) -> Found:
    if board is None:
        if upload is None:
            return Found((), "")
        return candidates.listed(upload.getvalue().decode("utf-8-sig", "replace"), upload.name)
    seen, picked = filters.choice(scope, board, now), state.read_all("hex")
    if source == "cases":
        view = MapChoice("hexagons", seen.metric, seen.range, seen.where, box_of(state.read("box")), None, "quantiles")
        where = (hexagons_filter(picked),) if picked else place_filter(view)
        dataset = candidates.case_datasets(board.pack)[0]
        return candidates.cases(scope, board.pack, dataset, seen, where, most, service, on)
    metric = next((m for m in mappable(board.pack, board.metrics()) if m.qualified == seen.metric),
                  mappable(board.pack, board.metrics())[0])  # fmt: skip
    chosen = MapChoice("hotspots", metric.qualified, seen.range, seen.where, box_of(state.read("box")), None,
                       "quantiles")  # fmt: skip
    found = candidates.hot_hexagons(scope, board.pack, metric, chosen, most, service, on, now)
    if not found.stops:
        st.caption(plain(found.sentence))
    return found
