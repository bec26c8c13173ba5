"""How are the readings of one thing drawn: with their limits, their peers, what is unusual, and where it was silent?"""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa
import streamlit as st

from components import charts
from components.charts import Spec
from components.palette import Palette, palette
from services.entities.courses import CourseView, value_text

HEIGHT = 320


def legend(view: CourseView) -> str:
    """How to read the chart, in words."""
    parts = ["Line: mean", "shade around it: lowest to highest"]
    if view.peers:
        parts.append(f"dashed line: {view.peers}")
    low, high = view.limits
    if low is not None or high is not None:
        ends = [
            value_text(low, view.unit) if low is not None else "",
            value_text(high, view.unit) if high is not None else "",
        ]
        parts.append(f"green: within limits ({' to '.join(ends)})" if all(ends) else _one_limit(view))
    if view.outside:
        parts.append("red dots: out of limits")
    if view.unusual:
        parts.append("amber dots: unusual for it")
    if view.gaps:
        parts.append("grey: no readings")
    return ", ".join(parts)


def _one_limit(view: CourseView) -> str:
    low, high = view.limits
    word = f"at least {value_text(low, view.unit)}" if high is None else f"at most {value_text(high, view.unit)}"
    return f"green: within limits ({word})"


def draw_course(view: CourseView, key: str) -> None:
    """The chart of the readings."""
    found = view.extent
    if found is None:
        st.caption("No readings in this range.")
        return
    spec = _spec(palette(), found, view.limits, view.unit, view.gaps, view.marks)
    st.vega_lite_chart(_table(view), spec, height=HEIGHT, key=key, theme=None, alt=f"{view.title} over time, as a line")


def _table(view: CourseView) -> pa.Table:
    rows = view.readings
    return pa.table(
        {
            "at": [charts.wall_clock(r.at) for r in rows],
            "to": [charts.wall_clock(r.to) for r in rows],
            "mean": pa.array([r.mean for r in rows], pa.float64()),
            "low": pa.array([r.low for r in rows], pa.float64()),
            "high": pa.array([r.high for r in rows], pa.float64()),
            "peers": pa.array([r.peers for r in rows], pa.float64()),
            "outside": [r.outside > 0 for r in rows],
            "unusual": [r.unusual > 0 and r.outside == 0 for r in rows],
            "when": [r.when for r in rows],
            "shown": [value_text(r.mean, view.unit) for r in rows],
            "between": [f"{value_text(r.low, '')} to {value_text(r.high, view.unit)}" for r in rows],
            "beside": [value_text(r.peers, view.unit) for r in rows],
            "notes": [_notes(r.count, r.outside, r.unusual) for r in rows],
        }
    )


def _notes(count: int, outside: int, unusual: int) -> str:
    parts = [f"{count}"]
    parts += [f"{outside} out of limits"] if outside else []
    parts += [f"{unusual} unusual"] if unusual else []
    return ", ".join(parts)


@lru_cache(maxsize=64)
def _spec(
    colours: Palette, extent: tuple[float, float], limits: tuple[float | None, float | None], unit: str,
    gaps: tuple[tuple[str, str], ...], marks: tuple[tuple[str, str], ...],
) -> Spec:  # fmt: skip
    times = {"grid": False, "labelOverlap": True, "tickCount": 8, "labelSeparation": 12, "format": charts.TIME_LABELS}
    x = {"field": "at", "type": "temporal", "scale": {"type": "utc"}, "title": None, "axis": times}
    scale = {"domain": list(extent), "zero": False, "nice": False, "clamp": False}
    axis = {"title": unit or None, "tickCount": 5, "domain": False, "ticks": False}
    y = {"type": "quantitative", "scale": scale, "axis": axis}
    tooltip = [
        {"field": field, "title": title}
        for field, title in (
            ("when", "When"), ("shown", "Mean"), ("between", "Between"), ("beside", "Peers"), ("notes", "Readings")
        )
    ]  # fmt: skip
    layers = [
        *_ground(colours, extent, limits, gaps),
        {
            "mark": {"type": "area", "color": colours.accent, "opacity": 0.18},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        },
        charts.line(x, y, "peers", colours.shadow, [4, 3], 1.25),
        charts.line(x, y, "mean", colours.accent, [], 2),
        _dots(x, y, "unusual", colours.target),
        _dots(x, y, "outside", colours.bad),
        *_moments(colours, marks),
        {
            "mark": {"type": "rect", "opacity": 0},
            "encoding": {"x": x, "x2": {"field": "to"}, "tooltip": tooltip},
        },
    ]
    padding = {"left": 2, "right": 6, "top": 6, "bottom": 2}
    return {"layer": layers, "config": charts.config(colours), "padding": padding, **charts.FRAME}


def _ground(
    colours: Palette, extent: tuple[float, float], limits: tuple[float | None, float | None],
    gaps: tuple[tuple[str, str], ...],
) -> list[Spec]:  # fmt: skip
    """What lies behind the lines: the acceptable range, its ends, and the times of silence."""
    found: list[Spec] = []
    low, high = limits
    if low is not None or high is not None:
        bottom = extent[0] if low is None else max(low, extent[0])
        top = extent[1] if high is None else min(high, extent[1])
        if bottom < top:
            band = {"type": "rect", "color": colours.good, "opacity": 0.1}
            found.append({"data": {"values": [{}]}, "mark": band, "encoding": {"y": _at(bottom), "y2": _at(top)}})
    for end in (low, high):
        if end is not None and extent[0] < end < extent[1]:
            rule = {"type": "rule", "color": colours.good, "strokeDash": [6, 4]}
            found.append({"data": {"values": [{}]}, "mark": rule, "encoding": {"y": _at(end)}})
    if gaps:
        times = {"type": "temporal", "scale": {"type": "utc"}}
        values = [{"from": charts.wall_clock(start), "till": charts.wall_clock(end)} for start, end in gaps]
        grey = {"type": "rect", "color": colours.muted, "opacity": 0.22}
        encoding = {"x": {"field": "from", **times}, "x2": {"field": "till"}}
        found.append({"data": {"values": values}, "mark": grey, "encoding": encoding})
    return found


def _at(value: float) -> Spec:
    return {"datum": value}


def _dots(x: Spec, y: Spec, field: str, colour: str) -> Spec:
    point = {"type": "point", "filled": True, "size": 36, "opacity": 1, "color": colour}
    return {
        "transform": [{"filter": f"datum.{field}"}],
        "mark": point,
        "encoding": {"x": x, "y": {**y, "field": "mean"}},
    }


def _moments(colours: Palette, marks: tuple[tuple[str, str], ...]) -> list[Spec]:
    """Upright lines with a word: when it was calibrated, say."""
    if not marks:
        return []
    data = {"values": [{"moment": charts.wall_clock(at), "word": word} for at, word in marks]}
    x = {"field": "moment", "type": "temporal", "scale": {"type": "utc"}}
    text = {"type": "text", "align": "left", "dx": 4, "y": 8, "fontSize": 12, "color": colours.muted}
    rule = {"type": "rule", "color": colours.muted, "strokeDash": [2, 3]}
    return [
        {"data": data, "mark": rule, "encoding": {"x": x}},
        {"data": data, "mark": text, "encoding": {"x": x, "text": {"field": "word"}}},
    ]
