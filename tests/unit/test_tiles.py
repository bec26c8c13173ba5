"""Do maps ask a tile server only when one is named, and may browsers then reach that one alone?"""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest

from data.errors import BadSettings
from data.settings import settings
from services.maps import tiles
from services.web.policy import dashboard_policy
from tests.support import settings_of

ADDRESS = "https://tiles.example.org:8443/streets/{z}/{x}/{y}.png"


def sources(kind: str) -> list[str]:
    dashboard_policy.cache_clear()
    found = next(part for part in dashboard_policy().split("; ") if part.startswith(kind)).split()
    dashboard_policy.cache_clear()
    return found


def test_without_a_server_the_ground_is_ours_and_nothing_outside_may_be_asked() -> None:
    assert not tiles.address() and not tiles.by()
    assert sources("img-src") == ["img-src", "'self'", "data:", "blob:"]


def test_a_named_server_is_drawn_and_allowed_and_no_other() -> None:
    with settings_of(BELVEDERE_TILES=ADDRESS):
        kind, _, text = tiles.style(True).partition(",")
        assert kind == "data:application/json" and json.loads(unquote(text))["sources"]["tiles"]["tiles"] == [ADDRESS]
        for kind in ("img-src", "connect-src"):
            assert sources(kind)[-1] == "https://tiles.example.org:8443"
        assert "tiles.example.org" not in " ".join(sources("script-src"))


@pytest.mark.parametrize("wrong", ["tiles/{z}/{x}/{y}.png", "https://a.org/{z}/{x}.png", "https://a.org; script-src *"])
def test_an_address_that_is_none_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(BadSettings, match="tiles"), settings_of(BELVEDERE_TILES=wrong):
        settings()
