"""Does the heat map let people draw, and say how to get what browsers need for it where that is missing?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.types import Scope
from services import people
from services.ingest import ingest_rows
from services.maps import leaflet
from tests.app.visits import opened, sign_in
from tests.support import fresh_database, make_workspace

AREA = "poly:-87.70000 41.80000,-87.66000 41.80000,-87.66000 41.90000,-87.70000 41.90000"


@pytest.fixture(scope="module")
def analyst() -> Iterator[Scope]:
    """An analyst of a town with 30 complaints inside of the area and 12 outside."""
    with fresh_database():
        now, workspace = datetime.now(UTC), make_workspace("drawtown")
        with pytest.MonkeyPatch.context() as patch:
            scope = sign_in(patch, "ana", "analyst", workspace.slug)
            rows = [
                {"complaint_id": f"c{n}", "opened_at": (now - timedelta(hours=n + 1)).isoformat(), "category": "Noise",
                 "district": "North", "lat": 41.82 + n % 5 / 100, "lon": -87.68 if n < 30 else -87.62}
                for n in range(42)
            ]  # fmt: skip
            ingest_rows(people.command_scope("drawtown"), "grievance.complaints", rows, None, now)
            yield scope


def drawing(**address: str) -> AppTest:
    app = opened("explore/heatmap", layer="draw", range="7d", **address)
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return " ".join(found.value for found in app.markdown).replace("\u00a0", " ")


def listed(app: AppTest) -> float:
    """The sum over the lines of the table, which are numbers although they are shown as people write them."""
    return sum(app.dataframe[0].value["Complaints opened"])


def test_without_the_files_the_mode_says_how_to_get_them_and_the_area_is_counted(
    analyst: Scope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaflet, "FOLDER", tmp_path)
    app = drawing(area=AREA)
    assert "Drawing is not set up yet" in [found.value for found in app.subheader]
    assert "`make draw`" in said(app) and "Inside the drawn area: Complaints opened 30 complaints" in said(app)
    app.query_params["layer"] = "hexagons"
    app.run()
    assert not app.exception and "Drawing is not set up yet" not in [found.value for found in app.subheader]


def test_with_the_files_count_table_and_charts_are_of_what_was_drawn(
    analyst: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaflet, "is_here", lambda: True)
    app = drawing(area=AREA)
    assert "**Inside the drawn area**: 30 of 42 rows, 71.4 %" in said(app)
    assert listed(app) == 30
    assert listed(drawing()) == 42


def test_the_selected_area_has_a_border_on_every_layer(analyst: Scope) -> None:
    for layer in ("hexagons", "density", "points", "groups", "sides"):
        app = opened("explore/heatmap", layer=layer, range="7d", area=AREA)
        maps = app.get("deck_gl_json_chart")
        assert not app.exception and maps and all('"id":"selected"' in one.proto.json for one in maps), layer


def test_what_was_chosen_on_another_page_is_shown_as_chosen(analyst: Scope) -> None:
    app = opened("monitor/live", range="30d")
    app.query_params.clear()
    app.switch_page("pages/explore/heatmap.py").run()
    assert app.button_group(key="_range_picker").value == "30d"
