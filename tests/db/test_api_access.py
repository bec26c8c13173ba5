"""Does the API let in whom it should, show no more than it should, and count everybody?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from data.database import DatabaseDown
from data.people import set_membership
from data.types import Workspace
from services import metrics, people
from services.api.access import ABILITY
from services.api.application import routes
from tests.api_support import DATASET, Api, complaint, complaints, served_api, session_of
from tests.support import make_workspace

ROUTES = sorted(ABILITY)


@pytest.fixture(scope="module")
def api(database: str) -> Iterator[Api]:
    with served_api(make_workspace()) as found:
        found.send(complaints(range(3)))
        yield found


@pytest.fixture(scope="module")
def neighbour(api: Api) -> Workspace:
    return make_workspace()


def address(path: str) -> str:
    return f"/api{path}".replace("{dataset}", DATASET).replace("{name}", "swagger-ui.css")


def test_every_route_has_a_line_in_the_table_of_abilities(api: Api) -> None:
    from services.api import create_api

    assert set(routes(create_api())) == set(ABILITY)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_stranger_gets_nothing(api: Api, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer bv_made-up"}, {"Cookie": "belvedere_session=made-up"}):
        answer = api.http.request(method, address(path), headers=headers, json={})
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "not_signed_in"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_stranger_cannot_fill_the_memory_with_a_question(api: Api) -> None:
    headers = {"Authorization": "Bearer bv_made-up", "Content-Type": "application/json"}
    answer = api.http.post("/api/v1/query", headers=headers, content=b" " * (5 << 20))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert api.http.post("/api/v1/query", headers=headers, content=b" " * (3 << 20) + b"{}").status_code == 401


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_token_without_the_ability_is_refused(api: Api, method: str, path: str) -> None:
    other = "read" if ABILITY[method, path] != "read" else "write"
    answer = api.http.request(method, address(path), headers=api.bearer(other), json={})
    assert answer.status_code == 403
    assert f"`{ABILITY[method, path]}`" in answer.json()["error"]["message"]


def test_a_neighbour_sees_no_row_and_no_number(api: Api, neighbour: Workspace) -> None:
    from services import model

    model.enable_pack(people.command_scope(neighbour.slug), "grievance")
    headers = api.bearer("read", "rows", "export", workspace=neighbour)
    rows = api.http.get("/api/v1/rows", headers=headers, params={"dataset": DATASET}).json()
    assert (rows["rows"], rows["total"]) == ([], 0)
    body = {"metrics": ["complaints_opened"], "range": {"last": "30d"}}
    answer = api.http.post("/api/v1/query", headers=headers, json=body)
    assert answer.json()["rows"] == [{"complaints_opened": 0}]
    download = api.http.get("/api/v1/rows/download", headers=headers, params={"dataset": DATASET})
    assert (download.headers["x-belvedere-rows"], len(download.text.splitlines())) == ("0", 1)


@pytest.mark.parametrize("via", ["token", "session"])
def test_a_workspace_out_of_reach_does_not_exist(api: Api, neighbour: Workspace, via: str) -> None:
    headers = api.bearer("read") if via == "token" else session_of(api.workspace, "manager")
    for slug in (neighbour.slug, "no-such"):
        answer = api.http.get("/api/v1/packs", headers=headers, params={"workspace": slug})
        assert answer.status_code == 404
        assert answer.json()["error"]["message"].startswith(f"No workspace `{slug}`.")


def test_a_session_asks_in_another_workspace_with_the_role_it_has_there(api: Api, neighbour: Workspace) -> None:
    from data.database import owner_transaction

    headers = session_of(api.workspace, "manager")
    account = people.scope_of_session(headers["Cookie"].partition("=")[2], datetime.now(UTC))
    assert account is not None and account.account_id is not None
    with owner_transaction() as tx:
        set_membership(tx, neighbour.id, account.account_id, "viewer")
    here = api.http.get("/api/v1/rows", headers=headers, params={"dataset": DATASET})
    there = api.http.get("/api/v1/rows", headers=headers, params={"dataset": DATASET, "workspace": neighbour.slug})
    assert (here.status_code, there.status_code) == (200, 403)


@pytest.mark.parametrize(
    ("origin", "status"), [(None, 403), ("http://evil.example", 403), ("null", 403), ("own", 200)]
)  # fmt: skip
def test_a_sessions_write_must_come_from_our_own_pages(api: Api, origin: str | None, status: int) -> None:
    headers = session_of(api.workspace, "operator")
    if origin:
        headers["Origin"] = str(api.http.base_url).rstrip("/") if origin == "own" else origin
    answer = api.http.post(f"/api/v1/ingest/{DATASET}", headers=headers, json=[complaint(1)])
    assert answer.status_code == status


def test_personal_columns_are_left_out_and_said_so_without_the_ability(api: Api) -> None:
    answer = api.get("/rows", "rows", dataset=DATASET).json()
    assert answer["omitted"] == ["officer", "citizen"]
    assert len(answer["rows"]) == 3
    assert not {"officer", "citizen"} & set(answer["rows"][0])


@pytest.mark.parametrize("column", ["officer", "citizen"])
def test_hidden_columns_cannot_be_found_out_by_asking(api: Api, column: str) -> None:
    where = {column: ["kim"]}
    query = {"metrics": ["complaints_opened"], "range": {"last": "30d"}}
    headers = api.bearer("read", "rows", "export")
    refused = [
        api.http.post("/api/v1/query", headers=headers, json=query | {"by": [column]}),
        api.http.post("/api/v1/query", headers=headers, json=query | {"where": where}),
        api.http.get("/api/v1/trends", headers=headers, params={"metric": "complaints_opened", "by": column}),
        api.http.get("/api/v1/rows", headers=headers, params={"dataset": DATASET, "where": f'{{"{column}": "kim"}}'}),
        api.http.get(
            "/api/v1/rows/download", headers=headers, params={"dataset": DATASET, "where": f'{{"{column}": "kim"}}'}
        ),
    ]
    assert [answer.status_code for answer in refused] == [403] * 5


def test_the_sixty_first_request_in_a_minute_waits(database: str) -> None:
    with served_api(make_workspace(), requests_per_minute=60) as api:
        headers = api.bearer("read")
        answers = [api.http.get("/api/v1/packs", headers=headers) for _ in range(61)]
        assert [a.status_code for a in answers] == [200] * 60 + [429]
        assert [a.headers["x-ratelimit-remaining"] for a in answers[:2]] == ["59", "58"]
        refused = answers[-1]
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert refused.headers["x-ratelimit-limit"] == "60"
        assert refused.json()["error"]["code"] == "too_many_requests"
        assert api.get("/packs", "read").status_code == 200, "another client is not held up"
        assert api.http.get("/api/v1/health", headers=api.bearer("read")).status_code == 200


def test_made_up_tokens_share_the_allowance_of_their_address(database: str) -> None:
    with served_api(make_workspace(), requests_per_minute=5) as api:
        found = [
            api.http.get("/api/v1/packs", headers={"Authorization": f"Bearer bv_{n}"}).status_code for n in range(8)
        ]
        assert found == [401] * 5 + [429] * 3


def test_health_is_never_counted_and_ingest_by_itself(database: str) -> None:
    with served_api(make_workspace(), requests_per_minute=3) as api:
        headers = api.bearer("read", "write")
        for n in range(6):
            assert api.http.get("/api/v1/health", headers=headers).status_code == 200
            sent = api.http.post(f"/api/v1/ingest/{DATASET}", headers=headers, json=[complaint(n)])
            assert (sent.status_code, sent.headers["x-ratelimit-limit"]) == (200, "300")
        assert api.http.get("/api/v1/packs", headers=headers).headers["x-ratelimit-remaining"] == "2"


def test_a_revoked_token_ends_at_once(api: Api) -> None:
    headers = api.bearer("read")
    assert api.http.get("/api/v1/packs", headers=headers).status_code == 200
    scope = people.command_scope(api.workspace.slug)
    now = datetime.now(UTC)
    for token in people.list_tokens(scope, now, everybody=True):
        people.revoke_token(scope, token.id, now)
    assert api.http.get("/api/v1/packs", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("path", "status", "code", "words"),
    [
        ("/v1/nothing", 404, "no_such_route", "/api/v1/nothing"),
        ("/v1/query", 405, "method_not_allowed", "does not take GET"),
        ("/v1/dashboard?days=0", 422, "bad_input", "days"),
        ("/v1/dashboard?days=x", 422, "bad_input", "days"),
        ("/v1/dashboard?dayz=7", 422, "bad_input", "No parameter `dayz`. Did you mean `days`?"),
        ("/v1/metrics?pack=greivance", 404, "unknown_name", "Did you mean `grievance`?"),
        ("/v1/trends?metric=complaint_opened", 404, "unknown_name", "Did you mean `complaints_opened`?"),
        ("/v1/trends?metric=complaints_opened&grain=fortnight", 422, "bad_input", "grain"),
        ("/v1/trends?metric=complaints_opened&by=categry", 404, "unknown_name", "Did you mean `category`?"),
        ("/v1/values?dataset=complaints&dimension=categry", 404, "unknown_name", "Did you mean `category`?"),
    ],
)
def test_what_is_wrong_is_said_in_one_form(api: Api, path: str, status: int, code: str, words: str) -> None:
    answer = api.http.get(f"/api{path}", headers=api.bearer("read"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"metrics": ["complaint_opened"]}, "Did you mean `complaints_opened`?"),
        ({"metrics": []}, "metrics"),
        ({"metrics": ["complaints_opened"], "gran": "day"}, "Did you mean `grain`?"),
        ({"metrics": ["complaints_opened"], "range": {"last": "soon"}}, "range.last"),
        ([], "found list; expected a JSON object, sent with Content-Type: application/json"),
    ],
)
def test_a_wrong_question_is_422(api: Api, body: object, words: str) -> None:
    answer = api.http.post("/api/v1/query", headers=api.bearer("read"), json=body)
    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


def test_conditions_nested_without_end_are_422(api: Api) -> None:
    answer = api.get("/rows", "rows", dataset=DATASET, where="[" * 5000)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "where")


def test_a_question_that_is_no_json_says_where(api: Api) -> None:
    headers = api.bearer("read") | {"Content-Type": "application/json"}
    error = api.http.post("/api/v1/query", headers=headers, content=b"{bad").json()["error"]
    assert error["field"] == "body" and error["message"].startswith("body: no JSON: ")


def test_a_database_that_is_down_is_503_and_tells_no_address(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise DatabaseDown("connection to 10.1.2.3 as postgres failed")

    headers = api.bearer("read")
    monkeypatch.setattr(metrics, "freshness", down)
    answer = api.http.get("/api/v1/datasets", headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["error"] == {
        "code": "database_down", "message": "The database does not answer.", "retry_after_s": 5
    }  # fmt: skip


def test_an_unexpected_error_shows_nothing_of_the_inside(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret of the inside")

    headers = api.bearer("read")
    monkeypatch.setattr(metrics, "freshness", broken)
    answer = api.http.get("/api/v1/datasets", headers=headers)
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_an_expired_token_is_a_strangers(api: Api) -> None:
    past = datetime.now(UTC) - timedelta(days=3)
    token = people.create_service_token(api.workspace.slug, ["read"], 1, "old", past)
    assert api.http.get("/api/v1/packs", headers={"Authorization": f"Bearer {token}"}).status_code == 401
