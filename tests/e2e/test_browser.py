"""Does a person in a real browser get in, move about and get out, and does a stranger get nothing?"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from components.navigation import SCREENS
from data.settings import ROOT
from services import people
from services.api.application import create_api, routes
from services.web.cookies import SESSION_COOKIE
from tests.running import PATIENCE_S, READY_S, eventually, free_port, unmeasured
from tests.support import fresh_database

pytestmark = pytest.mark.e2e
PASSWORD = "correct horse battery"
WAIT_MS = 60_000


@dataclass
class Server:
    """A web server of its own on a new database, without supervisor and worker."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def link(self) -> str:
        """A new one-time link of the first administrator."""
        path = people.first_sign_in_link(datetime.now(UTC)) or people.sign_in_link("admin", datetime.now(UTC))
        return self.url + path


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def running(*command: str, measured: bool = False) -> Iterator[Server]:
    """A server started by a command of Python; {port} stands for its port. Coverage counts in it only when asked to."""
    port = free_port()
    log = Path(tempfile.mkstemp(prefix="belvedere-web-")[1])
    words = [word.replace("{port}", str(port)) for word in command]
    environment = (dict(os.environ) if measured else unmeasured(os.environ)) | {"BELVEDERE_PORT": str(port)}
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, *words], cwd=ROOT, stdout=out, stderr=out, env=environment)
    try:
        server = Server(f"http://127.0.0.1:{port}", process, log)
        assert eventually(lambda: is_up(server.url), READY_S), log.read_text()
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with fresh_database(), running("manage.py", "web", measured=True) as server:
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def window(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


@pytest.fixture
def page(window: BrowserContext, server: Server) -> Page:
    """A page of the administrator, who has just signed in and has not opened the dashboard in it."""
    first = window.new_page()
    first.goto(server.link())
    first.get_by_label("New password").fill(PASSWORD)
    first.get_by_label("The same again").fill(PASSWORD)
    first.route(f"{server.url}/", lambda route: route.fulfill(body="held back"))
    first.get_by_role("button", name="Set password and sign in").click()
    first.wait_for_url(f"{server.url}/")
    return window.new_page()


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", name=text, exact=True)).to_be_visible(timeout=WAIT_MS)


def test_on_a_fresh_server_a_stranger_is_led_to_sign_in_from_every_page(server: Server) -> None:
    for screen in SCREENS:
        answer = httpx.get(f"{server.url}/{screen.slug}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next=%2F{screen.slug}")
    for cookie in ("", f"{SESSION_COOKIE}=made-up"):
        with pytest.raises(InvalidStatus) as refused:
            connect(
                server.url.replace("http", "ws") + "/_stcore/stream", origin=server.url,  # type: ignore[arg-type]  # a NewType of str
                additional_headers={"Cookie": cookie},
            )  # fmt: skip
        assert refused.value.response.status_code == 403


def test_a_stranger_gets_401_from_every_route_of_the_api_and_of_streamlit(server: Server) -> None:
    calls = [(method, f"/api{path}") for method, path in routes(create_api())]
    calls += [("GET", f"/_stcore/{name}") for name in ("health", "host-config", "metrics", "agent/openapi.json")]
    calls += [("POST", "/_stcore/agent/interact"), ("PUT", "/_stcore/upload_file/x/y"), ("GET", "/metrics")]
    assert len(calls) > 20
    for method, path in calls:
        assert httpx.request(method, server.url + path).status_code == 401, (method, path)


def test_on_a_fresh_server_a_deep_link_opens_its_page_and_nothing_else(server: Server, page: Page) -> None:
    outside: list[str] = []
    said: list[str] = []
    ours = (server.url, "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(ours) else outside.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{server.url}/people")
    heading(page, "People")
    page.wait_for_timeout(1000)
    assert page.get_by_text("Page not found").count() == 0
    assert page.url == f"{server.url}/people"
    assert outside == []
    assert [text for text in said if "Content Security Policy" in text] == []


def test_the_start_page_leads_to_the_first_page_and_keeps_what_the_address_says(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/?compare=year")
    page.wait_for_url(f"{server.url}/{SCREENS[0].slug}?compare=year*")


def test_a_session_that_is_ended_elsewhere_reaches_an_open_page(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/account")
    heading(page, "Your account")
    secret = next(c["value"] for c in page.context.cookies() if c["name"] == SESSION_COOKIE)
    people.sign_out(secret, datetime.now(UTC))
    page.get_by_role("button", name="Change password").click()
    heading(page, "You are signed out")
    page.get_by_role("link", name="Sign in again").click()
    page.wait_for_url(f"{server.url}/login")


def test_signing_out_and_in_again_with_the_password(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/account")
    heading(page, "Your account")
    page.get_by_role("link", name="Sign out").click()
    page.wait_for_url(f"{server.url}/login")
    page.goto(f"{server.url}/people")
    assert page.url == f"{server.url}/login?next=%2Fpeople"
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is not right.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    heading(page, "People")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/login", "/login/link?token=x"])
def test_the_sign_in_pages_fit_a_phone(chromium: Browser, server: Server, scheme: str, path: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]  # of two literals
    page = context.new_page()
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text) if "Security Policy" in message.text else None)
    page.goto(server.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == "24px", "the style was applied"
    assert broken == []
    context.close()


def test_streamlit_run_starts_the_same_application() -> None:
    with fresh_database(), running("-m", "streamlit", "run", "app.py", "--server.port", "{port}") as server:
        assert httpx.get(f"{server.url}/live").headers["location"] == "/login?next=%2Flive"
        assert httpx.get(f"{server.url}/readyz").json()["status"] == "ready"
        assert "manage.py sign-in-link" in httpx.get(f"{server.url}/login").text
