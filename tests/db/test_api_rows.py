"""Are the rows that the API gives, page by page and as files, exactly those that were sent?"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from services.api import rows as routes
from tests.api_support import DATASET, EVENTS, Api, audited, complaint, served_api
from tests.support import make_workspace

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHOLE = {"dataset": DATASET, "from": "2026-03-01", "to": "2026-04-01"}
ALL = ("rows", "export", "personal")


def row(number: int, **values: Any) -> dict[str, Any]:
    return complaint(number, START + timedelta(minutes=number // 2), **values)


@pytest.fixture(scope="module")
def api(database: str) -> Iterator[Api]:
    with served_api(make_workspace()) as found:
        sent = [row(n, category="Noise" if n % 3 else None, district='Old "Town", north') for n in range(250)]
        assert found.send(sent).json()["inserted"] == 250
        yield found


def pages(api: Api, headers: dict[str, str], **parameters: Any) -> list[list[dict[str, Any]]]:
    found, after = [], None
    while True:
        wanted = WHOLE | parameters | ({"after": after} if after else {})
        answer = api.http.get("/api/v1/rows", headers=headers, params=wanted).json()
        found.append(answer["rows"])
        after = answer["next"]
        if after is None:
            return found


def test_the_pages_together_are_all_rows_once_newest_first(api: Api) -> None:
    found = pages(api, api.bearer("rows"), limit=99)
    assert [len(page) for page in found] == [99, 99, 52]
    keys = [r["complaint_id"] for page in found for r in page]
    assert keys == [f"c{n:05}" for n in reversed(range(250))]


def test_pages_stay_right_while_rows_come_in(database: str) -> None:
    with served_api(make_workspace()) as api:
        api.send([row(n) for n in range(10)])
        headers = api.bearer("rows")
        first = api.http.get("/api/v1/rows", headers=headers, params=WHOLE | {"limit": 5}).json()
        api.send([row(n) for n in range(10, 20)])
        rest = api.http.get(
            "/api/v1/rows", headers=headers, params=WHOLE | {"limit": 50, "after": first["next"]}
        ).json()
        keys = [r["complaint_id"] for r in first["rows"] + rest["rows"]]
        assert keys == [f"c{n:05}" for n in reversed(range(10))]


def test_pages_and_downloads_come_in_the_order_that_is_asked_for(api: Api) -> None:
    newest_first = [f"c{n:05}" for n in reversed(range(250))]
    missing = [key for key in newest_first if int(key[1:]) % 3 == 0]
    noise = [key for key in newest_first if key not in missing]
    paged = [r["complaint_id"] for page in pages(api, api.bearer("rows"), limit=99, sort="-category") for r in page]
    assert paged == [*noise, *missing]
    answer = download(api, "csv", *ALL, sort="-category")
    assert [r["complaint_id"] for r in read(answer, "csv")] == paged
    assert answer.headers["x-belvedere-order"] == "-category" and audited(api.workspace, "exported")[0].detail["order"]
    assert download(api, "json", "export", sort="complaint_id").json()["order"] == "complaint_id"
    for path, ability in (("/rows", "rows"), ("/rows/download", "export")):
        assert api.get(path, ability, **WHOLE, sort="citizen").status_code == 403, "its order would tell what it holds"
        assert "Did you mean `category`" in api.get(path, ability, **WHOLE, sort="-categroy").json()["error"]["message"]


def test_a_page_says_what_it_holds(api: Api) -> None:
    where = json.dumps({"category": [None], "district": {"contains": "town"}})
    answer = api.get("/rows", "rows", **WHOLE, where=where, limit=1).json()
    assert answer["filters"] == ["category is missing", "district contains town"]
    assert (answer["total"], answer["dataset"]) == (84, DATASET)
    assert datetime.fromisoformat(answer["from"]) == datetime(2026, 3, 1, 5, tzinfo=UTC), "a local day of New York"
    assert datetime.fromisoformat(answer["as_of"]) == START + timedelta(minutes=124)
    assert list(answer["rows"][0]) == answer["columns"]


def test_reading_personal_columns_is_audited(api: Api) -> None:
    before = len(audited(api.workspace, "read_personal"))
    api.get("/rows", "rows", **WHOLE, limit=7)
    assert len(audited(api.workspace, "read_personal")) == before
    answer = api.get("/rows", "rows", "personal", **WHOLE, limit=7).json()
    assert answer["omitted"] == [] and answer["rows"][0]["citizen"] == "p249"
    newest = audited(api.workspace, "read_personal")[0]
    assert (newest.object, newest.detail["rows"]) == (DATASET, 7)
    assert "p249" not in json.dumps(newest.detail)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"after": "x"}, "after"), ({"after": "WzEsMl0"}, "after"), ({"where": "{"}, "where"),
        ({"from": None, "to": "2026-03-02"}, "from"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(api: Api, wrong: dict[str, Any], field: str) -> None:
    answer = api.get("/rows", "rows", **{k: v for k, v in (WHOLE | wrong).items() if v is not None})
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


def download(api: Api, form: str, *abilities: str, **parameters: Any) -> httpx.Response:
    answer = api.get("/rows/download", *abilities, **(WHOLE | {"format": form} | parameters))
    assert answer.status_code == 200, answer.text
    return answer


def read(answer: httpx.Response, form: str) -> list[dict[str, Any]]:
    if form == "csv":
        return list(csv.DictReader(io.StringIO(answer.text)))
    if form == "jsonl":
        return [json.loads(line) for line in answer.text.splitlines()]
    if form == "json":
        found: list[dict[str, Any]] = answer.json()["rows"]
        return found
    table: list[dict[str, Any]] = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    return table


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "parquet"])
def test_a_download_holds_every_row_once_oldest_first(api: Api, form: str) -> None:
    answer = download(api, form, *ALL)
    found = read(answer, form)
    assert [r["complaint_id"] for r in found] == [f"c{n:05}" for n in range(250)]
    third = found[3]
    assert (third["district"], third["category"] or None, third["citizen"]) == ('Old "Town", north', None, "p3")
    at = third["opened_at"]
    assert (at if isinstance(at, datetime) else datetime.fromisoformat(at)) == START + timedelta(minutes=1)
    assert answer.headers["x-belvedere-rows"] == "250"
    assert answer.headers["x-belvedere-as-of"] == "2026-03-01T14:04:00+00:00"
    assert f'-complaints-20260301-20260401.{form}"' in answer.headers["content-disposition"]


def test_a_json_download_says_what_it_holds(api: Api) -> None:
    where = '{"category": [null]}'
    answer = download(api, "json", "export", where=where)
    found = answer.json()
    assert (found["total"], found["filters"], found["omitted"]) == (84, ["category is missing"], ["officer", "citizen"])
    assert len(found["rows"]) == 84
    assert answer.headers["x-belvedere-filters"] == '["category is missing"]'
    assert answer.headers["x-belvedere-omitted"] == "officer,citizen"


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "parquet"])
def test_a_download_without_rows_is_a_whole_file(api: Api, form: str) -> None:
    assert read(download(api, form, *ALL, to="2026-03-01T06:00"), form) == []


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "parquet"])
def test_personal_columns_are_not_in_the_file_without_the_ability(api: Api, form: str) -> None:
    assert not {"citizen", "officer"} & set(read(download(api, form, "export"), form)[0])


def test_an_export_is_audited_before_its_first_byte(api: Api) -> None:
    download(api, "csv", *ALL)
    newest = audited(api.workspace, "exported")[0]
    assert newest.object == DATASET
    assert {"rows": 250, "format": "csv", "personal_columns": ["citizen", "officer"]}.items() <= newest.detail.items()


def test_the_audit_of_an_export_names_no_person(api: Api) -> None:
    download(api, "csv", *ALL, where=json.dumps({"officer": ["kim"], "category": ["Noise"]}))
    assert audited(api.workspace, "exported")[0].detail["filters"] == ["by officer", "category is Noise"]


def test_text_with_line_ends_and_backslashes_survives_every_format(database: str) -> None:
    text = 'one\ntwo\\n "three", \x01 ü \U0001f6b0'
    with served_api(make_workspace()) as api:
        assert api.send([row(1, district=text)]).json()["inserted"] == 1
        for form in ("csv", "jsonl", "json", "parquet"):
            assert read(download(api, form, "export"), form)[0]["district"] == text, form


def test_events_have_their_number_and_measures_their_decimals(database: str) -> None:
    with served_api(make_workspace()) as api:
        event = {"occurred_at": START.isoformat(), "event": "opened", "complaint": "c1"}
        assert api.send([event], EVENTS).json()["inserted"] == 1
        api.send([row(1, satisfaction=4)])
        for form, four in (("csv", "4"), ("jsonl", 4), ("json", 4), ("parquet", 4)):
            assert read(download(api, form, "export"), form)[0]["satisfaction"] == four
            assert int(read(download(api, form, "export", dataset=EVENTS), form)[0]["id"]) > 0


def test_a_client_that_leaves_gives_its_connection_and_place_back(api: Api) -> None:
    headers = api.bearer("export")
    for _ in range(routes.DOWNLOADS + 2):
        with api.http.stream("GET", "/api/v1/rows/download", headers=headers, params=WHOLE) as answer:
            assert answer.status_code == 200
    assert download(api, "csv", "export").headers["x-belvedere-rows"] == "250"


def test_more_downloads_than_places_wait(api: Api) -> None:
    seats = routes.Seats(2)
    seats.take("ana"), seats.take("ben")
    with pytest.raises(routes.Wait, match="as many downloads as it can"):
        seats.take("cleo")
    seats.give_back("ana")
    seats.take("cleo")


def test_nobody_holds_all_places_for_downloads(api: Api) -> None:
    seats = routes.Seats(3)
    seats.take("ana"), seats.take("ana")
    with pytest.raises(routes.Wait, match="2 downloads of yours"):
        seats.take("ana")
    seats.take("ben")


@pytest.mark.parametrize(
    ("wrong", "status"), [({"format": "xlsx"}, 422), ({"at": "never_at"}, 404), ({"where": '{"nothing": "x"}'}, 404)]
)  # fmt: skip
def test_a_download_that_cannot_be_is_refused_before_it_starts(api: Api, wrong: dict[str, str], status: int) -> None:
    answer = api.get("/rows/download", "export", **(WHOLE | wrong))
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
