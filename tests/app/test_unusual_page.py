"""Does the map page say what the nightly scan found, and can a manager pick the limit there?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import h3
import pytest

from data.types import Scope
from data.unusual import PlaceCluster, PlaceScan, keep_scan
from services import model
from services.ingest import ingest_rows
from services.maps.unusual import limit_of
from tests.app.visits import opened, sign_in
from tests.db.test_maps import row
from tests.support import fresh_database, make_scope, make_workspace


@pytest.fixture
def manager() -> Iterator[Scope]:
    """A manager who is signed in, in a town with some complaints."""
    with fresh_database():
        now, workspace = datetime.now(UTC), make_workspace("scantown", "UTC")
        rows = [row(n, now - timedelta(days=1 + n % 20), 41.8 + n / 1000, -87.6) for n in range(60)]
        ingest_rows(make_scope(workspace), "grievance.complaints", rows, None, now)
        with pytest.MonkeyPatch.context() as patch:
            yield sign_in(patch, "mia", "manager", workspace.slug)


def test_clusters_are_told_from_the_first_scan_on_by_the_limit_that_a_manager_picks(manager: Scope) -> None:
    app = opened("explore/heatmap", layer="unusual")
    assert [found.value for found in app.subheader] == ["Complaints were not scanned yet"]
    assert any(found.value.startswith("Next scan") for found in app.markdown)
    now, dataset = datetime.now(UTC), model.current().datasets()["grievance.complaints"].id
    yesterday = now.date() - timedelta(days=1)
    scanned = PlaceScan(dataset, yesterday, yesterday - timedelta(days=55), 8, 60, 60, 12, 500, 100.0, "", now)
    cell = h3.latlng_to_cell(41.83, -87.6, 8)
    cluster = PlaceCluster(
        dataset, yesterday, 1, yesterday, (cell,), 41.83, -87.6, 0.0, 9, 2.0, 5.0, 0.01, 100.0, (("Noise", 0.9, 0.3),)
    )
    keep_scan(manager, scanned, [cluster])
    app.run()
    assert [found.value for found in app.subheader] == ["Nothing unusual last night"]
    limit = next(box for box in app.selectbox if box.label == "Limit")
    limit.select(91).run()
    assert not app.exception and limit_of(manager).changed_by == "mia"
    said = " ".join(found.value for found in app.markdown)
    assert "9\xa0rows where 2.0 are expected" in said and "once in 3 months" in said
    next(button for button in app.button if button.label == "Map of these days").click().run()
    assert not app.exception and app.query_params["hex"] == cell and "layer" not in app.query_params
    assert app.query_params["from"] == app.query_params["to"] == yesterday.isoformat()
