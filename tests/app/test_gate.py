"""Does the gate let strangers see anything but the sign-in pages, and let people in and out as it should?

The dashboard behind it is a stand-in that says who it was run for; tests/e2e opens the real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from psycopg_pool import ConnectionPool
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from data import database as data_database
from data.types import Workspace
from services import people
from services.shipped import folder
from services.web import failures, health, sign_in
from services.web.assets import Assets
from services.web.cookies import SESSION_COOKIE
from services.web.gate import VIEWER, Gate
from services.web.policy import SecurityHeaders
from tests.browsing import TestClient
from tests.db.conftest import quick_passwords
from tests.support import settings_of

__all__ = ["quick_passwords"]
PASSWORD = "correct horse battery"
HERE = "http://testserver"
FOREIGN = {"origin": "http://evil"}


async def dashboard(request: Request) -> PlainTextResponse:
    if request.url.path == "/broken":
        raise ZeroDivisionError
    return PlainTextResponse(request.scope[VIEWER].account)


async def live(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.scope[VIEWER].account)
    await socket.close()


def stand_in() -> Starlette:
    anything = Route("/{path:path}", dashboard, methods=["GET", "POST", "PUT", "DELETE"])
    return Starlette(
        routes=[*health.ROUTES, *sign_in.ROUTES, WebSocketRoute("/_stcore/stream", live), anything],
        middleware=[Middleware(SecurityHeaders), Middleware(Gate), Middleware(Assets)],
        exception_handlers=failures.HANDLERS,
    )


@pytest.fixture
def browser(database: str) -> Iterator[TestClient]:
    """A browser that has not signed in, at a network address of its own."""
    address = (f"10.0.{uuid4().int % 250}.{uuid4().int % 250}", 1)
    options = {"raise_server_exceptions": False, "follow_redirects": False}
    with TestClient(stand_in(), HERE, client=address, **options) as client:
        client.headers["origin"] = HERE
        yield client


@pytest.fixture
def name(workspace: Workspace) -> str:
    name = f"ana-{uuid4().hex[:8]}"
    people.add_user(name, "viewer", workspace.slug, PASSWORD, datetime.now(UTC))
    return name


def enter(browser: TestClient, name: str, password: str = PASSWORD, **fields: str) -> Any:
    return browser.post("/login", data={"name": name, "password": password, **fields})


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/", "/login"),
        ("/live", "/login?next=%2Flive"),
        ("/live?compare=year&f.category=Noise", "/login?next=%2Flive%3Fcompare%3Dyear%26f.category%3DNoise"),
        ("/no/such/page", "/login?next=%2Fno%2Fsuch%2Fpage"),
    ],
)
def test_a_strangers_page_leads_to_sign_in_and_back(browser: TestClient, path: str, leads_to: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)


@pytest.mark.parametrize(
    "path",
    ["/api/v1/metrics", "/api/docs", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/media/x.png",
     "/_stcore/agent/openapi.json", "/component/x/index.html", "/static/js/index.js", "/app/static/x.json", "/metrics"],
)  # fmt: skip
def test_a_strangers_call_is_refused_with_a_reason(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 401 and answer.json()["error"]["code"] == "not_signed_in"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/live", "/_stcore/upload_file/x/y", "/api/v1/ingest/x"])
def test_a_stranger_cannot_send_anything(browser: TestClient, method: str, path: str) -> None:
    assert browser.request(method, path).status_code == 401


def test_a_stranger_gets_no_websocket(browser: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect) as refused, browser.websocket_connect("/_stcore/stream"):
        pass
    assert refused.value.code == 1008


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/login", "/login/link"])
def test_health_and_sign_in_are_open(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code in (200, 410)


@pytest.mark.parametrize("cookie", ["", "x", "x" * 5000, "é", '"'])
def test_a_made_up_cookie_opens_nothing(browser: TestClient, cookie: str) -> None:
    headers = {b"cookie": f"{SESSION_COOKIE}={cookie}".encode("latin-1")}
    assert browser.get("/live", headers=headers).status_code == 303


def test_sign_in_sets_a_cookie_that_scripts_and_other_sites_cannot_use(browser: TestClient, name: str) -> None:
    answer = enter(browser, name, next="/live?compare=year")
    assert (answer.status_code, answer.headers["location"]) == (303, "/live?compare=year")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie and "max-age=43200" in cookie
    assert "secure" not in cookie
    assert browser.get("/live").text == name
    assert browser.get("/login", follow_redirects=False).headers["location"] == "/"


def test_with_https_the_cookie_is_secure(browser: TestClient, name: str) -> None:
    with settings_of(BELVEDERE_HTTPS="1"):
        answer = enter(browser, name)
    assert "secure" in answer.headers["set-cookie"].lower()


def test_sign_in_leads_nowhere_else(browser: TestClient, name: str) -> None:
    assert enter(browser, name, next="//evil").headers["location"] == "/"


def test_a_refused_sign_in_says_so_and_keeps_name_and_destination(browser: TestClient, name: str) -> None:
    answer = enter(browser, name, "wrong", next="/live")
    assert answer.status_code == 401
    assert "is not right" in answer.text and f'value="{name}"' in answer.text and 'value="/live"' in answer.text
    assert "wrong" not in answer.text and "set-cookie" not in answer.headers


@pytest.mark.parametrize("typed", ["", "\x00", "a\x00b", "' OR 1=1 --", "\ud800", "x" * 5000, "<script>"])
def test_whatever_is_typed_as_a_name_is_no_account(browser: TestClient, typed: str) -> None:
    content = urlencode({"name": typed, "password": PASSWORD}, errors="surrogatepass")
    assert browser.post("/login", content=content).status_code == 401


def test_too_many_attempts_get_a_page_that_tells_the_wait(browser: TestClient, name: str) -> None:
    for _ in range(5):
        enter(browser, name, "wrong")
    answer = enter(browser, name)
    assert answer.status_code == 429 and 800 < int(answer.headers["retry-after"]) <= 900
    assert "Try again in 15 minutes" in answer.text


@pytest.mark.parametrize("headers", [FOREIGN, {"origin": "null"}, {"origin": ""}, {"origin": "http://testserver:81"}])
def test_forms_of_other_sites_are_refused(browser: TestClient, name: str, headers: dict[str, str]) -> None:
    answer = browser.post("/login", data={"name": name, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403 and "set-cookie" not in answer.headers
    assert browser.post("/logout", headers=headers).status_code == 403
    assert browser.post("/login/link", headers=headers).status_code == 403


@pytest.mark.parametrize("body", [b"x" * 20_000, b"\xff\xfe", b"&".join(b"a=1" for _ in range(100))])
def test_a_body_that_is_no_sign_in_form_is_refused(browser: TestClient, body: bytes) -> None:
    assert browser.post("/login", content=body).status_code == 403


def test_a_session_cannot_be_used_from_another_site(browser: TestClient, name: str) -> None:
    enter(browser, name)
    assert browser.post("/api/v1/query", headers=FOREIGN).status_code == 403
    assert browser.put("/_stcore/upload_file/x/y", headers=FOREIGN).status_code == 403
    assert browser.post("/api/v1/query").text == name
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/_stcore/stream", headers=FOREIGN):
        pass
    with browser.websocket_connect("/_stcore/stream") as socket:
        assert socket.receive_text() == name


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("analyst", 403), ("manager", 200), ("operator", 200)])
def test_only_those_who_are_asked_for_files_can_fill_the_memory_with_them(
    browser: TestClient, name: str, workspace: Workspace, role: str, status: int
) -> None:
    people.add_member(workspace.slug, name, role, datetime.now(UTC))
    enter(browser, name)
    assert browser.put("/_stcore/upload_file/session/file", content=b"x").status_code == status


def test_a_new_sign_in_ends_the_session_before(browser: TestClient, name: str) -> None:
    enter(browser, name)
    before = browser.cookies[SESSION_COOKIE]
    enter(browser, name)
    assert browser.cookies[SESSION_COOKIE] != before
    assert people.scope_of_session(before, datetime.now(UTC)) is None


def test_a_link_of_our_own_signs_out_at_once_and_one_from_elsewhere_asks(browser: TestClient, name: str) -> None:
    enter(browser, name)
    asked = browser.get("/logout", headers={"sec-fetch-site": "cross-site"})
    assert asked.status_code == 200 and 'method="post" action="/logout"' in asked.text
    assert browser.get("/live").text == name
    gone = browser.get("/logout", headers={"sec-fetch-site": "same-origin"})
    assert gone.headers["location"] == "/login" and "max-age=0" in gone.headers["set-cookie"].lower()
    assert browser.get("/live").status_code == 303


def test_the_sign_out_button_signs_out(browser: TestClient, name: str) -> None:
    enter(browser, name)
    assert browser.post("/logout").status_code == 303
    assert browser.get("/live").status_code == 303


def test_a_one_time_link_sets_the_password_and_signs_in(browser: TestClient, name: str) -> None:
    path = people.sign_in_link(name, datetime.now(UTC))
    token = path.partition("=")[2]
    assert "Set your password" in browser.get(path).text
    assert browser.get("/live").status_code == 303, "looking signs nobody in"
    differ = browser.post("/login/link", data={"token": token, "password": "a long password", "again": "another one"})
    assert differ.status_code == 422 and "differ" in differ.text
    short = browser.post("/login/link", data={"token": token, "password": "short", "again": "short"})
    assert short.status_code == 422 and "At least 12" in short.text
    fields = {"token": token, "password": "a long password", "again": "a long password"}
    assert browser.post("/login/link", data=fields).headers["location"] == "/"
    assert browser.get("/live").text == name
    assert browser.get(path).status_code == 410 and browser.post("/login/link", data=fields).status_code == 410


def test_every_answer_carries_the_headers(browser: TestClient, name: str) -> None:
    enter(browser, name)
    for path in ("/live", "/login/link", "/healthz", "/broken", "/metrics", "/api/v1/x"):
        headers = browser.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin" and headers["cache-control"] == "no-store", path
        assert "frame-ancestors" in headers["content-security-policy"], path


def test_a_failure_shows_a_reference_and_nothing_of_its_cause(browser: TestClient, name: str) -> None:
    enter(browser, name)
    answer = browser.get("/broken")
    assert answer.status_code == 500 and "reference" in answer.text
    assert "ZeroDivision" not in answer.text and "Traceback" not in answer.text


def test_an_unknown_host_is_not_answered(browser: TestClient) -> None:
    with settings_of(BELVEDERE_HOSTS="ours.org"):
        assert browser.get("/login").status_code == 421
        assert browser.get("/login", headers={"host": "ours.org"}).status_code == 200


def test_metrics_answer_a_token(browser: TestClient, workspace: Workspace) -> None:
    token = people.create_service_token(workspace.slug, ["read"], 1, "prometheus", datetime.now(UTC))
    answer = browser.get("/metrics", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200 and "belvedere_sessions" in answer.text
    assert browser.get("/metrics", headers={"authorization": "Bearer bv_x"}).status_code == 401
    assert browser.get("/live", headers={"authorization": f"Bearer {token}"}).status_code == 303


def test_a_token_makes_no_cookie_known_that_came_with_it(browser: TestClient, workspace: Workspace) -> None:
    token = people.create_service_token(workspace.slug, ["read"], 1, "prometheus", datetime.now(UTC))
    cookie = {"cookie": f"{SESSION_COOKIE}=made-up"}
    assert browser.get("/metrics", headers={"authorization": f"Bearer {token}"} | cookie).status_code == 200
    assert browser.get("/static/js/index.js", headers=cookie).status_code == 401


class HastyPool(ConnectionPool):
    """Does not wait ten seconds for a server that nobody starts."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options | {"timeout": 0.5})


