"""Did it work: how does a viewer ask for the effect of an intervention, and how is it shown?"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import streamlit as st

from components import charts, effect_downloads, errands, nowhere, queries, state, states
from components.markdown import plain
from components.palette import palette
from data.types import Scope
from services.field import reading
from services.field.effects import WEEKS_BEFORE, EffectAsk, in_words
from services.field.errands import Errand
from services.formats import days_text, moment, number, plural
from services.live.boards import Board
from services.maps.hexes import mappable
from services.queries import filters_as_json

KEY = "effect"
_NO_LABEL = {"label_visibility": "collapsed"}
_LISTED = 8


def show(scope: Scope, now: datetime) -> None:
    """The question and its answer."""
    errands.show(scope, "effect", KEY, now, ("A new question", "Questions"), _form, partial(_answer, scope, now))


def _form(scope: Scope, now: datetime) -> None:
    known = {b.pack.name: b for b in queries.known_boards(scope, now) if mappable(b.pack, b.metrics())}
    if not known:
        nowhere.no_places(scope, "compare", now)
        return
    titles = {name: b.pack.title for name, b in known.items()}
    board = known[next(iter(titles))]
    if len(known) > 1:
        board = known[state.choose("Domain", "pack", titles, next(iter(titles)), st.selectbox, width=260)]
    with st.container(border=True):
        by, treated = _where(scope, board, now)
        today = now.astimezone(ZoneInfo(scope.workspace.timezone)).date()
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            since = st.date_input("First day of the intervention", today - timedelta(weeks=6), max_value=today,
                                  key="effect_since", format="YYYY-MM-DD", width=220)  # fmt: skip
            metrics = {m.qualified: m.title for m in mappable(board.pack, board.metrics())}
            metric = st.selectbox("What should have changed", list(metrics), format_func=metrics.__getitem__, width=300)
            before = st.number_input("Weeks before", 8, 104, WEEKS_BEFORE, key="effect_before", width=140)
            if st.button("Work it out", type="primary", icon=":material/balance:", disabled=not treated):
                with states.guard():
                    where = filters_as_json(state.filters())
                    ask = EffectAsk(metric, by, treated, since.isoformat(), int(before), where)
                    title = f"{metrics[metric]} since {days_text(since, since)} in {reading.named(by, treated)}"
                    errands.go_to(KEY, reading.ask_effect(scope, board.pack, ask, title, now))
                    st.rerun()
    st.caption(
        "Treated places are compared with a mixture of untreated ones that went alike before (synthetic control). "
        "Places that touch treated hexagons are left out, because work spills over."
    )


def _where(scope: Scope, board: Board, now: datetime) -> tuple[str, tuple[str, ...]]:
    """The places that were treated: hexagons of the heat map, or values of a dimension."""
    picked = tuple(state.read_all("hex"))
    units = reading.units(board.pack, picked)
    unit = st.segmented_control("Where it was done", list(units), default=next(iter(units)), required=True,
                                format_func=units.__getitem__, key="effect_unit")  # fmt: skip
    if unit.startswith("cell:"):
        st.caption(f"{plural(len(picked), 'hexagon')} picked on the heat map.")
        return unit, picked
    if not unit:
        st.page_link("pages/explore/heatmap.py", label="Pick hexagons on the heat map", icon=":material/map:")
        return "", ()
    found = [name for name in queries.values(scope, reading.dataset_of(board.pack), unit, now) if name is not None]
    return unit, tuple(st.multiselect(f"{units[unit]} where it was done", found, key=f"effect_{unit}",
                                      placeholder="Choose places"))  # fmt: skip


def _answer(scope: Scope, now: datetime, errand: Errand) -> None:
    found = errand.found
    st.subheader(plain(errand.title), anchor=False)
    if found["reason"]:
        st.info(plain(found["reason"]), title="This cannot be told", icon=":material/help:")
        if errand.ask["by"] and not errand.ask["by"].startswith("cell:"):
            st.caption("There are many more hexagons than districts: pick those where it was done on the heat map.")
    else:
        _figures(found)
    finding = effect_downloads.finding_of(scope, errand, now)
    if "actual" in found:
        _chart(found)
        if finding:
            effect_downloads.show_weeks(scope, finding)
    if not found["reason"]:
        _made_of(found, errand.ask["by"])
        if finding:
            effect_downloads.show_places(scope, finding)
            effect_downloads.show_placebos(scope, finding)
    if errand.as_of:
        zone = scope.workspace.timezone
        st.caption(f"Whole weeks of {zone.replace('_', ' ')} only; data as of {moment(errand.as_of, zone, now)}.")


def _figures(found: dict[str, Any]) -> None:
    said = in_words(found)
    with st.grid(4, min_column_width=180, gap="xsmall"):
        st.metric("Change a week and place", said.change, border=True, help=f"95 % interval {said.low} to {said.high}")
        st.metric("Against what would have been", said.relative, border=True)
        st.metric("Chance of as much", said.chance, border=True,
                  help=f"Placebo test: {found['placebos']} groups of untreated places as if treated")  # fmt: skip
        st.metric("Missed before by", said.missed, border=True,
                  help="How far the mixture was from the treated places before the intervention")  # fmt: skip
    st.markdown(f"The change lies between **{said.low}** and **{said.high}** a week and place "
                f"with 95 % confidence; it **{said.often}**.")  # fmt: skip


def _chart(found: dict[str, Any]) -> None:
    """Treated places against their mixture; the line stands where the intervention began."""
    colours, names = palette(), ["Treated places", "What would have been"]
    weeks, lines = found["weeks"], [found["actual"], found.get("synthetic", [])]
    rows = [
        (week, value, name)
        for name, line in zip(names, lines, strict=True)
        for week, value in zip(weeks, line, strict=False)
    ]
    table = pa.table({"week": [r[0] for r in rows], "value": [r[1] for r in rows], "line": [r[2] for r in rows]})
    shown = names if found.get("synthetic") else names[:1]
    scale = {"domain": shown, "range": [colours.accent, colours.shadow][: len(shown)]}
    began = weeks[min(found["before"], len(weeks) - 1)]
    axis = {"labelColor": colours.text, "titleColor": colours.text, "gridColor": colours.grid, "domain": False}
    # TRICKY: a day without a time is midnight UTC to a browser; drawn in its own zone it would be the day before.
    days = {**axis, "grid": False, "format": "%-d %b"}
    x = {"field": "week", "type": "temporal", "scale": {"type": "utc"}, "title": None, "axis": days}
    y = {"field": "value", "type": "quantitative", "title": "a week and place", "axis": axis, "scale": {"zero": True}}
    legend = {"orient": "top", "title": None, "labelColor": colours.text}
    line = {"field": "line", "type": "nominal", "scale": scale, "legend": legend}
    dash = {"field": "line", "type": "nominal", "legend": legend,
            "scale": {"domain": shown, "range": [[1, 0], [5, 4]][: len(shown)]}}  # fmt: skip
    spec = {
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2.2},
             "encoding": {"x": x, "y": y, "color": line, "strokeDash": dash}},
            {"mark": {"type": "rule", "color": colours.target, "strokeWidth": 2},
             "data": {"values": [{"week": began}]}, "encoding": {"x": x}},
        ],
        "config": charts.config(colours), **charts.FRAME,
    }  # fmt: skip
    st.vega_lite_chart(table, spec, height=320, theme=None, alt="Treated places and what would have been, by week")
    st.caption("The upright line is the first whole week of the intervention.")


def _made_of(found: dict[str, Any], by: str) -> None:
    """Which untreated places the mixture is made of."""
    ranked = sorted(found["weights"].items(), key=lambda one: -one[1])
    shares = [(name, number(weight, "percent")) for name, weight in ranked[:_LISTED]]
    is_hexagon = by.startswith("cell:")
    parts = ", ".join(share if is_hexagon else f"{plain(name)} {share}" for name, share in shares)
    what = "hexagons by these shares: " if is_hexagon else ""
    rest = f" and {plural(len(ranked) - _LISTED, 'more', 'more')}" if len(ranked) > _LISTED else ""
    near = f" {plural(found['near'], 'place')} beside treated ones left out." if found["near"] else ""
    st.caption(
        f"The mixture is made of {what}{parts}{rest}, out of {plural(found['donors'], 'untreated place')}.{near}"
    )
