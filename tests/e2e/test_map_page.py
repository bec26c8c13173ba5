"""Does a rectangle that is drawn on the map become what count, table and rows are about, without a request outside?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from services.ingest import ingest_rows
from services.maps import leaflet
from tests.e2e.test_live_page import WAIT_MS, Desk, chromium, desk, server

__all__ = ["chromium", "desk", "server"]
pytestmark = pytest.mark.e2e
FRAME = 'iframe[title="streamlit_folium.st_folium"]'
WEST, EAST = 40, 20


def add_places(desk: Desk) -> None:
    """Forty complaints in the west of a town and twenty in its east."""
    now = datetime.now(UTC)
    spots = [(42.60 + n / 400, -73.90 + n % 5 / 400) for n in range(WEST)]
    spots += [(42.60 + n / 200, -73.75 + n % 5 / 400) for n in range(EAST)]
    rows = [
        {"complaint_id": uuid4().hex, "opened_at": (now - timedelta(hours=n + 1)).isoformat(), "category": "Noise",
         "district": "West" if n < WEST else "East", "lat": lat, "lon": lon}
        for n, (lat, lon) in enumerate(spots)
    ]  # fmt: skip
    ingest_rows(desk.scope, "grievance.complaints", rows, None, now)


@pytest.mark.skipif(not leaflet.is_here(), reason="Leaflet is not here; `make draw` brings it")
def test_what_is_drawn_is_counted_listed_and_leads_to_its_rows(desk: Desk) -> None:
    add_places(desk)
    page, asked, said = desk.page, [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{desk.server.url}/heatmap?layer=draw&range=7d")
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
    with page.expect_download() as download:
        drawer.get_by_role("link", name="Download all").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == EAST + 1 and not any("West" in line for line in lines)
    outside = [url for url in asked if not url.startswith((desk.server.url, "data:", "blob:"))]
    assert asked and outside == [] and not [text for text in said if "Content Security Policy" in text]
