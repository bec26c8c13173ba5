"""How does folium's map get into the page without scripts that hold data, and without requests outside?

folium writes data into scripts and loads a dozen files from elsewhere. Here its script is the same for everybody, so
that the content-security policy can allow exactly this one (services/web/policy.py); data travels as JSON, which
static/drawing/drawing.js draws; and of the files only Leaflet and Leaflet.draw are loaded, from this server.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit.components.v1 as parts

RETURNED = ["all_drawings", "bounds"]
_STATIC = Path(__file__).parent.parent / "static"
_JS = ("vendor/leaflet/leaflet.js", "vendor/leaflet/draw/leaflet.draw.js", "drawing/drawing.js")
_CSS = ("vendor/leaflet/leaflet.css", "vendor/leaflet/draw/leaflet.draw.css", "drawing/drawing.css")


@lru_cache(maxsize=1)
def _served() -> str:
    """The address of static/ beside that of streamlit-folium's frame; Streamlit's own gives scripts out as text."""
    return f"../{parts.declare_component('leaflet', path=str(_STATIC)).name}/"


def drawing_map(data: Mapping[str, Any]) -> Any:
    """A folium map with a toolbar to draw polygons, rectangles and circles, over what `data` says."""
    import folium
    from branca.element import Element, MacroElement
    from folium.plugins import Draw
    from folium.template import Template

    found = folium.Map(
        location=[0, 0], zoom_start=3, tiles=None, control_scale=True, attribution_control=False, zoom_snap=0.25,
        max_zoom=19,
    )  # fmt: skip
    found.default_js = [(path, _served() + path) for path in _JS]
    found.default_css = [(path, _served() + path) for path in _CSS]
    tools = Draw(
        show_geometry_on_click=False,
        draw_options={
            "polyline": False, "marker": False, "circlemarker": False, "circle": {"showRadius": True, "metric": True},
            "rectangle": {"showArea": False}, "polygon": {"allowIntersection": False, "showArea": True},
        },
        edit_options={"poly": {"allowIntersection": False}},
    )  # fmt: skip
    tools.default_js, tools.default_css = [], []
    found.add_child(tools)
    start = MacroElement()
    start._template = Template(
        "{% macro script(this, kwargs) %}belvedere({{ this._parent.get_name() }}, drawnItems);{% endmacro %}"
    )
    found.add_child(start)
    holder = Element()
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    holder._template = Template("{{ this.text }}")
    holder.text = f'<script type="application/json" id="drawing">{text}</script>'
    found.get_root().html.add_child(holder)
    return found


def script_of(found: Any) -> str:
    """The script that streamlit-folium's frame will run for a map; see services.web.policy."""
    import streamlit_folium

    found.get_root().render()
    made = streamlit_folium._get_map_string(found)
    return f"{made}window.map = map_div; window.initComponent(map_div, false);"


def draw(found: Any, key: str, height: int, on_change: Callable[[], None]) -> None:
    """The map in the page; `on_change` is called when something was drawn or the map moved, what then is in
    `st.session_state[key]`, by the names of RETURNED."""
    from streamlit_folium import st_folium

    st_folium(found, key=key, height=height, width=None, returned_objects=RETURNED, on_change=on_change)
