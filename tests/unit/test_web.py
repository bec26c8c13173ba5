"""Do the pieces of the gate decide as they should: origins, hosts, next pages, policies?"""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from starlette.datastructures import Headers, MutableHeaders

from services.web.clients import client_of
from services.web.documents import _POLICY, sign_in_document
from services.web.origins import came_from_here, is_known_host, is_own_origin
from services.web.policy import DRAWING_SCRIPT, add_headers, dashboard_page, dashboard_policy
from services.web.sign_in import safe_next
from tests.support import settings_of


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://ours:8501", "ours:8501", True),
        ("https://ours", "ours", True),
        ("http://ours:9999", "ours:8501", False),
        ("http://evil", "ours", False),
        ("http://ours.evil", "ours", False),
        ("http://ours@evil", "ours", False),
        ("null", "ours", False),
        ("", "ours", False),
        ("file://ours", "ours", False),
    ],
)
def test_only_our_own_pages_may_change_something(origin: str, host: str, own: bool) -> None:
    assert is_own_origin(Headers({"origin": origin, "host": host})) is own


def test_a_request_without_origin_is_not_ours() -> None:
    assert not is_own_origin(Headers({"host": "ours"}))


@pytest.mark.parametrize(
    ("sent", "here"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "cross-site", "referer": "http://ours/x"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"referer": "http://ours/live"}, True),
        ({"referer": "http://evil/"}, False),
        ({}, False),
    ],
)
def test_a_link_signs_out_only_from_our_own_pages(sent: dict[str, str], here: bool) -> None:
    assert came_from_here(Headers({"host": "ours", **sent})) is here


@pytest.mark.parametrize(
    ("wanted", "safe"),
    [
        ("/live?compare=previous", "/live?compare=previous"),
        ("https://evil", "/"),
        ("//evil", "/"),
        ("/\\evil", "/"),
        ("/x\\evil", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("/login", "/"),
        ("/logout", "/"),
        ("", "/"),
        ("/" + "a" * 5000, "/"),
    ],
)
def test_after_sign_in_nobody_is_led_elsewhere(wanted: str, safe: str) -> None:
    assert safe_next(wanted) == safe


@pytest.mark.parametrize(
    ("hosts", "host", "known"),
    [
        ("", "anything", True),
        ("ours.org", "ours.org:8501", True),
        ("ours.org", "OURS.ORG.", True),
        ("ours.org", "evil.org", False),
        ("*.ours.org, localhost", "a.ours.org", True),
        ("*.ours.org", "ours.org.evil", False),
        ("ours.org", "", False),
    ],
)
def test_only_named_hosts_are_answered(hosts: str, host: str, known: bool) -> None:
    with settings_of(BELVEDERE_HOSTS=hosts):
        assert is_known_host(Headers({"host": host})) is known


def test_the_policy_allows_two_inline_scripts_by_their_hashes_and_no_other() -> None:
    inline = re.findall(r"<script>(.*?)</script>", dashboard_page(), re.DOTALL)
    assert len(inline) == 1
    digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
    scripts = next(part for part in dashboard_policy().split("; ") if part.startswith("script-src"))
    assert scripts == f"script-src 'self' 'wasm-unsafe-eval' 'sha256-{digest}' {DRAWING_SCRIPT}"
    assert "'unsafe-eval'" not in dashboard_policy() and "frame-ancestors 'self'" in dashboard_policy()


def test_the_sign_in_page_may_load_nothing_and_its_style_is_allowed() -> None:
    answer = sign_in_document("/")
    style = re.search(r"<style>(.*?)</style>", answer.body.decode(), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in _POLICY and "default-src 'none'" in _POLICY
    assert b"<script" not in answer.body


def test_what_somebody_typed_is_shown_as_text() -> None:
    body = sign_in_document('/"><script>', name='"><script>alert(1)</script>', problem="<b>").body.decode()
    assert "<script" not in body and "<b>" not in body


def test_pages_are_not_kept_but_streamlits_files_are() -> None:
    page, asset = MutableHeaders({"cache-control": "no-cache"}), MutableHeaders({"cache-control": "public, immutable"})
    add_headers(page, "p")
    add_headers(asset, "p")
    assert page["cache-control"] == "no-store"
    assert asset["cache-control"] == "public, immutable"
    assert page["x-content-type-options"] == "nosniff" and "strict-transport-security" not in page


def test_https_is_remembered_by_browsers() -> None:
    with settings_of(BELVEDERE_HTTPS="1"):
        headers = MutableHeaders()
        add_headers(headers, "p")
    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("address", "client"),
    [("10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4")],
)
def test_an_ipv6_client_is_its_network(address: str, client: str) -> None:
    assert client_of({"type": "http", "client": (address, 1)}) == client
    assert client_of({"type": "http"}) == "unknown"
