"""Which area is selected, how does the address carry it, and what does a filter take?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data import boundaries
from data.database import transaction
from data.errors import BadInput, UnknownName, unknown
from data.types import Scope
from services.formats import plural
from services.maps.choices import Box, box_of, box_text
from services.people import require

POLYGON = "poly:"
_EXPECTED = "`west,south,east,north` in degrees, `poly:lon lat,lon lat,...` or `boundaries:area`"
_MOST_CORNERS = 500
_NOWHERE = "[0, -90, 0, -90]"  # the South Pole is the centre of no hexagon


@dataclass(frozen=True, slots=True)
class Selected:
    """A selected area: as the address says it, as people do, as a filter takes it; its box and outline (GeoJSON)."""

    text: str
    title: str
    within: str
    box: Box
    outline: str

    @property
    def texts(self) -> tuple[str, ...]:
        """The parts it is made of, as the address and the API take them."""
        return tuple(self.text.split("\n"))

    @property
    def is_drawn(self) -> bool:
        """Whether all of it are rectangles and polygons, which can be drawn anew."""
        return all(map(_is_shape, self.texts))


def selected(scope: Scope, texts: Sequence[str]) -> Selected | None:
    """The area of the address: boxes, drawn polygons, areas of the workspace's boundaries; several count as one.

    None without any. Raises BadInput, and UnknownName for boundaries or areas that are not there.
    """
    wanted = [text.strip() for text in texts if text.strip()]
    if not wanted:
        return None
    box = box_of(wanted[0])
    if box is not None and len(wanted) == 1:
        return Selected(box_text(box), "the chosen rectangle", json.dumps(list(box)), box, json.dumps(_ring(box)))
    return _made("\n".join(wanted), _title(wanted), [_geometry(scope, text) for text in wanted])


def _is_shape(text: str) -> bool:
    return text.startswith(POLYGON) or box_of(text) is not None


def _title(texts: Sequence[str]) -> str:
    drawn = sum(map(_is_shape, texts))
    if drawn == len(texts):
        return "the drawn area" if drawn == 1 else plural(drawn, "drawn area")
    return texts[0].partition(":")[2] if len(texts) == 1 else plural(len(texts), "area")


def _geometry(scope: Scope, text: str) -> str:
    """One part of an area as GeoJSON text."""
    box = box_of(text)
    if box is not None:
        return json.dumps(_ring(box))
    return polygon_of(text) if text.startswith(POLYGON) else boundary_of(scope, text)


def find_selected(scope: Scope, texts: Sequence[str]) -> tuple[Selected | None, str]:
    """The same, or what is wrong with the address, for a page that goes on without."""
    try:
        return selected(scope, texts), ""
    except (BadInput, UnknownName) as error:
        return None, str(error)


def boundary_of(scope: Scope, text: str) -> str:
    """The geometry of `boundaries:area` as GeoJSON text. Raises BadInput, NotAllowed, UnknownName."""
    name, colon, key = text.partition(":")
    if not colon:
        raise BadInput(f"Field `area`: found {text[:80]!r}; expected {_EXPECTED}.")
    require(scope, "read")
    with transaction(scope) as tx:
        found = boundaries.find_area(tx, scope, name, key)
        if found is None:
            known = boundaries.area_keys(tx, scope)
            keys = known.get(name)
            raise unknown("area", key, keys, f"`{name}`") if keys else unknown("boundaries", name, known)
    return found


def polygon_of(text: str) -> str:
    """The GeoJSON of `poly:lon lat,lon lat,...`, closed by itself. Raises BadInput."""
    import shapely

    try:
        pairs = [tuple(map(float, pair.split())) for pair in text.removeprefix(POLYGON).split(",")]
        corners = [(lon, lat) for lon, lat in pairs]
    except ValueError as error:
        raise BadInput(f"Field `area`: found {text[:80]!r}; expected {_EXPECTED}.") from error
    if not 3 <= len(corners) <= _MOST_CORNERS:
        raise BadInput(f"Field `area`: found {len(corners)} corners; expected 3 to {_MOST_CORNERS}.")
    outside = next(((lon, lat) for lon, lat in corners if not (-180 <= lon <= 180 and -90 <= lat <= 90)), None)
    if outside:
        found = f"{outside[0]:g} {outside[1]:g}"
        raise BadInput(f"Field `area`: found the corner {found}; expected longitude and latitude in degrees.")
    shape = shapely.Polygon(corners)
    if not shape.is_valid:
        raise BadInput("Field `area`: found a line that crosses itself; expected one that does not.")
    return str(shapely.to_geojson(shape))


def polygon_text(corners: Sequence[Sequence[float]]) -> str:
    """A drawn polygon as the address carries it; corners are (longitude, latitude), the last may repeat the first."""
    kept = corners[:-1] if len(corners) > 1 and list(corners[0]) == list(corners[-1]) else corners
    return POLYGON + ",".join(f"{lon:.5f} {lat:.5f}" for lon, lat in kept)


def drawn_text(geometry: Mapping[str, Any]) -> str:
    """What was drawn (a GeoJSON polygon) as the address carries it: a rectangle as its box.

    Whether it can be an area (no line that crosses itself) is told where the address is read, like any other's.
    """
    ring = [(round(float(lon), 5), round(float(lat), 5)) for lon, lat in geometry["coordinates"][0]]
    lons, lats = {lon for lon, _ in ring}, {lat for _, lat in ring}
    if len(lons) == len(lats) == 2 and len(ring) == 5:
        return box_text((min(lons), min(lats), max(lons), max(lats)))
    return polygon_text(ring)


def drawn_texts(features: Sequence[Mapping[str, Any]]) -> list[str]:
    """Everything that was drawn (GeoJSON features) as the address carries it; what is no polygon is no area."""
    shapes = [feature["geometry"] for feature in features if feature["geometry"]["type"] == "Polygon"]
    return list(dict.fromkeys(map(drawn_text, shapes)))


def drawn_rings(texts: Sequence[str]) -> list[list[tuple[float, float]]]:
    """The rectangles and polygons of an address to be drawn on, corners as (latitude, longitude); a rectangle has two,
    the south-western and the north-eastern. Boundaries and what cannot be are left out.
    """
    made: list[list[tuple[float, float]]] = []
    for text in filter(_is_shape, texts):
        box = box_of(text)
        if box is not None:
            made.append([(box[1], box[0]), (box[3], box[2])])
            continue
        try:
            ring = json.loads(polygon_of(text))["coordinates"][0]
        except BadInput:
            continue
        made.append([(lat, lon) for lon, lat in ring[:-1]])
    return made


def rings_of(geometry: str) -> list[list[tuple[float, float]]]:
    """Every ring of a polygon or several (GeoJSON), corners as (longitude, latitude); none of an empty text."""
    return [[(lon, lat) for lon, lat in ring] for ring in rings_in(json.loads(geometry))] if geometry else []


def rings_in(shape: dict[str, Any]) -> list[Sequence[Sequence[float]]]:
    """Every ring of a polygon or several, as GeoJSON holds them."""
    polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    return [ring for polygon in polygons for ring in polygon]


def resolved(scope: Scope, where: Any) -> Any:
    """Filters of a request in which `place` may be inside `boundaries:area` (or a list of those), with its geometry.

    Raises BadInput, NotAllowed, UnknownName.
    """
    place = where.get("place") if isinstance(where, dict) else None
    inside = place.get("inside") if isinstance(place, dict) and len(place) == 1 else None
    named = [inside] if isinstance(inside, str) else inside
    if not isinstance(named, list) or not named or not all(isinstance(text, str) for text in named):
        return where
    found = selected(scope, named)
    return where if found is None else {**where, "place": {"inside": json.loads(found.within)}}


def inside_both(one: str, other: str) -> str:
    """What two areas (as filters take them) have in common, as a filter takes it; a mere point when nothing is."""
    import shapely

    first, second = (_shape(text) for text in (one, other))
    common = [part for part in shapely.get_parts([first.intersection(second)]) if part.area > 0]
    return str(shapely.to_geojson(shapely.union_all(common))) if common else _NOWHERE


def _shape(within: str) -> Any:
    import shapely

    found = json.loads(within)
    return shapely.box(*found) if isinstance(found, list) else shapely.from_geojson(within)


def choices_of(scope: Scope) -> dict[str, tuple[str, ...]]:
    """The areas that can be selected by name, by boundaries. Raises NotAllowed."""
    require(scope, "read")
    with transaction(scope) as tx:
        return boundaries.area_keys(tx, scope)


def _made(text: str, title: str, geometries: Sequence[str]) -> Selected:
    import shapely

    shape = shapely.from_geojson(geometries[0])
    if len(geometries) > 1:
        shape = shapely.union_all([shapely.from_geojson(one) for one in geometries])
    west, south, east, north = (float(edge) for edge in shape.bounds)
    within = str(shapely.to_geojson(shape))
    outline = shapely.simplify(shape, max(east - west, north - south) / 2000)
    return Selected(text, title, within, (west, south, east, north), str(shapely.to_geojson(outline)))


def _ring(box: Box) -> dict[str, Any]:
    west, south, east, north = box
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
