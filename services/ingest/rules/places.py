"""At which point of the earth did it happen, and can that be believed?"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from services.ingest.mappings.grammar import Place, Utm
from services.ingest.records import Problem
from services.ingest.rules.grids import from_utm
from services.ingest.rules.texts import Mask, mask_of

Degrees = NDArray[np.float64]
_NUMBER = r"[+-]?\d+(?:[.]\d*)?(?:[eE][+-]?\d+)?"
FIELD = "place"


def point_pattern(template: str) -> str:
    """A regular expression for a template such as `(lat, lon)` or `POINT (lon lat)`; space may vary."""
    parts = re.split(r"(lat|lon|\s+)", template.strip())
    words = {"lat": f"(?P<lat>{_NUMBER})", "lon": f"(?P<lon>{_NUMBER})"}
    loose = (words.get(p) or (rf"\s*{re.escape(p)}\s*" if p.strip() else r"\s*") for p in parts)
    return rf"^\s*{''.join(loose)}\s*$"


def split_points(values: pa.Array, template: str) -> tuple[Degrees, Degrees, Mask]:
    """Latitudes and longitudes of texts, NaN where there is none; the mask says which texts are no points."""
    found = pc.extract_regex(values, pattern=point_pattern(template))
    unread = mask_of(pc.is_valid(values)) & ~mask_of(pc.is_valid(found))
    return _degrees(pc.struct_field(found, "lat")), _degrees(pc.struct_field(found, "lon")), unread


def read_degrees(values: pa.Array) -> tuple[Degrees, Mask]:
    """Texts as degrees, NaN where missing; the mask says which are no numbers."""
    readable = pc.match_substring_regex(values, f"^{_NUMBER}$")
    unread = mask_of(pc.is_valid(values)) & ~mask_of(readable)
    return _degrees(pc.if_else(readable, values, pa.scalar(None, pa.string()))), unread


def read_pairs(first: pa.Array, second: pa.Array, utm: Utm | None) -> tuple[Degrees, Degrees, Mask]:
    """Two columns as latitudes and longitudes, or as eastings and northings of a grid; NaN where missing. The mask says
    which are no numbers or lie beside the grid; 0, 0 stays the point 0, 0."""
    (one, bad_one), (two, bad_two) = read_degrees(first), read_degrees(second)
    if utm is None:
        return one, two, bad_one | bad_two
    lat, lon = from_utm(one, two, utm.zone, utm.hemisphere == "south")
    zero = (one == 0) & (two == 0)
    lat[zero], lon[zero] = 0.0, 0.0
    beside = ~np.isnan(one) & ~np.isnan(two) & np.isnan(lat)
    return lat, lon, bad_one | bad_two | beside


def _degrees(texts: pa.Array) -> Degrees:
    return np.array(pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def check_points(
    lat: Degrees, lon: Degrees, unread: Mask, place: Place, found: pa.Array
) -> tuple[Degrees, Degrees, list[Problem]]:
    """Points with the unbelievable ones settled as the mapping says: unreadable, zero, swapped, outside."""
    lat, lon = lat.copy(), lon.copy()
    problems: list[Problem] = []
    half = np.isnan(lat) != np.isnan(lon)

    def settle(bad: Mask, outcome: str, what: str, reason: str, expected: str) -> None:
        if bad.any():
            flag = None if outcome == "reject" else f"{FIELD}_{what}"
            problems.append(Problem(bad, FIELD, reason, expected, flag, found))
            if outcome != "keep":
                lat[bad], lon[bad] = np.nan, np.nan

    settle(unread | half, place.unreadable, "unreadable", "not a point", f"a point as {place.point}")
    with np.errstate(invalid="ignore"):
        settle((np.abs(lat) < 1e-6) & (np.abs(lon) < 1e-6), place.zero, "zero", "the point 0, 0", "a real point")
        swapped = ~_within(lat, lon, place.inside) & _within(lon, lat, place.inside) & ~np.isnan(lat)
        if place.inside is None:
            swapped = (np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
        if place.swapped == "swap" and swapped.any():
            problems.append(Problem(swapped, FIELD, "swapped", "", f"{FIELD}_swapped", found))
            lat[swapped], lon[swapped] = lon[swapped], lat[swapped]
        else:
            settle(swapped, place.swapped, "swapped", "latitude and longitude swapped", "latitude first")
        out = ~np.isnan(lat) & ~_within(lat, lon, place.inside) & ~swapped
        settle(out, place.outside, "outside", "outside the area", f"a point within {_area(place.inside)}")
        off = ~np.isnan(lat) & ~_within(lat, lon, None)
        lat[off], lon[off] = np.nan, np.nan  # no point of the earth, whatever is to be kept
    return lat, lon, problems


def _within(lat: Degrees, lon: Degrees, inside: tuple[float, float, float, float] | None) -> Mask:
    south, west, north, east = inside or (-90.0, -180.0, 90.0, 180.0)
    return np.asarray((lat >= south) & (lat <= north) & (lon >= west) & (lon <= east), np.bool_)


def _area(inside: tuple[float, float, float, float] | None) -> str:
    south, west, north, east = inside or (-90.0, -180.0, 90.0, 180.0)
    return f"{south:g} to {north:g} north and {west:g} to {east:g} east"
