"""Does a map show texts of the data, whatever they are?"""

from __future__ import annotations

import json

import pydeck
import pytest

from components.decks import compact_deck
from components.maps import tip


@pytest.mark.parametrize("text", ["@@=(", "@@#x", "@@=constructor.constructor('alert(1)')()"])
def test_a_text_that_looks_like_a_formula_of_the_browser_is_shown_as_text(text: str) -> None:
    rows = [{"p": [1.0, 2.0], "t": tip(text), "n": "North"}]
    written = compact_deck(
        layers=[pydeck.Layer("TextLayer", rows, id="names", get_position="p", get_text="t")]
    ).to_json()
    layer = json.loads(written)["layers"][0]
    assert layer["getText"] == "@@=t" and layer["data"][0]["n"] == "North"
    assert not layer["data"][0]["t"].startswith("@@") and layer["data"][0]["t"].endswith(tip(text))


def test_what_is_beside_the_pointer_is_no_html() -> None:
    assert tip("<img src=x onerror=alert(1)>\n'\"") == "&lt;img src=x onerror=alert(1)&gt;<br/>&#x27;&quot;"
