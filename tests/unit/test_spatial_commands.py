"""Does `manage.py analyse` print one object, and say on standard error what is wrong with a file?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from data.errors import BadInput
from services.cli import analyse, analyse_points
from services.spatial.cells import cells_of_points
from tests import zygote

APP = typer.Typer()
analyse.register(APP)
analyse_points.register(APP)


def run(*arguments: object) -> dict[str, Any]:
    """What a command prints, as JSON: exactly one object and nothing else."""
    result = CliRunner().invoke(APP, ["analyse", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def checkers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight by eight squares; the four in a corner are high, one has no value."""
    features = []
    for number in range(64):
        x, y = number % 8, number // 8
        ring = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]
        value = None if number == 63 else 100 + number % 3 if x < 2 and y < 2 else number % 5
        properties = {"name": f"s{number}", "value": value}
        features.append({"type": "Feature", "properties": properties,
                         "geometry": {"type": "Polygon", "coordinates": [ring]}})  # fmt: skip
    path = tmp_path_factory.mktemp("areas") / "squares.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 points anywhere in a town and 200 at one corner of it, over 60 days; 40 more there in the last five."""
    rng = np.random.default_rng(1)
    lat = np.concatenate([rng.uniform(41.8, 41.9, 600), rng.normal(41.82, 0.002, 240)])
    lon = np.concatenate([rng.uniform(-87.7, -87.6, 600), rng.normal(-87.68, 0.002, 240)])
    day = np.concatenate([rng.integers(0, 60, 800), rng.integers(55, 60, 40)])
    dates = (np.datetime64("2026-01-01") + day).astype(str)
    kinds = np.where(np.arange(840) < 600, rng.choice(["noise", "light"], 840), "waste")
    lines = [f"{y:.6f};{x:.6f};{d};{k}" for y, x, d, k in zip(lat, lon, dates, kinds, strict=True)]
    path = tmp_path_factory.mktemp("points") / "town.csv"
    path.write_text("\n".join(["lat;lon;day;kind", *lines, "0;0;2026-01-01;noise"]) + "\n")
    return path


def test_hotspots_of_areas_name_the_corner(checkers: Path) -> None:
    found = run("hotspots", "--areas", checkers, "--value", "value", "--id", "name", "--json")
    hot = {row["id"] for row in found["rows"] if row["kind"] == "hot"}
    assert {"s0", "s1", "s8", "s9"} <= hot <= {f"s{8 * y + x}" for x in range(3) for y in range(3)}
    assert [row["id"] for row in found["rows"]] == [f"s{n}" for n in range(64)]
    assert {"id", "value", "g_star_z", "p", "q", "kind"} <= found["rows"][0].keys()
    empty = {"id": "s63", "value": None, "g_star_z": None, "p": None, "q": None, "kind": None}
    assert found["rows"][63] == empty and found["weights"]["without_value"] == 1
    assert found["moran"]["I"] > 0.3 and found["moran"]["p_sim"] == 0.001 and found["geary"]["C"] < 1


@pytest.mark.parametrize(("rule", "pairs"), [("queen", 420), ("rook", 224), ("knn:4", 256), ("distance:112000", 224)])
def test_the_rule_for_neighbours_is_kept(checkers: Path, rule: str, pairs: int) -> None:
    """All 64 squares; a degree at the equator is 111 km. knn draws from 64 places, queen of 8 x 8 has 420 pairs."""
    path = checkers.parent / "full.geojson"
    path.write_text(checkers.read_text().replace("null", "1"))
    found = run("hotspots", "--areas", path, "--value", "value", "--weights", rule, "--permutations", 0, "--json")
    assert (found["weights"]["rule"], found["weights"]["pairs"]) == (rule, pairs)
    assert found["moran"]["p_sim"] is None and "p_sim" not in found["rows"][0]


def test_hotspots_of_points_are_those_of_their_cells(town: Path) -> None:
    found = run("hotspots", "--points", town, "--lat", "lat", "--lon", "lon", "--resolution", 8, "--json")
    corner = f"{int(cells_of_points(np.array([41.82]), np.array([-87.68]), 8)[0]):x}"
    best = max(found["rows"], key=lambda row: row["g_star_z"])
    assert next(row for row in found["rows"] if row["id"] == corner)["kind"] == "hot" and best["kind"] == "hot"
    assert sum(row["value"] for row in found["rows"]) == 840 and found["points"]["left_out"] == {"at 0, 0": 1}


