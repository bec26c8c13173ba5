"""Do the public files of three cities become what pandas counts in the raw files, by none of our code?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.database import owner_transaction
from data.settings import ROOT
from data.types import Scope
from services.ingest import ImportSummary, import_file
from tests.running import unmeasured
from tests.support import make_scope, make_workspace

FOLDER = ROOT.parent / "shared" / "data" / "complaints"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no public data in {FOLDER}")


# in a process of its own, so that its memory can be told from pandas'
IMPORT = """
import dataclasses, json, sys
from datetime import UTC, datetime
from pathlib import Path
from services.ingest import import_file
from services.people import command_scope
scope, path = command_scope(sys.argv[2]), Path(sys.argv[1])
summary = import_file(scope, "grievance.complaints", path, None, None, datetime(2026, 1, 1, tzinfo=UTC))
# TRICKY: getrusage would also count what the process was before it became this program.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({"peak_mb": int(peak.split()[1]) / 1024, "summary": dataclasses.asdict(summary)}))
"""


@dataclass
class City:
    """A city's file as pandas reads it, and what our import made of it."""

    raw: pd.DataFrame
    scope: Scope
    path: Path
    summary: ImportSummary
    peak_mb: float

    def rows(self, columns: str, more: str = "") -> list[tuple[Any, ...]]:
        with owner_transaction() as tx:
            query = f"SELECT {columns} FROM grievance.complaints WHERE workspace_id = %s {more}"
            return tx.execute(query.encode(), (self.scope.workspace.id,)).fetchall()

    def count(self, where: str) -> int:
        return int(self.rows("count(*)", f"AND {where}")[0][0])

    def by(self, column: str) -> dict[str | None, int]:
        return dict(self.rows(f"{column}, count(*)", "GROUP BY 1"))


def _city(name: str, timezone: str) -> City:
    path = FOLDER / name
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    scope = make_scope(make_workspace(timezone=timezone))
    command = [sys.executable, "-c", IMPORT, str(path), scope.workspace.slug]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=unmeasured(os.environ))
    found = json.loads(done.stdout)
    return City(raw, scope, path, ImportSummary(**found["summary"]), found["peak_mb"])


@pytest.fixture(scope="module")
def nyc(database: str) -> City:
    return _city("nyc_council_cases.csv.gz", "America/New_York")


@pytest.fixture(scope="module")
def chicago(database: str) -> City:
    return _city("chicago_sanitation.csv.gz", "America/Chicago")


@pytest.fixture(scope="module")
def francisco(database: str) -> City:
    return _city("sf311_sample_10000.csv.gz", "America/Los_Angeles")


def _counted(values: pd.Series) -> dict[str | None, int]:
    """Counts by value, blanks as None."""
    return {(value or None): int(n) for value, n in values.value_counts(dropna=False).items()}


def _first(raw: pd.DataFrame, key: str) -> pd.DataFrame:
    return raw.drop_duplicates(key)


def _identical(raw: pd.DataFrame, key: str, columns: list[str]) -> int:
    """Later rows of a key that say the same as its first one, in the columns that are kept."""
    later = raw[raw.duplicated(key)].merge(_first(raw, key), on=key, suffixes=("", "_first"))
    same = [later[c] == later[f"{c}_first"] for c in columns]
    return int(pd.concat(same, axis=1).all(axis=1).sum())


def _check_summary(city: City, key: str, identical: int) -> None:
    read, distinct = len(city.raw), city.raw[key].nunique()
    s = city.summary
    assert (s.read, s.inserted, s.updated, s.unchanged) == (read, distinct, 0, identical)
    assert s.rejected == read - distinct - identical
    assert city.count("true") == distinct
    assert s.flagged == city.count("quality IS NOT NULL")


def _nyc_district(raw: pd.Series) -> pd.Series:
    number = pd.to_numeric(raw.str.extract(r"^NYCC(\d{1,2})$")[0])
    return number.map(lambda n: f"NYCC{int(n):02}" if 1 <= n <= 51 else "")


def test_new_york_has_every_case_once(nyc: City) -> None:
    compared = nyc.raw.assign(district=_nyc_district(nyc.raw["council_dist"]))
    kept = ["account", "opendate", "closedate", "complaint_type", "descriptor", "district"]
    _check_summary(nyc, "unique_key", _identical(compared, "unique_key", kept))
    assert (nyc.summary.read, nyc.summary.inserted) == (341_299, 341_194)
    assert nyc.summary.mapping == "nyc_council_cases.yaml"


def test_new_york_counts_by_column_are_those_of_the_file(nyc: City) -> None:
    first = _first(nyc.raw, "unique_key")
    prompts = ["Please choose an issue...", "Select One", "@getxlate.Udf_Code_Genera"]
    category = first["complaint_type"].replace(dict.fromkeys(prompts, "")).replace(
        {"HOUSING AND BUILDINGS": "Housing and Buildings", "QUALITY OF LIFE": "Quality of Life"}
    )  # fmt: skip
    assert nyc.by("category") == _counted(category)
    assert nyc.by("subcategory") == _counted(first["descriptor"])
    assert nyc.by("department") == _counted(first["account"])
    assert nyc.by("status") == _counted(first["closedate"].map(lambda d: "closed" if d else "open"))
    closed = int((first["closedate"] != "").sum())
    assert nyc.count("resolved_at IS NOT NULL") == nyc.count("closed_at = resolved_at") == closed


