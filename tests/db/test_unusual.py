"""Are clusters of the nightly scan those of the rows, of one workspace, and rarer than a limit that managers pick?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import h3
import numpy as np
import pytest

from data.errors import BadInput, NotAllowed
from data.model import Dataset
from data.types import CannotTell, Scope
from data.unusual import PlaceCluster, keep_scan
from services import model
from services.ingest import ingest_rows
from services.jobs import JOBS, run_times
from services.jobs import unusual as job
from services.jobs.turns import Turn
from services.maps import scans, unusual
from services.people import audit_page
from tests.db.test_maps import row
from tests.support import make_scope, make_workspace

ZONE = ZoneInfo("America/Chicago")
NOW = datetime.now(UTC).replace(hour=18)  # after the night there
TODAY = NOW.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
CORNER = (41.83, -87.66)


def made_rows() -> list[dict[str, Any]]:
    """Ten weeks all over town, and 30 rows of noise at a corner within the last three whole days; some of today."""
    rng, found = np.random.default_rng(5), []
    for number in range(1500):
        where = rng.uniform([41.80, -87.70], [41.90, -87.60])
        found.append(row(3 * number, TODAY - timedelta(days=float(rng.uniform(-0.5, 70))), *where.tolist()))
    for number in range(30):
        where = rng.normal(CORNER, 0.001)
        found.append(row(2 * number + 10_001, TODAY - timedelta(days=float(rng.uniform(0.1, 2.9))), *where.tolist()))
    return found


@pytest.fixture(scope="module")
def town(database: str) -> tuple[Scope, list[dict[str, Any]]]:
    scope, rows = make_scope(make_workspace(timezone="America/Chicago")), made_rows()
    ingest_rows(scope, "grievance.complaints", rows, None, NOW)
    return scope, rows


@pytest.fixture(autouse=True)
def only_this_town(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workspaces of other tests are left out of the job."""
    monkeypatch.setattr(job, "all_workspaces", lambda: [town[0].workspace])


@pytest.fixture
def complaints(town: Any) -> Dataset:
    return model.current().datasets()["grievance.complaints"]


def test_the_night_finds_the_corner_and_counts_it_as_the_rows_do(town: Any, complaints: Dataset) -> None:
    scope, rows = town
    neighbour = make_scope(make_workspace())
    assert unusual.newest_scan(scope, complaints) is None and unusual.above_limit(scope, NOW) == []
    assert job.scan_places(Turn(NOW, lambda: False)) == "1\xa0dataset scanned"
    scanned = unusual.newest_scan(scope, complaints)
    assert scanned is not None and scanned.last_on == TODAY.date() - timedelta(days=1) and scanned.scanned_at == NOW
    one, *_ = unusual.above_limit(scope, NOW)
    assert one.recurrence_days == scanned.rarest_days == 1000 and one.p == 0.001
    assert h3.cell_to_parent(h3.latlng_to_cell(*CORNER, 12), scanned.resolution) in one.cells
    where, when = Counter[str](), Counter[Any]()
    inside = Counter[tuple[str, Any]]()
    for told in rows:
        day = datetime.fromisoformat(told["opened_at"]).astimezone(ZONE).date()
        cell = h3.cell_to_parent(h3.latlng_to_cell(told["lat"], told["lon"], 12), scanned.resolution)
        if scanned.first_on <= day <= scanned.last_on:
            where[cell] += 1
            when[day] += 1
            inside[cell, day] += 1
    assert one.observed == sum(n for (cell, day), n in inside.items() if cell in one.cells and day >= one.first_on)
    share = sum(where[cell] for cell in one.cells) * sum(n for day, n in when.items() if day >= one.first_on)
    assert one.expected == pytest.approx(share / sum(where.values()), rel=0.1)  # all but strays outside the box
    assert one.categories[0][0] == "Noise" and one.categories[0][1] > 0.8
    assert one.first_on >= scanned.last_on - timedelta(days=4) and one.scanned_at == NOW
    assert unusual.above_limit(neighbour, NOW - timedelta(days=9)) == []
    assert unusual.above_limit(scope, NOW + timedelta(seconds=1)) == []


