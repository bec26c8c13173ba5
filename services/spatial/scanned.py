"""What does a scan of a file find, as one object to print?"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import BadInput
from data.types import CannotTell
from services.spatial.cells import cells_of_points
from services.spatial.circles import most_likely_circle
from services.spatial.earth import arc, in_space
from services.spatial.points import Points, numbers_of
from services.spatial.scan import Scanning, scan

_MOST = 20  # clusters that are printed


def of_events(points: Points, day: NDArray[np.int64], resolution: int, wanted: Scanning) -> dict[str, Any]:
    """The space-time permutation scan of events in H3 cells; a cell stands where its events lie on average."""
    from h3.api.basic_int import int_to_str

    cells, place = np.unique(cells_of_points(points.lat, points.lon, resolution), return_inverse=True)
    counts = np.bincount(place)
    lat, lon = (np.bincount(place, values) / counts for values in (points.lat, points.lon))
    found = scan(lat, lon, place.astype(np.int64), day, wanted)
    if isinstance(found, CannotTell):
        raise BadInput(f"{points.source}: {found.reason}")
    clusters = [
        {
            "lat": float(lat[one.places[0]]), "lon": float(lon[one.places[0]]), "radius_m": one.radius_m,
            "cells": [int_to_str(int(cells[number])) for number in one.places],
            "first_day": _day(one.first_day), "last_day": _day(one.last_day),
            "observed": one.observed, "expected": one.expected, "llr": one.ratio, "p": one.p,
            "recurrence_days": one.recurrence_days, "says": one.says,
        }
        for one in found.clusters[:_MOST]
    ]  # fmt: skip
    return {
        "model": "space-time permutation", "looked_at": found.cylinders, "replicas": wanted.replicas,
        "seed": wanted.seed, "days": found.days, "points": {"used": points.size, "left_out": points.left_out},
        "clusters": clusters,
    }  # fmt: skip


def of_rates(
    points: Points, cases: str, population: str, share: float, planar: bool, replicas: int, seed: int
) -> dict[str, Any]:
    """The purely spatial Poisson scan of places with cases and people: the most likely circle."""
    number, people = numbers_of(points, cases), numbers_of(points, population)
    for name, values in ((cases, number), (population, people)):
        wrong = ~(values >= 0)
        if wrong.any():
            at = int(np.argmax(wrong))
            where = f"{points.source}, line {points.lines[at]}, `{name}`"
            raise BadInput(f"{where}: found {points.column(name)[at]!r}; expected a number that is not negative.")
    positions = np.stack([points.lon, points.lat], axis=1) if planar else in_space(points.lat, points.lon)
    found = most_likely_circle(positions, number, people, share=share, replicas=replicas, seed=seed)
    if isinstance(found, CannotTell):
        raise BadInput(f"{points.source}: {found.reason}")
    centre = found.places[0]
    radius = {"radius_degrees": found.radius} if planar else {"radius_m": float(arc(np.array([found.radius]))[0])}
    cluster = {
        "lat": float(points.lat[centre]), "lon": float(points.lon[centre]), **radius,
        "lines": [int(points.lines[place]) for place in found.places],
        "observed": found.observed, "expected": found.expected, "llr": found.ratio, "p": found.p,
    }  # fmt: skip
    return {
        "model": "poisson", "looked_at": found.looked_at, "replicas": replicas, "seed": seed,
        "points": {"used": points.size, "left_out": points.left_out}, "clusters": [cluster] if found.ratio > 0 else [],
    }  # fmt: skip


def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
