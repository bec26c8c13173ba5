"""How are points, grouped points and clusters drawn?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from components import maps
from components.palette import palette, rgb
from services.maps.choices import Box
from services.maps.found import ClusterPicture, cluster_labels
from services.maps.labels import Label
from services.maps.points import Marks, ring, short_number

_ROOMY, _SMALLEST = 2_000, 0.5  # of more points than that each is drawn smaller, at least half as large
_LARGEST_RING_PX, _RINGS_ABREAST = 30, 16


def draw_points(found: Marks, box: Box, labels: Sequence[Label], key: str, more: Sequence[Any] = ()) -> None:
    """A dot for each cell, larger with more rows, in the colour of its most frequent state, under `more` layers."""
    import pydeck

    by_swatch: dict[int, list[dict[str, Any]]] = {}
    part = max(_SMALLEST, min(1.0, (_ROOMY / max(len(found.marks), 1)) ** 0.5))
    for mark in found.marks:
        radius = part * (2.2 + 1.3 * mark.rows**0.5)
        row = {"p": [mark.lon, mark.lat], "r": round(radius, 1), "t": maps.tip(mark.tip)}
        by_swatch.setdefault(mark.shares[0][0], []).append(row)
    layers = [
        pydeck.Layer(
            "ScatterplotLayer", rows, id=f"points_{swatch}", get_position="p", get_radius="r",
            radius_units=maps.text("pixels"), radius_max_pixels=16,
            get_fill_color=list(found.swatches[swatch].colour), pickable=True, opacity=0.75,
        )
        for swatch, rows in sorted(by_swatch.items())
    ]  # fmt: skip
    maps.deck([*layers, *maps.frame(box, labels, (), maps.FULL), *more], box, "{t}", key, None, maps.FULL)


def draw_groups(found: Marks, box: Box, key: str, more: Sequence[Any] = ()) -> None:
    """A ring for each group, larger with more rows and divided as they are, around their number, below `more`."""
    import pydeck

    most = max(mark.rows for mark in found.marks)
    wide_m = (box[2] - box[0]) * 111_320 * math.cos(math.radians((box[1] + box[3]) / 2))
    wide, high = maps.size(maps.FULL)
    pixel_m = max(wide_m / wide, (box[3] - box[1]) * 110_574 / high)
    largest_m = min(_LARGEST_RING_PX, wide / _RINGS_ABREAST) * pixel_m
    by_swatch: dict[int, list[dict[str, Any]]] = {}
    for mark in found.marks:
        for swatch, outline in ring(mark, largest_m * (0.45 + 0.55 * (mark.rows / most) ** 0.5)):
            by_swatch.setdefault(swatch, []).append({"o": outline, "t": maps.tip(mark.tip)})
    layers = [
        pydeck.Layer(
            "PolygonLayer", rows, id=f"rings_{swatch}", get_polygon="o", pickable=True, stroked=False, opacity=0.95,
            get_fill_color=list(found.swatches[swatch].colour),
        )
        for swatch, rows in sorted(by_swatch.items())
    ]  # fmt: skip
    ink = rgb(palette().text)
    counts = [{"p": [mark.lon, mark.lat], "t": short_number(mark.rows)} for mark in found.marks]
    layers.append(
        pydeck.Layer("TextLayer", counts, id="counts", get_position="p", get_text="t", get_size=11, get_color=ink,
                     font_family=maps.text(maps.FONT),
                     pickable=False, font_weight=600)
    )  # fmt: skip
    maps.deck([*layers, *maps.frame(box, (), (), maps.FULL), *more], box, "{t}", key, None, maps.FULL)


def draw_clusters(found: ClusterPicture, box: Box, labels: Sequence[Label], key: str, more: Sequence[Any] = ()) -> None:
    """The outline of each cluster with its number, in the colour of its stability, under `more` layers."""
    import pydeck

    layers = []
    for swatch, shade in enumerate(found.picture.swatches):
        rows = [{"o": hull.outline, "t": maps.tip(hull.tip)} for hull in found.hulls if hull.swatch == swatch]
        layers.append(
            pydeck.Layer(
                "PolygonLayer", rows, id=f"hulls_{swatch}", get_polygon="o", pickable=True, stroked=True, filled=True,
                get_fill_color=[*shade.colour, 120], get_line_color=list(shade.colour), line_width_min_pixels=2,
            )
        )  # fmt: skip
    names = cluster_labels(found, labels)
    maps.deck([*layers, *maps.frame(box, names, (), maps.FULL), *more], box, "{t}", key, None, maps.FULL)
