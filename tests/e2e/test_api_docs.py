"""Can somebody read and try the API in a browser that reaches nothing but this server?"""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from data.types import Workspace
from services import model, people
from services.api import create_api
from services.web.policy import SecurityHeaders
from tests.api_support import Api
from tests.serving import served

pytestmark = pytest.mark.e2e


def test_the_docs_page_works_under_the_strict_policy_and_calls_nobody_else(workspace: Workspace) -> None:
    model.enable_pack(people.command_scope(workspace.slug), "grievance")
    api = create_api()
    app = Starlette(routes=[Mount("/api", api)], middleware=[Middleware(SecurityHeaders)])
    with served(app) as http, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(extra_http_headers=Api(http, workspace, api).bearer("read"))
        complaints: list[str] = []
        hosts: set[str] = set()
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.on("request", lambda r: hosts.add(r.url.split("/")[2]))
        page.goto(f"{http.base_url}/api/docs")
        page.get_by_text("Metric catalogue").click(timeout=60_000)
        page.get_by_role("button", name="Execute").click()
        page.get_by_text("Response body").wait_for(timeout=60_000)
        assert page.locator(".live-responses-table .response-col_status").last.inner_text().startswith("200")
        assert (complaints, hosts) == ([], {http.base_url.netloc.decode()})
        browser.close()
