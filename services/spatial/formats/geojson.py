"""Which areas does a GeoJSON text hold?"""

from __future__ import annotations

import json
from typing import Any

from data.errors import BadInput
from services.spatial.areas import Areas, built


def read_geojson(text: bytes, name: str) -> Areas:
    """Areas of a FeatureCollection, a Feature or a bare geometry. Raises BadInput naming the feature."""
    shapes, columns, crs = read_features(text, name)
    return built(name, shapes, columns, crs, "feature")


def read_features(text: bytes, name: str) -> tuple[list[Any], dict[str, list[Any]], str | None]:
    """Shapes (None where a feature has none), properties as columns, and the system of the old `crs` member."""
    found = parse(text, name)
    features = _features(found, name)
    shapes = [shape_of(feature.get("geometry"), f"{name}, feature {n}") for n, feature in enumerate(features, 1)]
    properties = [feature.get("properties") or {} for feature in features]
    keys = dict.fromkeys(key for one in properties for key in one)
    columns = {key: [one.get(key) for one in properties] for key in keys}
    if features and all("id" in feature for feature in features):
        columns.setdefault("id", [feature["id"] for feature in features])
    return shapes, columns, _crs(found)


def parse(text: bytes, name: str) -> dict[str, Any]:
    """The object that a JSON text is. Raises BadInput with line and column."""
    try:
        found = json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput(f"{name}: not UTF-8 text: {error}.") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"{name}, line {error.lineno}, column {error.colno}: no JSON: {error.msg}.") from error
    except RecursionError:
        raise BadInput(f"{name}: JSON nested too deeply to be GeoJSON.") from None
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        raise BadInput(f"{name}: found JSON without a `type`; expected a GeoJSON FeatureCollection.")
    if found["type"] == "Topology":
        raise BadInput(f"{name}: found TopoJSON; expected GeoJSON.")
    return found


def shape_of(geometry: Any, where: str) -> Any:
    """One geometry; None for null. Raises BadInput when it is not built as its type says."""
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    if geometry is None:
        return None
    try:
        return shape(geometry)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, ShapelyError) as error:
        kind = geometry.get("type") if isinstance(geometry, dict) else geometry
        raise BadInput(f"{where}, `geometry`: found {kind!r} that cannot be read: {error}.") from error


def _features(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    if found["type"] == "Feature":
        return [found]
    if found["type"] != "FeatureCollection":
        return [{"geometry": found}]
    features = found.get("features")
    if not isinstance(features, list):
        raise BadInput(f"{name}: found no list `features`; expected a GeoJSON FeatureCollection.")
    for number, feature in enumerate(features, 1):
        if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
            raise BadInput(f"{name}, feature {number}: found {type(feature).__name__}; expected a GeoJSON Feature.")
    return features


def _crs(found: dict[str, Any]) -> str | None:
    """RFC 7946 knows no other system than WGS 84; files of the older standard may name one."""
    member = found.get("crs")
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) else None