def test_new_york_districts_are_the_51_of_the_council(nyc: City) -> None:
    assert nyc.raw["council_dist"].nunique() == 157  # 156 spellings and the empty one
    found = nyc.by("district")
    assert found == _counted(_nyc_district(_first(nyc.raw, "unique_key")["council_dist"]))
    assert len(found) == 52
    assert nyc.summary.flags["district_unmatched"] == nyc.count("'district_unmatched' = ANY (quality)")


def test_days_are_the_days_of_the_file(nyc: City) -> None:
    first = _first(nyc.raw, "unique_key")
    stored = dict(nyc.rows("(opened_at AT TIME ZONE 'America/New_York')::date::text, count(*)", "GROUP BY 1"))
    assert stored == {day: int(n) for day, n in first["opendate"].value_counts().items()}


def test_new_york_takes_less_than_600_mb(nyc: City) -> None:
    assert nyc.peak_mb < 600


def test_importing_new_york_again_changes_nothing(nyc: City, tmp_path: Path) -> None:
    """A quarter of the file; all of it would say no more in four times the time."""
    part, rows = tmp_path / nyc.path.name, len(nyc.raw) // 4
    nyc.raw.head(rows).to_csv(part, index=False, compression={"method": "gzip", "compresslevel": 1})
    before = nyc.rows("count(*), max(received_at)")
    again = import_file(nyc.scope, "grievance.complaints", part, None, None, NOW)
    assert (again.read, again.inserted, again.updated) == (rows, 0, 0)
    assert again.unchanged + again.rejected == rows and again.rejected <= nyc.summary.rejected
    assert nyc.rows("count(*), max(received_at)") == before


def test_chicago_has_every_request_once(chicago: City) -> None:
    kept = [c for c in chicago.raw if c in (
        "Creation_Date", "Status", "Completion_Date", "What_is_the_Nature_of_this_Code_Violation", "Ward", "Latitude",
        "Longitude",
    )]  # fmt: skip
    _check_summary(chicago, "Service_Request_Number", _identical(chicago.raw, "Service_Request_Number", kept))
    assert chicago.summary.read == 74_401 and chicago.summary.inserted == 74_026


def test_chicago_counts_by_column_are_those_of_the_file(chicago: City) -> None:
    first = _first(chicago.raw, "Service_Request_Number")
    ward = first["Ward"].str.removesuffix(".0").replace("0", "")
    assert chicago.by("category") == _counted(first["What_is_the_Nature_of_this_Code_Violation"])
    assert chicago.by("district") == _counted(ward) and len(chicago.by("district")) == 51
    status = first["Status"].str.split(" ").str[0].map({"Completed": "closed", "Open": "open"})
    assert chicago.by("status") == _counted(status)
    assert chicago.count("resolved_at IS NOT NULL") == (first["Completion_Date"] != "").sum()
    assert chicago.count("lat IS NOT NULL AND cell IS NOT NULL") == (first["Latitude"] != "").sum()
    latitudes = chicago.rows("sum(lat)", "AND lat IS NOT NULL")[0][0]
    assert latitudes == pytest.approx(pd.to_numeric(first["Latitude"]).sum(), rel=1e-12)


def test_san_francisco_has_every_case_with_its_time(francisco: City) -> None:
    _check_summary(francisco, "CaseID", 0)
    raw = francisco.raw
    opened = pd.to_datetime(raw["Opened"], format="%m/%d/%Y %I:%M:%S %p").dt.tz_localize("America/Los_Angeles")
    expected = dict(zip(raw["CaseID"], opened.dt.tz_convert("UTC"), strict=True))
    assert {key: pd.Timestamp(at) for key, at in francisco.rows("complaint_id, opened_at")} == expected


def test_san_francisco_counts_by_column_are_those_of_the_file(francisco: City) -> None:
    raw = francisco.raw
    assert francisco.by("category") == _counted(raw["Category"])
    assert francisco.by("subcategory") == _counted(raw["Request.Type"].str.replace("_", " ").str.strip())
    assert francisco.by("channel") == _counted(raw["Source"])
    assert francisco.by("department") == _counted(raw["Responsible.Agency"])
    assert francisco.by("district") == _counted(raw["Supervisor.District"].replace("0", ""))
    assert francisco.by("status") == _counted(raw["Status"].str.lower())
    assert francisco.count("resolved_at IS NOT NULL") == (raw["Closed"] != "").sum()


def test_san_francisco_points_and_impossible_closings(francisco: City) -> None:
    raw = francisco.raw
    points = raw["Point"].str.extract(r"\(([-\d.]+), ([-\d.]+)\)").astype(float)
    lat, lon = francisco.rows("sum(lat), sum(lon)")[0]
    assert (lat, lon) == (pytest.approx(points[0].sum(), rel=1e-12), pytest.approx(points[1].sum(), rel=1e-12))
    assert francisco.count("lat IS NULL") == (raw["Point"] == "").sum() == 24
    times = [pd.to_datetime(raw[c], format="%m/%d/%Y %I:%M:%S %p") for c in ("Opened", "Closed")]
    early = int((times[1] < times[0]).sum())
    assert francisco.count("resolved_at < opened_at") == early == 129
    assert francisco.summary.flags == {"resolved_at_before_opened_at": 129, "district_not_allowed": 30}
