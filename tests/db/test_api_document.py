"""Is the API described as it is, for people, for programs and offline?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from services.api import create_api, examples
from services.api.access import ABILITY
from services.api.application import document
from services.api.reference import PAGE, reference
from tests.api_support import DATASET, Api, complaint, served_api
from tests.support import make_workspace


@pytest.fixture(scope="module")
def api(database: str) -> Iterator[Api]:
    with served_api(make_workspace()) as found:
        found.send([complaint(1)])
        yield found


@pytest.fixture(scope="module")
def described(database: str) -> dict[str, Any]:
    return document(create_api())


def test_the_reference_page_is_the_one_the_code_makes(described: dict[str, Any]) -> None:
    assert PAGE.read_text() == reference(described), "run `python -m services.api.reference`"


def test_every_route_is_described_with_its_ability_and_errors(described: dict[str, Any]) -> None:
    found = {(m.upper(), path): op for path, methods in described["paths"].items() for m, op in methods.items()}
    assert set(found) == {key for key in ABILITY if not key[1].startswith("/docs") and "openapi" not in key[1]}
    for key, operation in found.items():
        assert f"`{ABILITY[key]}`" in operation["description"]
        assert {"401", "403", "422", "429", "503"} <= set(operation["responses"])
        assert operation["summary"]
        assert all(p.get("description") for p in operation.get("parameters", [])), key


def test_the_document_is_in_the_dialect_of_the_packaged_page(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.0.")
    assert "'type': 'null'" not in str(described)
    names = set(re.findall(r"#/components/schemas/(\w+)", str(described)))
    assert names <= set(described["components"]["schemas"])


@pytest.mark.parametrize(
    ("path", "schema", "parameters"),
    [
        ("/packs", "PackEntry", {}),
        ("/datasets", "DatasetEntry", {}),
        ("/metrics", "CatalogueEntry", {}),
        ("/values", "ValueEntry", {"dataset": DATASET, "dimension": "category"}),
        ("/dashboard", "Dashboard", {"days": 7}),
        ("/trends", "QueryAnswer", {"metric": "complaints_opened"}),
        ("/rows", "RowsAnswer", {"dataset": DATASET}),
        ("/health", "HealthAnswer", {}),
        ("/health/components", "HealthBoardAnswer", {}),
    ],
)
def test_answers_have_the_fields_that_are_described(
    api: Api, described: dict[str, Any], path: str, schema: str, parameters: dict[str, Any]
) -> None:
    answer = api.get(path, "read", "rows", "operate", **parameters).json()
    first = answer[0] if isinstance(answer, list) else answer
    assert list(first) and set(first) == set(described["components"]["schemas"][schema]["properties"])


def test_tiles_and_ingest_have_the_fields_that_are_described(api: Api, described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    tile = api.get("/dashboard").json()["packs"][0]["tiles"][0]
    assert set(tile) == set(schemas["TileEntry"]["properties"])
    sent = api.send([complaint(2), {"complaint_id": "x"}]).json()
    assert set(sent) == set(schemas["IngestAnswer"]["properties"])
    assert set(sent["rejects"][0]) == set(schemas["RejectEntry"]["properties"])


def test_the_catalogue_has_what_the_command_prints(api: Api) -> None:
    first = api.get("/metrics").json()[0]
    wanted = {"pack", "name", "unit", "format", "better", "target", "description", "dataset", "shape"}
    assert wanted <= set(first)


def test_the_docs_page_needs_no_other_server_and_no_inline_script(api: Api) -> None:
    headers = api.bearer("read")
    page = api.http.get("/api/docs", headers=headers)
    assert "http" not in page.text
    assert not re.search(r"<script[^>]*>[^<]|<style|\son\w+=", page.text)
    for name in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        found = api.http.get(f"/api/{name}", headers=headers)
        assert (found.status_code, bool(found.content)) == (200, True), name


def test_a_file_outside_the_page_is_not_served(api: Api) -> None:
    for name in ("index.html", "..%2f..%2f__init__.py", "%2fetc%2fpasswd"):
        assert api.http.get(f"/api/docs/files/{name}", headers=api.bearer("read")).status_code == 404


def test_a_dashboard_tile_has_value_change_and_age(api: Api) -> None:
    tiles = api.get("/dashboard", days=30).json()["packs"][0]["tiles"]
    opened = next(t for t in tiles if t["metric"] == "grievance.complaints_opened")
    assert opened["value"] >= 1
    assert 0 <= opened["age_s"] < 3600
    assert opened["late"] is False


def test_the_examples_of_the_reference_work_as_they_are(api: Api) -> None:
    asked = api.http.post("/api/v1/query", headers=api.bearer("read"), json=examples.QUERY)
    assert asked.status_code == 200, asked.text
    assert set(asked.json()) == set(examples.ANSWER)
    assert api.send(examples.INGEST_ROWS).json()["inserted"] == 1
