"""Does a guessed mapping name the columns that a person would have named?"""

from __future__ import annotations

import pyarrow as pa
import pytest

from data.errors import BadInput
from data.settings import ROOT
from services.ingest import choose_mapping, guess_mapping, kinds, open_source, sample_of
from services.ingest.mappings.grammar import Place
from services.model import find_dataset, load_model

COMPLAINTS = find_dataset(load_model(), "grievance.complaints")
FOLDER = ROOT.parent / "shared" / "data" / "complaints"
CITIES = {
    "nyc_council_cases.csv.gz": {
        "complaint_id": "unique_key", "opened_at": "opendate", "resolved_at": "closedate", "closed_at": "closedate",
        "category": "complaint_type", "subcategory": "descriptor", "district": "council_dist", "department": "account",
    },
    "chicago_sanitation.csv.gz": {
        "complaint_id": "Service_Request_Number", "opened_at": "Creation_Date", "resolved_at": "Completion_Date",
        "category": "Type_of_Service_Request", "status": "Status",
    },
    "sf311_sample_10000.csv.gz": {
        "complaint_id": "CaseID", "opened_at": "Opened", "closed_at": "Closed", "status": "Status", "channel": "Source",
        "category": "Category", "department": "Responsible.Agency", "district": "Supervisor.District",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CITIES)
def test_the_columns_of_a_real_city_are_found(name: str) -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"no public data in {FOLDER}")
    source = open_source(FOLDER / name)
    guessed = guess_mapping(source.header, sample_of(source), COMPLAINTS)
    found = {column.target: column.sources[0] for column in guessed.columns}
    assert CITIES[name].items() <= found.items()
    assert choose_mapping(source, COMPLAINTS).name != "guess"


def _guess(**columns: list[str | None]) -> dict[str, str]:
    guessed = guess_mapping(list(columns), columns, COMPLAINTS)
    return {column.target: column.sources[0] for column in guessed.columns}


def test_key_and_first_time_are_found_by_their_values_alone() -> None:
    found = _guess(x=["k1", "k2", "k3"], y=["05/13/2024", "05/14/2024", "05/14/2024"], z=["a", "a", "b"])
    assert found["complaint_id"] == "x" and found["opened_at"] == "y"


def test_a_column_with_the_very_name_is_meant_whatever_its_values_are() -> None:
    columns: dict[str, list[str | None]] = {
        "complaint_id": ["a", "b", "b", None], "opened_at": ["05/13/2024", "05/14/2024", "soon", "05/15/2024"],
        "resolved_at": [None] * 4, "satisfaction": ["4", "good", "", ""], "lat": ["40.1", "n.a.", "40.2", "40.3"],
        "lon": ["-74.1"] * 4, "serial": ["1", "2", "3", "4"],
    }  # fmt: skip
    guessed = guess_mapping(list(columns), columns, COMPLAINTS)
    assert {c.target: c.sources[0] for c in guessed.columns}["complaint_id"] == "complaint_id"
    opened, resolved, score = (guessed.column(name) for name in ("opened_at", "resolved_at", "satisfaction"))
    assert opened is not None and (opened.formats, opened.unreadable) == (("%m/%d/%Y",), "reject")
    assert resolved is not None and resolved.sources == ("resolved_at",)
    assert score is not None and (score.sources, score.unreadable) == (("satisfaction",), "flag")
    assert guessed.place == Place("lat", "lon")


def test_what_cannot_be_guessed_is_told() -> None:
    with pytest.raises(BadInput, match="No column looks like `complaint_id`"):
        _guess(opened=["2024-05-01", "2024-05-01"], kind=["a", "a"])
    with pytest.raises(BadInput, match=r"No column looks like `opened_at`.* Write a mapping file"):
        _guess(id=["1", "2"], kind=["a", "a"])


def test_status_words_are_translated_to_the_closed_list() -> None:
    columns: dict[str, list[str | None]] = {
        "id": ["1", "2", "3", "4"], "opened": ["2024-05-01"] * 4, "status": ["New", "IN PROGRESS", "Done", "Closed"],
    }  # fmt: skip
    column = guess_mapping(list(columns), columns, COMPLAINTS).column("status")
    assert column is not None and column.case == "lower"
    assert column.values == (("new", "open"), ("in progress", "open"), ("done", "resolved"))


def test_a_place_is_found_in_two_columns_or_in_one_text() -> None:
    base: dict[str, list[str | None]] = {"id": ["1", "2"], "opened": ["2024-05-01"] * 2}
    two = base | {"lng": ["-74.1", "-74.2"], "Latitude": ["40.1", "40.2"]}
    assert guess_mapping(list(two), two, COMPLAINTS).place == Place("Latitude", "lng")
    one = base | {"where": ["POINT (-74.1 40.1)", None]}
    assert guess_mapping(list(one), one, COMPLAINTS).place == Place(source="where", point="POINT (lon lat)")


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (["2024-05-01", "2024-05-02T10:00:00Z"], "iso"),
        (["05/13/2024 02:51:52 PM"], "%m/%d/%Y %I:%M:%S %p"),
        (["05/06/2024", "05/07/2024"], "%m/%d/%Y"),
        (["05/06/2024", "13/07/2024"], "%d/%m/%Y"),
        (["29/2/2016 01:16"], "%d/%m/%Y %H:%M"),
        (["31.12.2023 23:59"], "%d.%m.%Y %H:%M"),
        (["1717200000", "1717200001"], "unix_s"),
        (["1717200000123"], "unix_ms"),
        (["12", "345"], None),
        (["2023", "2024"], None),
        (["2024-01", "2024-02"], None),
        (["10019", "11201"], None),
        (["Noise", "Water"], None),
        ([], None),
    ],
)
def test_the_format_of_times_is_found(values: list[str], wanted: str | None) -> None:
    assert kinds.time_format(pa.array(values, pa.string())) == wanted


def test_wards_written_as_decimals_become_whole() -> None:
    columns: dict[str, list[str | None]] = {
        "id": ["1", "2"], "opened": ["2024-05-01"] * 2, "ward": ["20.0", "7.0"],
    }  # fmt: skip
    column = guess_mapping(list(columns), columns, COMPLAINTS).column("district")
    assert column is not None and column.whole
