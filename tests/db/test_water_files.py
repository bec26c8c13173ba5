"""Do networks and registers of real water works come in whole, with lengths, counts and places as in their files?"""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.database import transaction
from data.engine.verify import verify
from data.settings import ROOT
from data.types import Scope
from services.ingest import import_file
from services.model import current, find_dataset

FOLDER = ROOT.parent / "shared" / "data" / "water"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the real data is not in {FOLDER}")
# Pipes, their length in feet, pumps: counted in the files' sections by hand (awk), not by the reader.
NETWORKS = [
    ("Net1", 12, 63_530.0, 1),
    ("Net2", 40, 36_000.0, 0),
    ("Net3", 117, 215_711.8, 2),
    ("ky4", 1156, 853_809.169, 2),
]


def asked(scope: Scope, statement: str) -> list[tuple[Any, ...]]:
    with transaction(scope) as tx:
        return tx.execute(statement.encode(), {"w": scope.workspace.id}).fetchall()


@pytest.mark.parametrize(("name", "pipes", "feet", "pumps"), NETWORKS)
def test_a_network_has_the_pipes_and_metres_of_its_file(
    scope: Scope, name: str, pipes: int, feet: float, pumps: int
) -> None:
    summary = import_file(scope, "water.pipelines", FOLDER / f"{name}.inp.gz", None, None, NOW)
    assert (summary.inserted, summary.rejected, summary.flagged) == (pipes + pumps, 0, 0)
    rows = asked(scope, "SELECT element, count(*), sum(length_m) FROM water.pipelines GROUP BY 1")
    found = {element: (count, length) for element, count, length in rows}
    assert found["pipe"][0] == pipes and float(found["pipe"][1]) == pytest.approx(feet * 0.3048, abs=0.001 * pipes)
    assert found.get("pump", (0, None)) == (pumps, None)
    assert import_file(scope, "water.pipelines", FOLDER / f"{name}.inp.gz", None, None, NOW).unchanged == pipes + pumps


def test_one_pipe_is_as_it_stands_in_the_file(scope: Scope) -> None:
    import_file(scope, "water.pipelines", FOLDER / "Net3.inp.gz", None, None, NOW)
    columns = "element, from_node, to_node, length_m, diameter_mm, roughness, status"
    rows = asked(
        scope, f"SELECT pipeline_id, {columns} FROM water.pipelines WHERE pipeline_id IN ('Net3-20', 'Net3-10')"
    )
    found = {key: [str(value) for value in rest] for key, *rest in rows}
    assert found["Net3-20"] == ["pipe", "3", "20", "30.175", "2514.6", "199.0000", "in service"]
    assert found["Net3-10"] == ["pump", "Lake", "10", "None", "None", "None", "closed"]


def test_kitchener_mains_keep_their_metres_and_those_of_unknown_age_are_refused(scope: Scope) -> None:
    path = FOLDER / "Water_Mains.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    believed = [row for row in lines if row["INSTALLATION_DATE"][-4:] >= "1900"]
    summary = import_file(scope, "water.pipelines", path, None, None, NOW)
    assert (summary.read, summary.inserted, summary.rejected) == (16_062, len(believed), len(lines) - len(believed))
    assert 0 < summary.rejected < 20
    metres = asked(scope, "SELECT sum(length_m) FROM water.pipelines")[0][0]
    assert float(metres) == pytest.approx(sum(float(row["Shape__Length"]) for row in believed), abs=10)
    assert asked(scope, "SELECT count(*) FROM water.pipelines WHERE material = 'CI' AND diameter_mm = 150")[0][
        0
    ] == sum(row["MATERIAL"] == "CI" and row["PIPE_SIZE"] == "150" for row in believed)


def test_kitchener_breaks_lie_in_kitchener(scope: Scope) -> None:
    summary = import_file(scope, "water.incidents", FOLDER / "Water_Main_Breaks.csv.gz", None, None, NOW)
    assert (summary.read, summary.inserted, summary.rejected) == (2_845, 2_845, 0)
    first = asked(scope, "SELECT lat, lon, opened_at FROM water.incidents WHERE incident_id = 'KB-2252'")[0]
    assert first[:2] == (pytest.approx(43.462930702, abs=1e-7), pytest.approx(-80.484000892, abs=1e-7))
    assert first[2].astimezone(UTC) == datetime(2017, 12, 1, 20, 15, tzinfo=UTC)
    placed = asked(
        scope, "SELECT count(*), min(lat), max(lat), min(lon), max(lon) FROM water.incidents WHERE lat IS NOT NULL"
    )[0]
    assert placed[0] + summary.flags.get("place_outside", 0) == 2_845 and summary.flags.get("place_outside", 0) < 30
    assert 43.3 < placed[1] < placed[2] < 43.6 and -80.7 < placed[3] < placed[4] < -80.2
    assert asked(scope, "SELECT count(repaired_at) FROM water.incidents")[0][0] == 106
    assert verify(scope, find_dataset(current(), "water.incidents")).mismatches == []


def test_a_network_that_breaks_its_own_rules_is_told(scope: Scope, tmp_path: Path) -> None:
    path = tmp_path / "small.inp"
    path.write_text(
        "[JUNCTIONS]\n a 1\n b 1 ; far\n[PIPES]\n p1 a b 100 200 130 0 CV ;\n p2 a c 5 5 5\n p3 a\n p4 a b x 5\n"
        "[VALVES]\n v1 a b 300 PRV 40\n[STATUS]\n v1 Closed\n[OPTIONS]\n UNITS LPS\n[END]\n[PIPES]\n p9 a b 1 1\n"
    )
    summary = import_file(scope, "water.pipelines", path, None, None, NOW)
    assert (summary.read, summary.inserted, summary.rejected) == (5, 2, 3)
    rows = asked(scope, "SELECT pipeline_id, length_m::text, diameter_mm::text, status FROM water.pipelines ORDER BY 1")
    assert rows == [("small-p1", "100.000", "200.0", "in service"), ("small-v1", None, "300.0", "closed")]
