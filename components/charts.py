"""How is the main series drawn, and what do all charts share?

Specifications are constant for a look and the data goes beside them, so that a refresh changes bars and lines in place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pyarrow as pa
import streamlit as st

from components.palette import Palette, palette
from services.formats import SPACE
from services.live.series import Series

Spec = dict[str, Any]
SERIES_HEIGHT = 300
TIME_LABELS = {
    "minutes": "%H:%M", "hours": "%H:%M", "day": "%-d %b", "date": "%-d %b", "week": "%-d %b", "month": "%b %Y",
    "quarter": "%b %Y", "year": "%Y",
}  # fmt: skip
FRAME = {"view": {"stroke": None}, "autosize": {"type": "fit", "contains": "padding"}}


def wall_clock(local: str) -> str:
    """A local time as our axes take it, which are in UTC: without a zone a browser would read it in its own."""
    return f"{local}Z"


def legend(series: Series) -> str:
    """How to read the main chart, in words."""
    parts = ["Bars" if series.mark == "bar" else "Line: this range"]
    if series.compared_with:
        parts = [f"{parts[0].partition(':')[0]}: this range", f"dashed line: {series.compared_with}"]
    if series.has_open:
        parts.append("dashed outline: still filling" if series.mark == "bar" else "dotted end: still filling")
    return ", ".join(parts)


def draw_series(series: Series, key: str, on_pick: Callable[[], None] | None) -> None:
    """The course of a metric with the compared one behind it; the unfinished bucket is dashed.

    A click on a bucket calls `on_pick`, which finds it as selection `bucket` under the key.
    """
    spec = _series_spec(
        palette(), series.mark, series.axis, series.axis_format, series.target, series.target_title,
        series.compared_with, on_pick is not None, series.is_flat,
    )  # fmt: skip
    picks: Spec = {"on_select": on_pick, "selection_mode": "bucket"} if on_pick else {}
    st.vega_lite_chart(_series_table(series), spec, height=SERIES_HEIGHT, key=key, alt=series.alt, theme=None, **picks)


@lru_cache(maxsize=128)
def _series_table(series: Series) -> pa.Table:
    points = series.points
    last_done = max((i for i, p in enumerate(points) if not p.is_open and p.value is not None), default=-1)
    return pa.table(
        {
            "at": [wall_clock(p.at) for p in points],
            "low": [wall_clock(p.low) for p in points],
            "left": [wall_clock(p.left) for p in points],
            "middle": [wall_clock(p.middle) for p in points],
            "right": [wall_clock(p.right) for p in points],
            "high": [wall_clock(p.high) for p in points],
            "start": [p.at for p in points],
            "end": [p.to for p in points],
            "value": pa.array([None if p.is_open else p.value for p in points], pa.float64()),
            "open": pa.array(
                [p.value if p.is_open or (series.has_open and i == last_done) else None for i, p in enumerate(points)],
                pa.float64(),
            ),
            "is_open": pa.array([p.is_open for p in points], pa.bool_()),
            # What the unfinished bucket is compared with is cut too; a line down to it would look like a fall.
            "before": pa.array([None if p.is_open else p.before for p in points], pa.float64()),
            "when": [p.when for p in points],
            "shown": [p.shown for p in points],
            "shown_before": [p.shown_before for p in points],
        }
    )


@lru_cache(maxsize=256)
def _series_spec(
    colours: Palette, mark: str, axis: str, axis_format: str, target: float | None, target_title: str, compared: str,
    is_clickable: bool, is_flat: bool,
) -> Spec:  # fmt: skip
    times = {"grid": False, "labelOverlap": True, "tickCount": 8, "labelSeparation": 12, "format": TIME_LABELS}
    x = {"field": "at", "type": "temporal", "scale": {"type": "utc"}, "title": None, "axis": times}
    middle = x if mark == "line" else {**x, "field": "middle"}
    step = 1 if mark == "bar" else 0
    ticks = {"tickCount": 5, "tickMinStep": step, "domain": False, "ticks": False}
    y_axis = {"title": axis or None, "format": axis_format, **ticks}
    if axis_format.endswith("%"):
        y_axis["labelExpr"] = f"replace(datum.label, '%', '{SPACE}%')"
    # Nothing but zeros lie on the ground; without an upper end they would lie across the middle.
    y = {"type": "quantitative", "axis": y_axis, "scale": {"domain": [0, 1]} if is_flat else {"zero": True}}
    tooltip = [{"field": "when", "title": "When"}, {"field": "shown", "title": "Value"}]
    if compared:
        tooltip.append({"field": "shown_before", "title": f"In {compared}"})
    layers = [*_value_layers(colours, mark, x, y)]
    if compared:
        layers.insert(0 if mark == "line" else len(layers), line(middle, y, "before", colours.shadow, [4, 3], 1.25))
    if target is not None:
        layers.append(_target_layer(colours, target, target_title))
    # Unseen, as wide as the buckets and as tall as the chart: what the cursor meets.
    cover = {"type": "rect", "opacity": 0, "cursor": "pointer" if is_clickable else "default"}
    layers.append(
        {
            "name": "cover",
            "mark": cover,
            "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "tooltip": tooltip},
        }
    )
    params = [{"name": "bucket", "select": {"type": "point", "fields": ["start", "end"]}, "views": ["cover"]}]
    padding = {"left": 2, "right": 6, "top": 6, "bottom": 2}
    found: Spec = {"layer": layers, "config": config(colours), "padding": padding, **FRAME}
    return {**found, "params": params} if is_clickable else found


def _value_layers(colours: Palette, mark: str, x: Spec, y: Spec) -> list[Spec]:
    if mark == "line":
        point = {"type": "point", "filled": False, "size": 50, "color": colours.accent, "strokeDash": [2, 2]}
        return [
            line(x, y, "value", colours.accent, [], 2.25),
            line(x, y, "open", colours.accent, [3, 3], 2.25),
            {
                "transform": [{"filter": "datum.is_open"}],
                "mark": point,
                "encoding": {"x": x, "y": {**y, "field": "open"}},
            },
        ]
    bar = {"type": "rect", "color": colours.bar}
    hollow = {**bar, "fillOpacity": 0.12, "stroke": colours.accent, "strokeDash": [3, 3], "strokeWidth": 1.25}
    ends = {"x": {**x, "field": "left"}, "x2": {"field": "right"}, "y2": {"datum": 0}}
    return [
        {"mark": bar, "encoding": {**ends, "y": {**y, "field": "value"}}},
        {
            "transform": [{"filter": "datum.is_open"}],
            "mark": hollow,
            "encoding": {**ends, "y": {**y, "field": "open"}},
        },
    ]


def line(x: Spec, y: Spec, field: str, colour: str, dash: list[int], width: float) -> Spec:
    """A line of one field, interrupted where it is missing."""
    look = {"color": colour, "strokeWidth": width, "strokeDash": dash or [1, 0]}
    mark = {"type": "line", **look}
    return {"mark": mark, "encoding": {"x": x, "y": {**y, "field": field}}}


def _target_layer(colours: Palette, target: float, title: str) -> Spec:
    at = {"datum": target, "type": "quantitative"}
    text = {"type": "text", "align": "right", "baseline": "bottom", "dy": -3, "x": "width", "color": colours.target}
    return {
        "layer": [
            {"mark": {"type": "rule", "color": colours.target, "strokeDash": [6, 4]}, "encoding": {"y": at}},
            {"mark": {**text, "text": title, "fontSize": 12}, "encoding": {"y": at}},
        ]
    }


def config(colours: Palette) -> Spec:
    """What all our charts share: the ground, the type and quiet axes."""
    font = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"
    return {
        "background": "transparent",
        "font": font,
        "axis": {
            "labelColor": colours.muted, "titleColor": colours.muted, "gridColor": colours.grid,
            "domainColor": colours.grid, "tickColor": colours.grid,
            "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
        },
        "legend": {"labelColor": colours.text, "titleColor": colours.muted},
        "locale": {"number": {"decimal": ".", "thousands": "\u202f", "grouping": [3], "currency": ["", ""]}},
    }  # fmt: skip
