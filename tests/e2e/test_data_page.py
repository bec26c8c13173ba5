"""Does a file that is dropped on the Data page become numbers on the Live page, in a real browser?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from services import people
from services.jobs import imports
from services.jobs.turns import Turn
from services.web.cookies import SESSION_COOKIE
from tests.e2e.test_browser import Server, running
from tests.e2e.test_live_page import WAIT_MS, chromium, tile
from tests.support import fresh_database

__all__ = ["chromium"]
pytestmark = pytest.mark.e2e
LINES = ["case_number,opened,closed,type,area"]
LINES += [f"{n},2014-05-{n:02} 10:00,2014-05-{n:02} 15:00,{'Noise' if n % 2 else 'Water'},North" for n in range(1, 29)]
LINES += ["29,no date at all,,Noise,North"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with fresh_database(), running("manage.py", "web") as server:
        yield server


@pytest.fixture
def page(server: Server, chromium: Browser) -> Iterator[Page]:
    people.create_workspace("town", "Town", "municipality", "America/New_York", None)
    now = datetime.now(UTC)
    secret = people.open_session(people.add_user("bo", "operator", "town", "", now).id, "127.0.0.1", now)
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
