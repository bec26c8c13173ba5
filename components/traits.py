"""How are a person's traits drawn: against the norm group, and over the sessions?"""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

import pyarrow as pa
import streamlit as st

from components import charts
from components.charts import Spec
from components.palette import Palette, palette
from services.assessment.portraits import Point
from services.assessment.profiles import TraitLine

_STEP = 46
_HEIGHT = 240


def draw_profile(traits: tuple[TraitLine, ...]) -> None:
    """One row a trait: the percentile with its interval, and a tick at the benchmark."""
    table = pa.table(
        {
            "title": [t.title for t in traits],
            "low": [t.percentile_low for t in traits],
            "high": [t.percentile_high for t in traits],
            "percentile": [t.percentile for t in traits],
            "benchmark": [t.percentile_benchmark for t in traits],
            "shown": [f"{t.percentile:.0f}" for t in traits],
            "versus": [t.versus for t in traits],
            "told": [f"{t.percentile:.0f} ({t.percentile_low:.0f} to {t.percentile_high:.0f})" for t in traits],
            "score": [f"{t.score:.0f} ({t.low:.0f} to {t.high:.0f}), {t.band}" for t in traits],
        }
    )
    height = _STEP * len(traits) + 40
    alt = "Percentile of each trait with its interval, as dots and lines"
    st.vega_lite_chart(table, _profile_spec(palette()), height=height, key="profile", theme=None, alt=alt)


@lru_cache(maxsize=4)
def _profile_spec(colours: Palette) -> Spec:
    scale = {"domain": [0, 100]}
    axis = {
        "values": [0, 5, 25, 50, 75, 95, 100],
        "title": "Percentile of the norm group",
        "domain": False,
        "ticks": False,
    }
    x = {"type": "quantitative", "scale": scale, "axis": axis}
    names = {"domain": False, "ticks": False, "labelLimit": 150, "labelColor": colours.text, "labelFontSize": 13}
    y = {"field": "title", "type": "nominal", "sort": None, "title": None, "axis": names}
    shade = {
        "condition": [
            {"test": "datum.versus == 'above'", "value": colours.good},
            {"test": "datum.versus == 'below'", "value": colours.bad},
        ],
        "value": colours.accent,
    }
    fields = (("title", "Trait"), ("told", "Percentile"), ("score", "Score"), ("versus", "To the benchmark"))
    tooltip = [{"field": field, "title": title} for field, title in fields]
    tick = {"type": "tick", "color": colours.target, "thickness": 2.5, "size": 26}
    text = {"type": "text", "dy": -13, "fontSize": 12.5, "fontWeight": 600, "color": colours.text}
    return {
        "layer": [
            {
                "data": {"values": [{}]},
                "mark": {"type": "rect", "color": colours.muted, "opacity": 0.12},
                "encoding": {"x": {"datum": 25, "type": "quantitative", "scale": scale}, "x2": {"datum": 75}},
            },
            {
                "mark": {"type": "bar", "height": 9, "opacity": 0.35, "cornerRadius": 4},
                "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}, "color": shade},
            },
            {"mark": tick, "encoding": {"y": y, "x": {**x, "field": "benchmark"}}},
            {
                "mark": {"type": "point", "filled": True, "size": 130, "opacity": 1},
                "encoding": {"y": y, "x": {**x, "field": "percentile"}, "color": shade, "tooltip": tooltip},
            },
            {"mark": text, "encoding": {"y": y, "x": {**x, "field": "percentile"}, "text": {"field": "shown"}}},
        ],
        "config": charts.config(colours),
        "padding": {"left": 2, "right": 12, "top": 6, "bottom": 2},
        **charts.FRAME,
    }


def draw_trend(points: tuple[Point, ...], benchmark: float, timezone: str) -> None:
    """The score of one trait over the sessions, with its interval and the benchmark."""
    zone = ZoneInfo(timezone)
    table = pa.table(
        {
            "at": [charts.wall_clock(p.completed_at.astimezone(zone).replace(tzinfo=None).isoformat()) for p in points],
            "score": [p.score for p in points],
            "low": [p.low for p in points],
            "high": [p.high for p in points],
            "told": [f"{p.score:.0f} ({p.low:.0f} to {p.high:.0f})" for p in points],
            "session": [p.session for p in points],
        }
    )
    alt = "Score by session with its interval, as a line"
    st.vega_lite_chart(table, _trend_spec(palette(), benchmark), height=_HEIGHT, key="trend", theme=None, alt=alt)


@lru_cache(maxsize=32)
def _trend_spec(colours: Palette, benchmark: float) -> Spec:
    times = {"grid": False, "labelOverlap": True, "tickCount": 6, "format": charts.TIME_LABELS}
    x = {"field": "at", "type": "temporal", "scale": {"type": "utc", "padding": 20}, "title": None, "axis": times}
    y = {"type": "quantitative", "scale": {"zero": False}, "axis": {"title": "Score", "domain": False, "ticks": False}}
    tooltip = [{"field": field, "title": title} for field, title in (("session", "Session"), ("told", "Score"))]
    rule = {"type": "rule", "color": colours.target, "strokeDash": [6, 4]}
    return {
        "layer": [
            {"data": {"values": [{}]}, "mark": rule, "encoding": {"y": {"datum": benchmark}}},
            {
                "mark": {"type": "rule", "color": colours.accent, "strokeWidth": 6, "opacity": 0.3},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            charts.line(x, y, "score", colours.accent, [], 1.5),
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1, "color": colours.accent},
                "encoding": {"x": x, "y": {**y, "field": "score"}, "tooltip": tooltip},
            },
        ],
        "config": charts.config(colours),
        "padding": {"left": 2, "right": 6, "top": 6, "bottom": 2},
        **charts.FRAME,
    }
