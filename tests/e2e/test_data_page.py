"""Does a file become numbers on the Live page, and a drawing on the map what numbers are of, in a real browser?"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from services import people
from services.ingest import ingest_rows
from services.jobs import imports
from services.jobs.turns import Turn
from services.maps import leaflet
from services.web.cookies import SESSION_COOKIE
from tests.e2e.test_browser import Server, running
from tests.e2e.test_live_page import WAIT_MS, chromium, tile
from tests.support import fresh_database

__all__ = ["chromium"]
pytestmark = pytest.mark.e2e
LINES = ["case_number,opened,closed,type,area"]
LINES += [f"{n},2014-05-{n:02} 10:00,2014-05-{n:02} 15:00,{'Noise' if n % 2 else 'Water'},North" for n in range(1, 29)]
LINES += ["29,no date at all,,Noise,North"]
FRAME = 'iframe[title="streamlit_folium.st_folium"]'
WEST, EAST = 40, 20


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with fresh_database(), running("manage.py", "web") as server:
        yield server


@pytest.fixture
def town(server: Server) -> str:
    return people.create_workspace(f"town-{uuid4().hex[:8]}", "Town", "municipality", "America/New_York", None).slug


@pytest.fixture
def page(server: Server, chromium: Browser, town: str) -> Iterator[Page]:
    now = datetime.now(UTC)
    bo = people.add_user(f"bo-{town}", "operator", town, "", now)
    secret = people.open_session(bo.id, "127.0.0.1", now)
    context = chromium.new_context(viewport={"width": 1440, "height": 1200})
    context.set_default_timeout(WAIT_MS)
    context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": server.url}])
    yield context.new_page()
    context.close()


def test_from_a_file_to_the_numbers(server: Server, page: Page, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text("\n".join(LINES))
    page.goto(f"{server.url}/live")
    page.get_by_role("button", name="Import a file").click()
    page.set_input_files("input[type=file]", file)
    expect(page.get_by_role("heading", name="4. Check and import")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("strong").filter(has_text="cases.csv")).to_be_visible()
    page.get_by_role("button", name="Import this file").click()
    expect(page.get_by_text("Waiting for the worker")).to_be_visible(timeout=WAIT_MS)
    address = page.url
    page.get_by_role("link", name="Your account").click()
    assert imports.import_uploads(Turn(datetime.now(UTC), lambda: False)) == "1 file"
    page.goto(address)
    tile(page, "Inserted", "28")
    tile(page, "Rejected", "1")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Download 1\u00a0rejected row").click()
    assert "no date at all" in Path(downloading.value.path()).read_text()
    page.get_by_role("button", name="See it on Live").click()
    tile(page, "Complaints opened", "28")
    assert "from=2014-04-29" in page.url and "to=2014-05-28" in page.url
    page.get_by_role("link", name="Data").click()
    expect(page.get_by_text("28\u00a0rows")).to_be_visible(timeout=WAIT_MS)


def add_places(town: str) -> None:
    """Forty complaints in the west of a town and twenty in its east."""
    now = datetime.now(UTC)
    spots = [(42.60 + n / 400, -73.90 + n % 5 / 400) for n in range(WEST)]
    spots += [(42.60 + n / 200, -73.75 + n % 5 / 400) for n in range(EAST)]
    rows = [
        {"complaint_id": uuid4().hex, "opened_at": (now - timedelta(hours=n + 1)).isoformat(), "category": "Noise",
         "district": "West" if n < WEST else "East", "lat": lat, "lon": lon}
        for n, (lat, lon) in enumerate(spots)
    ]  # fmt: skip
    ingest_rows(people.command_scope(town), "grievance.complaints", rows, None, now)


def offered_for_first_column(page: Page) -> list[str]:
    """What the menu of the first column of the list offers; its button is at the end of the head that lights up."""
    box = page.get_by_role("dialog").get_by_test_id("stDataFrame").bounding_box()
    assert box is not None
    strip = {"x": box["x"], "y": box["y"] + 2, "width": box["width"], "height": 26}

    def pixels() -> Any:
        return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=strip))).convert("RGB"))

    page.mouse.move(box["x"] + 30, box["y"] - 40)
    page.wait_for_timeout(500)
    quiet = pixels()
    page.mouse.move(box["x"] + 30, box["y"] + 15)
    page.wait_for_timeout(500)
    is_same = (pixels() == quiet).all(axis=(0, 2))
    end = 30 + int(np.argmax(is_same[30:]))
    page.mouse.click(box["x"] + end - 16, box["y"] + 15)
    menu = page.get_by_test_id("stDataFrameColumnMenu")
    menu.wait_for()
    return [text.splitlines()[-1] for text in menu.get_by_role("menuitem").all_inner_texts() if text]


@pytest.mark.skipif(not leaflet.is_here(), reason="Leaflet is not here; `make draw` brings it")
def test_what_is_drawn_is_counted_listed_and_leads_to_its_rows(server: Server, page: Page, town: str) -> None:
    add_places(town)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{server.url}/heatmap?layer=draw&range=7d")
    tools = page.frame_locator(FRAME)
    tools.locator(".leaflet-draw-draw-rectangle").click()
    edge = page.locator(FRAME).bounding_box()
    assert edge is not None
    left, top = edge["x"] + edge["width"] * 0.5, edge["y"] + 10
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 90, top + 90, steps=2)
    page.mouse.move(left + edge["width"] * 0.49, edge["y"] + edge["height"] - 10, steps=2)
    page.mouse.up()
    expect(page.get_by_text(f"{EAST} of 60\u00a0rows, 33.3\u00a0%")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text(f"Complaints opened {EAST}\u00a0complaints")).to_be_visible(timeout=WAIT_MS)
    assert "area=-73." in page.url
    page.get_by_role("button", name="See the rows").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text(f"{EAST}\u00a0rows. ")).to_be_visible(timeout=WAIT_MS)
    assert offered_for_first_column(page) == ["Autosize", "Pin column", "Hide column"], "nothing sorts one page alone"
    page.keyboard.press("Escape")
    drawer.get_by_test_id("stDataFrame").click(position={"x": 30, "y": 15})  # the head of the first column
    order = drawer.get_by_role("combobox", name="Order of all rows")
    expect(order).to_have_value("Complaint id, A to Z", timeout=WAIT_MS)
    with page.expect_download() as download:
        drawer.get_by_role("link", name="Download all").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == EAST + 1 and not any("West" in line for line in lines)
    assert lines[1:] == sorted(lines[1:])
    outside = [url for url in asked if not url.startswith((server.url, "data:", "blob:"))]
    assert asked and outside == [] and not [text for text in said if "Content Security Policy" in text]
