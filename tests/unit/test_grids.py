"""Do metres on a UTM grid become the degrees that PROJ gives for them?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from services.ingest.mappings.grammar import Utm
from services.ingest.rules.grids import from_utm
from services.ingest.rules.places import read_pairs

# pyproj 3.7: EPSG 26917 to 4269, then EPSG 32733 to 4326.
PROJ = [
    (17, False, 541741.1448, 4812353.846, 43.462930702, -80.484000892),
    (17, False, 539253.7576, 4807874.587, 43.422733768, -80.515070814),
    (17, False, 500000.0, 4800000.0, 43.352855393, -81.0),
    (17, False, 166021.443, 0.0, 0.0, -84.000000001),
    (17, False, 833978.557, 4812000.0, 43.386512794, -76.876787743),
    (17, False, 450000.0, 9300000.0, 83.732387246, -85.105643981),
    (33, True, 261878.0, 6243186.0, -33.924866341, 12.424062096),
    (33, True, 700000.0, 9990000.0, -0.090428339, 16.797055036),
]


@pytest.mark.parametrize(("zone", "southern", "east", "north", "lat", "lon"), PROJ)
def test_a_grid_point_lies_where_proj_says_to_a_tenth_of_a_millimetre(
    zone: int, southern: bool, east: float, north: float, lat: float, lon: float
) -> None:
    found = from_utm(np.array([east]), np.array([north]), zone, southern)
    assert np.allclose([found[0][0], found[1][0]], [lat, lon], rtol=0, atol=1e-9)


def test_what_is_missing_zero_or_beside_every_grid_is_no_point() -> None:
    east = pa.array(["541741.1448", None, "0", "12", "x"], pa.string())
    north = pa.array(["4812353.846", "1", "0", "4812353", "4812353"], pa.string())
    lat, lon, unread = read_pairs(east, north, Utm(17))
    assert [round(v, 4) for v in (lat[0], lon[0])] == [43.4629, -80.4840]
    assert (lat[2], lon[2]) == (0.0, 0.0) and np.isnan(lat[[1, 3, 4]]).all()
    assert unread.tolist() == [False, False, False, True, True]
