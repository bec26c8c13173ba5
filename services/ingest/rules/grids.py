"""Where on the earth does a point of a UTM grid lie?

The inverse transverse Mercator projection by Krüger's series to the sixth order in the third flattening, as in
C. F. F. Karney, "Transverse Mercator with an accuracy of a few nanometers", Journal of Geodesy 85 (2011), equations 15
and 36, with his Newton iteration for the latitude (equations 19 to 21). On the ellipsoid GRS 80, which differs from
that of WGS 84 by a tenth of a millimetre. Datums count as WGS 84; NAD 83 (EPSG 26901 to 26923) lies up to two metres
beside it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Degrees = NDArray[np.float64]
Metres = NDArray[np.float64]
_A, _F = 6_378_137.0, 1 / 298.257222101
_K0, _FALSE_EAST, _FALSE_NORTH = 0.9996, 500_000.0, 10_000_000.0
_N = _F / (2 - _F)
_E2 = _F * (2 - _F)
_RADIUS = _A / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64 + _N**6 / 256)
_BETA = (
    _N / 2 - 2 / 3 * _N**2 + 37 / 96 * _N**3 - _N**4 / 360 - 81 / 512 * _N**5 + 96199 / 604800 * _N**6,
    _N**2 / 48 + _N**3 / 15 - 437 / 1440 * _N**4 + 46 / 105 * _N**5 - 1118711 / 3870720 * _N**6,
    17 / 480 * _N**3 - 37 / 840 * _N**4 - 209 / 4480 * _N**5 + 5569 / 90720 * _N**6,
    4397 / 161280 * _N**4 - 11 / 504 * _N**5 - 830251 / 7257600 * _N**6,
    4583 / 161280 * _N**5 - 108847 / 3991680 * _N**6,
    20648693 / 638668800 * _N**6,
)
EASTINGS, NORTHINGS = (100_000.0, 900_000.0), (0.0, 10_000_000.0)


def from_utm(east: Metres, north: Metres, zone: int, southern: bool) -> tuple[Degrees, Degrees]:
    """Latitudes and longitudes of grid coordinates; NaN where one is missing or lies outside of every UTM zone."""
    with np.errstate(invalid="ignore"):
        inside = (east >= EASTINGS[0]) & (east <= EASTINGS[1]) & (north >= NORTHINGS[0]) & (north <= NORTHINGS[1])
    xi = (np.where(inside, north, np.nan) - (_FALSE_NORTH if southern else 0.0)) / (_K0 * _RADIUS)
    eta = (np.where(inside, east, np.nan) - _FALSE_EAST) / (_K0 * _RADIUS)
    xi_, eta_ = xi.copy(), eta.copy()
    for number, beta in enumerate(_BETA, 1):
        xi_ -= beta * np.sin(2 * number * xi) * np.cosh(2 * number * eta)
        eta_ -= beta * np.cos(2 * number * xi) * np.sinh(2 * number * eta)
    tau = _tangent_of_latitude(np.sin(xi_) / np.hypot(np.sinh(eta_), np.cos(xi_)))
    lon = 6.0 * zone - 183.0 + np.degrees(np.arctan2(np.sinh(eta_), np.cos(xi_)))
    return np.degrees(np.arctan(tau)), lon


def _tangent_of_latitude(conformal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The tangent of the latitude whose conformal latitude has this tangent; three steps reach rounding."""
    tau, e = conformal.copy(), np.sqrt(_E2)
    for _ in range(3):
        root = np.hypot(1.0, tau)
        sigma = np.sinh(e * np.arctanh(e * tau / root))
        found = tau * np.hypot(1.0, sigma) - sigma * root
        tau += (conformal - found) / np.hypot(1.0, found) * (1 + (1 - _E2) * tau**2) / ((1 - _E2) * root)
    return tau