def test_while_the_database_is_down_pages_wait_and_calls_are_told(
    browser: TestClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(browser, name)
    data_database.close_pool()
    with settings_of(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"), monkeypatch.context() as patch:
        patch.setattr(data_database, "ConnectionPool", HastyPool)
        page, call = browser.get("/live"), browser.get("/api/v1/metrics")
        assert page.status_code == 503 and page.headers["refresh"] == "5"
        assert call.status_code == 503 and call.json()["error"]["code"] == "database_down"
        assert browser.get("/healthz").status_code == 200 and browser.get("/readyz").status_code == 503
        data_database.close_pool()
    assert browser.get("/live").text == name


def test_files_of_the_dashboard_come_packed_and_are_asked_for_once(browser: TestClient, name: str) -> None:
    file = next((folder() / "static" / "js").glob("index.*.js"))
    address = f"/static/js/{file.name}"
    assert browser.get(address).status_code == 401
    enter(browser, name)
    assert browser.get("/static/js/no-such-file.js").text == name, "it is left to whoever answers for the rest"
    found = browser.get(address)
    assert found.content == file.read_bytes() and found.headers["content-encoding"] == "gzip"
    assert found.headers["cache-control"] == "public, immutable, max-age=31536000"
    plain = browser.get(address, headers={"accept-encoding": "identity"})
    assert plain.content == found.content and "content-encoding" not in plain.headers
    assert browser.get(address, headers={"if-none-match": found.headers["etag"]}).status_code == 304


def test_files_are_kept_from_whoever_signed_out(browser: TestClient, name: str) -> None:
    address = f"/static/js/{next((folder() / 'static' / 'js').glob('index.*.js')).name}"
    enter(browser, name)
    assert browser.get(address).status_code == 200
    browser.cookies.clear()
    assert browser.get(address).status_code == 401