def test_cells_without_points_count_where_the_study_area_is_known(town: Path, tmp_path: Path) -> None:
    ring = [[-87.7, 41.8], [-87.6, 41.8], [-87.6, 41.9], [-87.7, 41.9], [-87.7, 41.8]]
    path = tmp_path / "town.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    found = run("hotspots", "--points", town, "--resolution", 9, "--within", path, "--permutations", 0, "--json")
    zeros = sum(row["value"] == 0 for row in found["rows"])
    assert zeros > 100 and found["points"]["used"] + found["points"]["left_out"]["outside of the areas"] == 840


def test_without_json_a_person_reads_the_spots(checkers: Path) -> None:
    result = CliRunner().invoke(APP, ["analyse", "hotspots", "--areas", str(checkers), "--value", "value"])
    assert "63 places" in result.stdout and "Moran's I 0." in result.stdout and "hot" in result.stdout


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
def test_clusters_of_a_file(town: Path, method: str) -> None:
    found = run("clusters", "--points", town, "--method", method, "--category", "kind", "--labels", "--json")
    first = found["clusters"][0]
    assert (first["lat"], first["lon"], first["category"]) == (
        pytest.approx(41.82, abs=0.003), pytest.approx(-87.68, abs=0.003), "waste",
    )  # fmt: skip
    assert first["size"] > 150 and first["category_lift"] > 2 and 0.6 < first["stability"] <= 1
    assert sum(one["size"] for one in found["clusters"]) + found["points"]["noise"] == 840 == len(found["labels"])
    assert found["parameters"]["suggested"][0] == "points" and found["points"]["left_out"] == {"at 0, 0": 1}


def test_a_scan_finds_what_came_in_the_last_days(town: Path) -> None:
    found = run("scan", "--points", town, "--time", "day", "--days", 7, "--json")
    first = found["clusters"][0]
    assert (first["lat"], first["lon"]) == (pytest.approx(41.82, abs=0.01), pytest.approx(-87.68, abs=0.01))
    assert first["first_day"] >= "2026-02-22" and first["last_day"] == "2026-03-01"
    assert first["p"] <= 0.02 and first["recurrence_days"] == pytest.approx(1 / first["p"])
    assert first["observed"] > first["expected"]
    assert found["days"] == 60 and found["replicas"] == 999 and found["points"]["used"] == 840


def test_a_scan_of_rates_finds_the_place_with_too_many_cases(tmp_path: Path) -> None:
    lines = [f"{10 + y / 100},{10 + x / 100},{30 if (x, y) == (3, 3) else 2},100" for x in range(6) for y in range(6)]
    path = tmp_path / "rates.csv"
    path.write_text("\n".join(["lat,lon,cases,people", *lines]))
    arguments = ["scan", "--points", path, "--cases", "cases", "--population", "people", "--json"]
    (one,) = run(*arguments)["clusters"]
    assert (one["lat"], one["lon"], one["observed"], one["p"]) == (10.03, 10.03, 30, 0.001)
    assert one["expected"] == pytest.approx(100 / 36) and one["lines"] == [3 * 6 + 3 + 2] and one["radius_m"] == 0
    assert run(*arguments, "--planar")["clusters"][0]["llr"] == pytest.approx(one["llr"])
    path.write_text(path.read_text().replace(",2,100", ",-2,100", 1))
    with pytest.raises(
        BadInput, match=r"rates.csv, line 2, `cases`: found '-2'; expected a number that is not negative"
    ):
        run(*arguments)


def test_neither_or_both_kinds_of_file_are_refused(checkers: Path) -> None:
    for arguments in ([], ["--areas", str(checkers), "--points", str(checkers)]):
        with pytest.raises(BadInput, match="either --areas or --points"):
            CliRunner().invoke(APP, ["analyse", "hotspots", *arguments], catch_exceptions=False)


def test_a_refusal_is_on_standard_error_with_exit_code_2(checkers: Path) -> None:
    result = zygote.run(["manage.py", "analyse", "hotspots", "--areas", str(checkers), "--value", "valu", "--json"])
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "manage.py: No column `valu` in squares.geojson. Did you mean `value`?\n"
