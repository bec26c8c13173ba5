"""Which reports are probably of one incident, and where is more reported than happens?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.types import CannotTell
from services.spatial.earth import chord, in_space

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
FEWEST_AREAS = 3


@dataclass(frozen=True)
class Linking:
    """How near two reports of one category have to be to be linked."""

    distance_m: float = 75.0
    hours: float = 72.0


@dataclass(frozen=True)
class Incidents:
    """`incident` numbers each report's incident from 0, by its first report; the other columns are by incident."""

    incident: Rows
    reports: Rows
    first: Rows
    lat: Floats
    lon: Floats

    @property
    def ratio(self) -> float:
        """Reports an incident, over all: 1 where everything is reported once."""
        return len(self.incident) / max(1, len(self.reports))


def link(lat: Floats, lon: Floats, hours: Floats, category: NDArray[np.str_], limits: Linking) -> Incidents:
    """Reports linked into incidents: of one category, and near the incident's first report in place and time.

    In order of time, a report joins the nearest incident whose first report is within both limits, else it begins one.
    Judged by the first report an incident cannot grow along a street from report to report. `hours` is any count of
    hours; ties keep their order.
    """
    order = np.argsort(hours, kind="stable")
    space, reach = in_space(lat, lon), chord(limits.distance_m)
    incident = np.full(len(hours), -1, np.int64)
    for kind in np.unique(category):
        _link_kind(order[category[order] == kind], space, hours, reach, limits.hours, incident)
    first = np.unique(incident)
    _, incident = np.unique(incident, return_inverse=True)
    by_time = np.argsort(np.argsort(order)[first], kind="stable")
    place = np.empty_like(by_time)
    place[by_time] = np.arange(len(by_time))
    incident = place[incident].astype(np.int64)
    reports = np.bincount(incident, minlength=len(first)).astype(np.int64)
    return Incidents(
        incident, reports, first[by_time], np.bincount(incident, lat) / np.maximum(reports, 1),
        np.bincount(incident, lon) / np.maximum(reports, 1),
    )  # fmt: skip


def _link_kind(rows: Rows, space: Floats, hours: Floats, reach: float, most_hours: float, incident: Rows) -> None:
    """Write the first report's row of each report's incident, for reports of one category in order of time."""
    from scipy.spatial import cKDTree

    tree = cKDTree(space[rows])
    begun = np.zeros(len(rows), np.bool_)
    for at, near in enumerate(tree.query_ball_point(space[rows], reach)):
        row = rows[at]
        firsts = [one for one in near if one < at and begun[one] and hours[row] - hours[rows[one]] <= most_hours]
        if firsts:
            apart = ((space[rows[firsts]] - space[row]) ** 2).sum(axis=1)
            incident[row] = rows[firsts[int(apart.argmin())]]
        else:
            begun[at] = True
            incident[row] = row


@dataclass(frozen=True)
class Standing:
    """One area of a league table: as counted, and shrunk with its 95 % interval; `rank` begins at 1, the highest."""

    area: str
    reports: int
    incidents: int
    raw: float
    shrunk: float
    low: float
    high: float
    rank: int
    differs: bool


@dataclass(frozen=True)
class League:
    """Areas by repeat reports an incident, the highest first; `overall` is the ratio of all of them together."""

    standings: tuple[Standing, ...]
    overall: float


def league(area: NDArray[np.str_], found: Incidents) -> League | CannotTell:
    """Repeated reports an incident by area, shrunk towards all areas by how little is known of each.

    Repeats (reports less incidents) of an area are taken as Poisson around its rate times its incidents, and rates as
    gamma around the overall one; mean and variance of the gamma are estimated by moments (Marshall 1991; Clayton and
    Kaldor 1987), an area's rate is the gamma posterior's mean, its interval the 2.5 % and 97.5 % quantiles. An incident
    counts in the area of its first report. `differs` where the interval leaves out the overall rate. Where areas vary
    no more than chance, all are shrunk to the overall rate.
    """
    names, of = np.unique(area[found.first], return_inverse=True)
    incidents = np.bincount(of, minlength=len(names)).astype(np.float64)
    repeats = np.bincount(of, found.reports - 1, minlength=len(names)).astype(np.float64)
    if len(names) < FEWEST_AREAS or not repeats.sum():
        return CannotTell(
            f"There are {len(names)} areas and {int(repeats.sum())} repeated reports; "
            f"at least {FEWEST_AREAS} areas and one repeat are needed."
        )
    shrunk, low, high = gamma_poisson(repeats, incidents)
    overall = float(repeats.sum() / incidents.sum())
    order = np.argsort(-shrunk, kind="stable")
    standings = tuple(
        Standing(
            str(names[row]), int(repeats[row] + incidents[row]), int(incidents[row]),
            1 + float(repeats[row] / incidents[row]), 1 + float(shrunk[row]), 1 + float(low[row]), 1 + float(high[row]),
            number, bool(low[row] > overall or high[row] < overall),
        )
        for number, row in enumerate(order, 1)
    )  # fmt: skip
    return League(standings, 1 + overall)


def gamma_poisson(events: Floats, exposure: Floats) -> tuple[Floats, Floats, Floats]:
    """Posterior mean and 95 % interval of each rate under a gamma prior estimated by moments (Marshall 1991).

    Prior mean m = sum(events) / sum(exposure); variance A = s2 - m / mean(exposure), where s2 is the variance of the
    raw rates about m weighted by exposure. Where A is not positive, the prior is so narrow that nothing differs.
    """
    from scipy.stats import gamma

    mean = events.sum() / exposure.sum()
    spread = (exposure * (events / exposure - mean) ** 2).sum() / exposure.sum()
    variance = max(float(spread - mean / exposure.mean()), float(mean) ** 2 * 1e-8)
    rate = mean / variance
    shape, scale = mean * rate + events, 1 / (rate + exposure)
    low, high = gamma.ppf(0.025, shape, scale=scale), gamma.ppf(0.975, shape, scale=scale)
    return shape * scale, low, high
