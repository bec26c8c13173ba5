"""Does the Live page refresh, filter, lead to rows and survive links in a real browser?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect, sync_playwright

from data.types import Scope
from services import people
from services.ingest import ingest_rows
from tests.e2e.test_browser import Server, running
from tests.support import fresh_database

pytestmark = pytest.mark.e2e
PASSWORD = "correct horse battery"
WAIT_MS = 30_000


@dataclass
class Desk:
    """A workspace of its own with somebody signed in to it."""

    server: Server
    scope: Scope
    page: Page

    def open(self, address: str = "") -> Page:
        self.page.goto(f"{self.server.url}/live{address}")
        return self.page

    def add(self, count: int, category: str = "Noise", minutes_ago: int = 1) -> None:
        """Complaints that were opened just now."""
        now = datetime.now(UTC)
        rows = [
            {"complaint_id": uuid4().hex, "opened_at": (now - timedelta(minutes=minutes_ago, seconds=n)).isoformat(),
             "category": category, "district": "North"}
            for n in range(count)
        ]  # fmt: skip
        ingest_rows(self.scope, "grievance.complaints", rows, None, now)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with fresh_database(), running("manage.py", "web") as server:
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def sign_in(server: Server, page: Page, name: str) -> None:
    page.goto(f"{server.url}/login")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/(start|live)?$"))


@pytest.fixture
def desk(server: Server, chromium: Browser) -> Iterator[Desk]:
    slug, name = f"w-{uuid4().hex[:8]}", f"ana-{uuid4().hex[:8]}"
    people.create_workspace(slug, "Test town", "municipality", "America/New_York", None)
    people.add_user(name, "administrator", slug, PASSWORD, datetime.now(UTC))
    context = chromium.new_context(viewport={"width": 1440, "height": 1200})
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    sign_in(server, page, name)
    yield Desk(server, people.command_scope(slug), page)
    context.close()


def tile(page: Page, title: str, value: str) -> None:
    """The tile of that title comes to show the value."""
    found = page.locator('[data-testid="stMetric"]').filter(has_text=title).first
    expect(found.locator('[data-testid="stMetricValue"]')).to_have_text(value, timeout=WAIT_MS)


def test_the_empty_page_fills_by_itself_when_rows_arrive(desk: Desk) -> None:
    page = desk.open()
    expect(page.get_by_role("heading", name="No data in this workspace yet")).to_be_visible(timeout=WAIT_MS)
    desk.add(3)
    tile(page, "Complaints opened", "3")


def test_new_rows_change_the_numbers_without_drawing_anything_anew(desk: Desk) -> None:
    desk.add(3)
    page = desk.open("?range=24h&every=1s")
    tile(page, "Complaints opened", "3")
    page.wait_for_timeout(1500)
    drawn = "[data-testid=stMetric], [data-testid=stVegaLiteChart] svg.marks"
    page.evaluate(f"window.kept = [...document.querySelectorAll('{drawn}')].map(n => [n, n.textContent.slice(0, 40)])")
    desk.add(2)
    tile(page, "Complaints opened", "5")
    gone = "window.kept.filter(([node]) => !document.contains(node)).map(([_, text]) => text)"
    assert page.evaluate("window.kept.length") > 5 and page.evaluate(gone) == []


def test_a_turn_without_news_sends_next_to_nothing(desk: Desk) -> None:
    desk.add(3)
    page = desk.page
    sizes: list[int] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: sizes.append(len(frame)))

    page.on("websocket", listen)
    desk.open("?range=24h&every=1s")
    tile(page, "Complaints opened", "3")
    page.wait_for_timeout(2500)
    sizes.clear()
    page.wait_for_timeout(4200)
    assert 8 <= len(sizes) <= 60, "about six messages at every turn, and once a minute all of them"
    page.get_by_text("Live, refreshed").wait_for()


def test_a_paused_page_stays_as_it_is(desk: Desk) -> None:
    desk.add(3)
    page = desk.open("?range=24h&every=1s&live=false")
    tile(page, "Complaints opened", "3")
    page.get_by_text("Paused, last refreshed").wait_for()
    desk.add(2)
    page.wait_for_timeout(3000)
    tile(page, "Complaints opened", "3")


def test_a_click_on_a_bar_filters_and_the_chip_takes_it_back(desk: Desk) -> None:
    desk.add(6, "Noise")
    desk.add(2, "Water")
    page = desk.open("?range=24h&every=5m")
    tile(page, "Complaints opened", "8")
    page.locator('[data-testid="stVegaLiteChart"] svg').nth(1).click(position={"x": 30, "y": 40})
    page.wait_for_url(re.compile(r"f\.category=Noise"))
    tile(page, "Complaints opened", "6")
    page.get_by_role("button", name="Category is Noise").click()
    page.wait_for_url(lambda url: "f.category" not in url)
    tile(page, "Complaints opened", "8")


def test_the_name_of_a_tile_opens_its_rows_and_they_can_be_taken_along(desk: Desk) -> None:
    desk.add(4)
    page = desk.open("?range=24h&every=1s")
    tile(page, "Complaints opened", "4")
    page.get_by_role("button", name="Complaints opened").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("4\u00a0rows. Complaints, opened")).to_be_visible(timeout=WAIT_MS)
    page.wait_for_url(re.compile("rows=complaints_opened"))
    address = drawer.get_by_role("link", name="Download all").get_attribute("href")
    answer = page.request.get(f"{desk.server.url}{address}")
    assert answer.ok and len(answer.text().strip().splitlines()) == 5
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "rows=" not in url)


def test_a_link_opens_the_same_view_and_a_change_of_page_keeps_it(desk: Desk) -> None:
    desk.add(4)
    page = desk.open("?range=24h&metric=complaints_closed&family=experience&compare=none&f.category=Noise&every=5m")
    expect(page.get_by_text("Complaints closed by hour")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("link", name="Data").click()
    page.get_by_role("heading", name="Data", exact=True).wait_for()
    page.get_by_role("link", name="Live").click()
    kept = ("/live", "range=24h", "metric=complaints_closed", "family=experience", "compare=none", "f.category")
    page.wait_for_url(lambda url: all(part in url for part in kept))
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_text("Complaints closed by hour")).to_be_visible(timeout=WAIT_MS)
    expect(other.get_by_role("button", name="Category is Noise")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_is_cut_off_or_refused_at_any_width(desk: Desk, scheme: str, width: int) -> None:
    desk.add(4)
    page = desk.page
    said: list[str] = []
    outside: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    ours = (desk.server.url, "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(ours) else outside.append(request.url))
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two literals
    desk.open("?range=24h&every=5m")
    tile(page, "Complaints opened", "4")
    page.wait_for_timeout(1500)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth")
    assert outside == [] and [text for text in said if "Security Policy" in text] == []


def test_a_page_that_loses_its_server_says_so(chromium: Browser) -> None:
    with fresh_database(), running("manage.py", "web") as server:
        people.create_workspace("town", "Town", "municipality", "UTC", None)
        people.add_user("bo", "administrator", "town", PASSWORD, datetime.now(UTC))
        page = chromium.new_page()
        page.set_default_timeout(WAIT_MS)
        sign_in(server, page, "bo")
        Desk(server, people.command_scope("town"), page).add(2)
        page.goto(f"{server.url}/live?every=1s")
        page.get_by_text("Live, refreshed").wait_for()
        server.process.terminate()
        lost = page.get_by_text("Not connected: no refresh since")
        page.wait_for_function(
            "node => parseFloat(getComputedStyle(node).fontSize) > 10", arg=lost.element_handle(), timeout=WAIT_MS
        )
        page.close()
