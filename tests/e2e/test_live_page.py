"""Does the Live page refresh, filter, lead to rows and survive links in a real browser?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from data.types import Scope
from services import people
from services.ingest import ingest_rows
from services.web.cookies import SESSION_COOKIE
from tests.e2e.test_browser import Server, running
from tests.running import PATIENCE_S
from tests.support import fresh_database

pytestmark = pytest.mark.e2e
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


@dataclass
class Wire:
    """What the server sends to a page: for each run of its script, how many messages of each kind."""

    page: Page
    runs: list[Counter[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._hear))

    def _hear(self, frame: bytes | str) -> None:
        message = ForwardMsg.FromString(frame if isinstance(frame, bytes) else frame.encode())
        kind = message.WhichOneof("type") or ""
        if kind == "delta":
            kind = message.delta.WhichOneof("type") or ""
        if kind == "new_element":
            kind = message.delta.new_element.WhichOneof("type") or ""
        if kind == "new_session":
            self.runs.append(Counter())
        elif self.runs:
            self.runs[-1][kind] += 1

    def wait_for_runs(self, count: int) -> list[Counter[str]]:
        """The next runs, in order; those that are over when it is called do not count."""
        before = len(self.runs) + 1  # the first may have begun already
        for _ in range(2 * WAIT_MS // 100):
            if len(self.runs) > before + count:
                break
            self.page.wait_for_timeout(100)
        found = self.runs[before : before + count]
        assert len(found) == count, f"{len(found)} runs instead of {count}"
        return found


def wait_until_still(page: Page) -> None:
    """Until charts are drawn and nothing has been added to the page for a while."""
    page.locator("[data-testid=stVegaLiteChart] svg.marks").first.wait_for()
    still = """() => {
        const now = document.querySelectorAll('*').length
        if (window.seen !== now) { window.seen = now; window.since = performance.now() }
        return performance.now() - window.since > 700
    }"""
    page.wait_for_function(still, polling=100)


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


@pytest.fixture
def desk(server: Server, chromium: Browser) -> Iterator[Desk]:
    slug, name = f"w-{uuid4().hex[:8]}", f"ana-{uuid4().hex[:8]}"
    people.create_workspace(slug, "Test town", "municipality", "America/New_York", None)
    now = datetime.now(UTC)
    secret = people.open_session(people.add_user(name, "administrator", slug, "", now).id, "127.0.0.1", now)
    context = chromium.new_context(viewport={"width": 1440, "height": 1200})
    context.set_default_timeout(WAIT_MS)
    context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": server.url}])
    yield Desk(server, people.command_scope(slug), context.new_page())
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
    wait_until_still(page)
    drawn = "[data-testid=stMetric], [data-testid=stVegaLiteChart] svg.marks"
    page.evaluate(f"window.kept = [...document.querySelectorAll('{drawn}')].map(n => [n, n.textContent.slice(0, 40)])")
    desk.add(2)
    tile(page, "Complaints opened", "5")
    gone = "window.kept.filter(([node]) => !document.contains(node)).map(([_, text]) => text)"
    assert page.evaluate("window.kept.length") > 5 and page.evaluate(gone) == []


def test_a_turn_without_news_sends_next_to_nothing(desk: Desk) -> None:
    desk.add(3)
    wire = Wire(desk.page)
    page = desk.open("?range=24h&every=1s")
    tile(page, "Complaints opened", "3")
    wait_until_still(page)
    # One turn a minute brings the new minute, and the first may still wait for who is online.
    quiet = [run for run in wire.wait_for_runs(5) if not run["metric"] and not run["vega_lite_chart"]]
    assert len(quiet) >= 3 and all(sum(run.values()) < 10 for run in quiet), wire.runs
    page.get_by_text("Live, refreshed").wait_for()


def test_everybody_is_sent_what_changed_and_can_use_it(desk: Desk) -> None:
    desk.add(3)
    pages = [desk.page, desk.page.context.new_page()]
    wires = [Wire(page) for page in pages]
    for page in pages:
        page.goto(f"{desk.server.url}/live?range=24h&every=1s")
        tile(page, "Complaints opened", "3")
    for page, wire in zip(pages, wires, strict=True):
        wait_until_still(page)
        wire.wait_for_runs(1)
        wire.runs.clear()
    desk.add(2)
    for page, wire in zip(pages, wires, strict=True):
        tile(page, "Complaints opened", "5")
        news = [run for run in wire.runs if run["metric"]]
        assert news and all(run["add_block"] <= 1 for run in news), "the layout is there; only what changed is sent"
    for page in pages:
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").nth(1).click()
        assert "Category,Noise,5,5" in download.value.path().read_text()
        page.get_by_role("button", name="Complaints opened").first.click()
        expect(page.get_by_role("dialog").get_by_text("5\u00a0rows. ")).to_be_visible(timeout=WAIT_MS)
        page.keyboard.press("Escape")


def test_a_page_whose_session_has_ended_says_so_and_stops_asking(desk: Desk) -> None:
    desk.add(3)
    wire = Wire(desk.page)
    page = desk.open("?range=24h&every=1s")
    tile(page, "Complaints opened", "3")
    secret = next(c["value"] for c in page.context.cookies() if c["name"] == SESSION_COOKIE)
    people.sign_out(secret, datetime.now(UTC))
    page.get_by_role("heading", name="You are signed out").wait_for()
    assert page.get_by_role("link", name="Sign in again").get_attribute("href") == "/login"
    expect(page.locator("[data-testid=stMetric]")).to_have_count(0)
    before = len(wire.runs)
    page.wait_for_timeout(2500)
    assert len(wire.runs) == before


def test_a_paused_page_stays_as_it_is(desk: Desk) -> None:
    desk.add(3)
    wire = Wire(desk.page)
    page = desk.open("?range=24h&every=1s&live=false")
    tile(page, "Complaints opened", "3")
    page.get_by_text("Paused, last refreshed").wait_for()
    assert not any(run["auto_rerun"] for run in wire.runs)
    desk.add(2)
    page.wait_for_timeout(1500)
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
    wait_until_still(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth")
    assert outside == [] and [text for text in said if "Security Policy" in text] == []


def test_a_page_that_loses_its_server_says_so_and_no_open_event_stream_keeps_that_from_stopping(desk: Desk) -> None:
    """The last one here: it stops the server."""
    desk.add(2)
    page = desk.open("?every=1s")
    page.get_by_text("Live, refreshed").wait_for()
    token = people.create_service_token(desk.scope.workspace.slug, ["read"], 1, "stream", datetime.now(UTC))
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.stream("GET", f"{desk.server.url}/api/v1/stream", headers=headers, timeout=PATIENCE_S) as stream:
        assert stream.status_code == 200
        desk.server.process.terminate()
        desk.server.process.wait(PATIENCE_S)
    # Looked for anew each time: a last refresh may still replace it.
    is_shown = "node => node && parseFloat(getComputedStyle(node).fontSize) > 10"
    page.wait_for_function(f"() => ({is_shown})(document.querySelector('.bv-lost'))", timeout=2 * WAIT_MS)
    expect(page.get_by_text("Not connected: no refresh since")).to_be_visible()