def test_a_night_is_scanned_once_unless_somebody_asks(town: Any, complaints: Dataset) -> None:
    scope, _ = town
    job.scan_places(Turn(NOW, lambda: False))
    later = NOW + timedelta(hours=1)
    assert job.scan_places(Turn(later, lambda: False)) == ""
    assert job.scan_places(Turn(later, lambda: False, is_asked=True)) == "1\xa0dataset scanned"
    found = unusual.newest_scan(scope, complaints)
    assert found is not None and found.scanned_at == later
    assert len(unusual.found_lately(scope, complaints, 30, 365, NOW)) == 1, "the same night is not kept twice"
    assert job.scan_places(Turn(NOW + timedelta(days=1), lambda: True)) == "", "a worker that stops leaves the rest"
    next_at = unusual.next_scan(scope, found, run_times("unusual", NOW))
    assert next_at is not None and timedelta(0) < next_at - NOW < timedelta(days=1) and next_at.minute == 25
    assert JOBS["unusual"].cron == "25 * * * *"


def test_scans_are_forgotten_after_two_years(town: Any, complaints: Dataset) -> None:
    scope, _ = town
    job.scan_places(Turn(NOW, lambda: False))
    found = unusual.newest_scan(scope, complaints)
    assert found is not None
    old = replace(found, last_on=found.last_on - timedelta(days=729))
    cluster = PlaceCluster(complaints.id, old.last_on, 1, old.last_on, ("a",), 1.0, 1.0, 0.0, 5, 1.0, 4.0, 0.001, 900.0)
    keep_scan(scope, old, [cluster])
    assert cluster.cells in {one.cells for one in unusual.found_lately(scope, complaints, 800, 365, NOW)}
    unusual.forget_old(NOW + timedelta(days=7))
    assert cluster.cells not in {one.cells for one in unusual.found_lately(scope, complaints, 800, 365, NOW)}
    assert unusual.newest_scan(scope, complaints) == found


def test_managers_pick_the_limit(town: Any, complaints: Dataset) -> None:
    workspace = make_workspace()
    manager, analyst = make_scope(workspace, "manager"), make_scope(workspace, "analyst")
    assert unusual.limit_of(analyst).said == "once in a year"
    with pytest.raises(NotAllowed, match="manager"):
        unusual.set_limit(analyst, 30, NOW)
    with pytest.raises(BadInput, match="365"):
        unusual.set_limit(manager, 31, NOW)
    unusual.set_limit(manager, 30, NOW)
    assert (unusual.limit_of(analyst).said, unusual.limit_of(analyst).changed_by) == ("once in a month", "manager@test")
    audited = audit_page(make_scope(workspace), NOW - timedelta(days=2), NOW + timedelta(days=2))
    assert [(one.action, one.detail) for one in audited] == [("cluster_limit_changed", {"days": 30})]
    assert unusual.limit_of(town[0]).days == 365


def test_too_little_says_why(town: Any, complaints: Dataset) -> None:
    quiet = make_scope(make_workspace(timezone="America/Chicago"))
    old = [row(n, TODAY - timedelta(days=20 + n % 9), 41.8 + n / 1000, -87.6) for n in range(40)]
    ingest_rows(quiet, "grievance.complaints", old, None, NOW)
    pack = model.current().pack("grievance")
    metric = scans.counted_by(pack, complaints)
    assert metric is not None and metric.name == "complaints_opened"
    found = scans.look(quiet, pack, complaints, metric, NOW)
    assert found is not None and "no rows" in found[0].reason and not found[1]
    few = scans.clusters_in(np.array([1.0, 2.0]), np.array([1.0, 2.0]), np.ones((2, 4), np.int64), 1)
    assert isinstance(few, CannotTell)
    assert scans.look(make_scope(make_workspace()), pack, complaints, metric, NOW) is None
