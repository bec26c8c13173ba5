"""How far apart are points of the earth, and how are they laid out in metres?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RADIUS_M = 6_371_008.8  # the mean radius of the earth, IUGG

Floats = NDArray[np.float64]


def in_space(lat: Floats, lon: Floats) -> Floats:
    """Points of the sphere as rows of (x, y, z) in metres from its centre.

    Straight distances between them grow with great-circle distances (`chord`), so that trees and neighbours found with
    them are those of the haversine formula, everywhere, also across the date line.
    """
    up, along = np.radians(lat), np.radians(lon)
    return RADIUS_M * np.stack([np.cos(up) * np.cos(along), np.cos(up) * np.sin(along), np.sin(up)], axis=1)


def chord(distance_m: float) -> float:
    """The straight distance through the sphere between points this far apart on it."""
    return float(2 * RADIUS_M * np.sin(min(distance_m / (2 * RADIUS_M), np.pi / 2)))


def arc(straight_m: Floats) -> Floats:
    """The great-circle distance of points this far apart through the sphere; what `chord` undoes."""
    found: Floats = 2 * RADIUS_M * np.arcsin(np.minimum(straight_m / (2 * RADIUS_M), 1.0))
    return found


def flat(lat: Floats, lon: Floats, around: tuple[float, float] | None = None) -> Floats:
    """Points as rows of (east, north) in metres on a plane that touches the earth in their middle.

    The azimuthal equidistant projection of the sphere. Distances from the middle are exact; between points at most
    d from it they are too long by at most a factor of 1 + (d / RADIUS_M)² / 6: 4 in 10,000 at 300 km.
    """
    middle = around or middle_of(lat, lon)
    up, along = np.radians(lat), np.radians((lon - middle[1] + 180) % 360 - 180)
    centre = np.radians(middle[0])
    cosine = np.sin(centre) * np.sin(up) + np.cos(centre) * np.cos(up) * np.cos(along)
    east = np.cos(up) * np.sin(along)
    north = np.cos(centre) * np.sin(up) - np.sin(centre) * np.cos(up) * np.cos(along)
    sine = np.hypot(east, north)
    # TRICKY: near the middle the angle over its sine is one; the quotient of two tiny numbers need not be.
    stretch = np.where(sine > 1e-12, np.arctan2(sine, cosine) / np.maximum(sine, 1e-300), 1.0)
    return RADIUS_M * np.stack([east * stretch, north * stretch], axis=1)


def unflat(plane: Floats, around: tuple[float, float]) -> tuple[Floats, Floats]:
    """Latitudes and longitudes of points on the plane of `flat`."""
    centre = np.radians(around[0])
    angle = np.hypot(plane[:, 0], plane[:, 1]) / RADIUS_M
    shrink = np.sinc(angle / np.pi) / RADIUS_M
    east, north = plane[:, 0] * shrink, plane[:, 1] * shrink
    lat = np.arcsin(np.clip(np.cos(angle) * np.sin(centre) + north * np.cos(centre), -1, 1))
    lon = np.arctan2(east, np.cos(angle) * np.cos(centre) - north * np.sin(centre))
    return np.degrees(lat), (np.degrees(lon) + around[1] + 180) % 360 - 180


def middle_of(lat: Floats, lon: Floats) -> tuple[float, float]:
    """The latitude and longitude in the middle of points, by their mean in space."""
    x, y, z = in_space(lat, lon).mean(axis=0)
    return float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x)))
