"""How are districts drawn on the map, and how does their table look?"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from components import maps
from components.palette import palette, rgb
from data.boundaries import Boundaries
from services.maps.areas import Selected
from services.maps.boundaries import box_of_boundaries, labels_of
from services.maps.choices import Box
from services.maps.pictures import Picture

_OPACITY = 0.82


def draw(
    picture: Picture, found: Boundaries, box: Box | None, picked: Sequence[str], outline: str, key: str,
    on_pick: Callable[[], None], width: int = maps.WIDTH,
) -> None:  # fmt: skip
    """The districts in their colours with their borders; a click calls `on_pick` (the object's `h` is its key)."""
    import pydeck

    shapes = dict(zip(found.keys, map(json.loads, found.drawn), strict=True))
    colours = palette()
    ink = rgb(colours.text)
    by_swatch: dict[int, list[dict[str, Any]]] = {}
    for cell in picture.cells:
        by_swatch.setdefault(cell.swatch, []).append(_feature(shapes[cell.index], cell.index, maps.tip(cell.tip)))
    painted = {cell.index for cell in picture.cells}
    empty = [_feature(shapes[key], key, maps.tip(key)) for key in found.keys if key not in painted]
    layers = [
        _layer(f"areas_{swatch}", rows, list(picture.swatches[swatch].colour), rgb(colours.ground), 1)
        for swatch, rows in sorted(by_swatch.items())
    ]
    layers += [_layer("areas_none", empty, [*rgb(colours.muted), 40], rgb(colours.muted), 1)] if empty else []
    for name, wanted in (("picked", [shapes[key] for key in picked]), ("selected", _shapes(outline))):
        if wanted:
            rows = [_feature(shape, "", "") for shape in wanted]
            layers.append(
                pydeck.Layer("GeoJsonLayer", rows, id=name, filled=False, stroked=True, get_line_color=ink,
                             line_width_min_pixels=3, pickable=False)
            )  # fmt: skip
    seen = box or box_of_boundaries(found)
    maps.deck([*layers, *maps.frame(seen, labels_of(found), (), width)], seen, "{t}", key, on_pick, width)


def outlined(area: Selected | None) -> list[Any]:
    """The layer of a selected area's border; none without one."""
    import pydeck

    rows = [_feature(shape, "", "") for shape in _shapes(area.outline if area else "")]
    colour = rgb(palette().text)
    return [
        pydeck.Layer("GeoJsonLayer", rows, id="selected", filled=False, stroked=True, get_line_color=colour,
                     line_width_min_pixels=2, pickable=False)
    ] if rows else []  # fmt: skip


def _layer(name: str, rows: list[dict[str, Any]], colour: list[int], line: list[int], width: int) -> Any:
    import pydeck

    return pydeck.Layer(
        "GeoJsonLayer", rows, id=name, pickable=True, filled=True, stroked=True, get_fill_color=colour,
        get_line_color=line, line_width_min_pixels=width, opacity=_OPACITY, auto_highlight=True,
    )  # fmt: skip


def _feature(shape: Any, key: str, tip: str) -> dict[str, Any]:
    return {"type": "Feature", "geometry": shape, "properties": {}, "h": key, "t": tip}


def _shapes(outline: str) -> list[Any]:
    return [json.loads(outline)] if outline else []
