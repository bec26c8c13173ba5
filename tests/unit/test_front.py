"""Is the dashboard's page ours from the first moment, and are all others left as they are?"""

from __future__ import annotations

import asyncio
import gzip
import re

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Message

from services.web.documents import sign_in_document
from services.web.front import Front, front_page
from services.web.policy import dashboard_page


def asked(path: str, answer: Response, method: str = "GET", **headers: str) -> tuple[dict[str, str], bytes]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": pairs}
    asyncio.run(Front(answer, ("live", "heatmap"))(scope, receive, send))
    starts = [message for message in sent if message["type"] == "http.response.start"]
    assert len(starts) == 1
    found = {name.decode(): value.decode() for name, value in starts[0]["headers"]}
    return found, b"".join(message.get("body", b"") for message in sent)


def test_the_page_has_our_name_icon_and_grounds_and_the_same_scripts() -> None:
    page = front_page()
    assert "<title>Belvedere</title>" in page and "Streamlit</title>" not in page
    assert 'rel="icon" href="data:image/svg+xml,' in page and "favicon" not in page and 'as="font"' not in page
    assert "html{background:#fcfcfb}" in page and "dark){html{background:#12171d}}" in page
    scripts = re.compile(r"<script.*?</script>", re.DOTALL)
    assert scripts.findall(page) == scripts.findall(dashboard_page()) != []


@pytest.mark.parametrize("path", ["/", "/live", "/live/", "/heatmap"])
def test_it_stands_in_for_streamlits(path: str) -> None:
    headers, body = asked(path, HTMLResponse("theirs"), accept_encoding="br")
    assert body.decode() == front_page() and int(headers["content-length"]) == len(body)
    headers, body = asked(path, HTMLResponse("theirs"), accept_encoding="gzip, br")
    assert gzip.decompress(body).decode() == front_page() and headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    "path", ["/component/drawing/", "/app/static/playback/index.html", "/_stcore/health", "/api/docs"]
)
def test_other_pages_stay(path: str) -> None:
    assert asked(path, HTMLResponse("theirs"))[1] == b"theirs"


@pytest.mark.parametrize("path", ["/no-such-page", "/explore/heatmap", "/index.html", "/LIVE"])
def test_an_address_of_no_page_gets_a_document_that_leads_back(path: str) -> None:
    headers, body = asked(path, HTMLResponse("theirs"))
    assert b"There is no such page" in body and b'href="/"' in body and "content-security-policy" in headers


@pytest.mark.parametrize("path", ["/login", "/login/link", "/logout"])
def test_the_documents_around_signing_in_stay(path: str) -> None:
    assert b"Sign in</button>" in asked(path, sign_in_document("/"))[1]


def test_what_is_no_page_stays() -> None:
    assert asked("/live", JSONResponse({}))[1] == b"{}"
    assert asked("/live", HTMLResponse("not here", 404))[1] == b"not here"
    assert asked("/live", HTMLResponse("theirs"), method="POST")[1] == b"theirs"
