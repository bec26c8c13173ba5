"""Are the statistics of places those of PySAL's esda, on its two classic sets?"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from data.settings import ROOT
from services.spatial.autocorrelation import geary, local_moran, moran
from services.spatial.hotspots import hotspots
from services.spatial.weights import Weights, contiguity, nearest

FOLDER = ROOT.parent / "shared" / "data" / "geo"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no public data in {FOLDER}")
SETS = {"columbus": ("columbus/columbus.shp", "HOVAL"), "stl": ("stl/stl_hom.shp", "HR8893")}


@pytest.fixture(scope="module", params=SETS)
def classic(request: pytest.FixtureRequest) -> dict[str, Any]:
    """One set as libpysal reads it and as our weights see it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import geopandas
        from libpysal.weights import KNN, Queen, Rook

        name, column = SETS[request.param]
        frame = geopandas.read_file(FOLDER / name)
        theirs = {"queen": Queen.from_dataframe(frame, use_index=False)}
        theirs["rook"] = Rook.from_dataframe(frame, use_index=False)
        theirs["knn:5"] = KNN.from_dataframe(frame, k=5)
    shapes = np.asarray(frame.geometry)
    middles = np.stack([frame.geometry.centroid.x, frame.geometry.centroid.y], axis=1)
    ours = {"queen": contiguity(shapes), "rook": contiguity(shapes, rook=True), "knn:5": nearest(middles, 5)}
    return {"values": frame[column].to_numpy(float), "ours": ours, "theirs": theirs}


@pytest.fixture(params=["queen", "rook", "knn:5"])
def case(request: pytest.FixtureRequest, classic: dict[str, Any]) -> tuple[np.ndarray, Weights, Any]:
    return classic["values"], classic["ours"][request.param], classic["theirs"][request.param]


def test_neighbours_are_libpysals(case: Any) -> None:
    _, ours, theirs = case
    theirs.transform = "b"
    assert (ours.matrix(False) != theirs.sparse).nnz == 0


@pytest.mark.parametrize("star", [True, False])
def test_gi_and_gi_star_are_esdas(case: Any, star: bool) -> None:
    from esda import G_Local

    values, ours, theirs = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = G_Local(values, theirs, transform="B", star=star, permutations=0)
    found = hotspots(ours, values, star=star)
    np.testing.assert_allclose(found.z, expected.Zs, atol=1e-9)
    np.testing.assert_allclose(found.p, 2 * expected.p_norm, atol=1e-9)


@pytest.mark.parametrize("standardised", [True, False])
def test_moran_and_geary_are_esdas(case: Any, standardised: bool) -> None:
    from esda import Geary, Moran

    values, ours, theirs = case
    kind = "r" if standardised else "b"
    expected = Moran(values, theirs, transformation=kind, permutations=999)
    found = moran(ours, values, standardised=standardised)
    assert (found.I, found.z, found.z_normal) == pytest.approx((expected.I, expected.z_rand, expected.z_norm), abs=1e-9)
    assert found.p == pytest.approx(expected.p_rand, abs=1e-9)
    # two runs of chance: within five standard errors of their difference
    error = 5 * (2 * expected.p_rand / 2 / 999) ** 0.5 + 0.01
    assert found.p_sim == pytest.approx(expected.p_sim, abs=error)
    assert found.z_sim == pytest.approx(expected.z_sim, rel=0.2)
    theirs_c = Geary(values, theirs, transformation=kind, permutations=0)
    ours_c = geary(ours, values, standardised=standardised)
    assert (ours_c.C, abs(ours_c.z)) == pytest.approx((theirs_c.C, abs(theirs_c.z_rand)), abs=1e-9)


def test_local_moran_is_esdas(case: Any) -> None:
    from esda import Moran_Local

    values, ours, theirs = case
    expected = Moran_Local(values, theirs, permutations=0)
    found = local_moran(ours, values)
    np.testing.assert_allclose(found.values, expected.Is, atol=1e-9)
    names = {1: "high-high", 2: "low-high", 3: "low-low", 4: "high-low"}
    assert found.quadrant == [names[q] for q in expected.q]
