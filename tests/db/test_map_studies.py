"""Are clusters and risks worked out by the worker those of the rows, one workspace's own, and asked for once?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import h3
import numpy as np
import pandas as pd
import pytest

from data.database import owner_transaction
from data.errors import BadInput, NotAllowed
from data.model import Metric, Pack
from data.studies import Question, Taken, find_study, finish_study, take_study
from data.types import Filter, Scope
from services.ingest import ingest_rows
from services.jobs import studies as job
from services.jobs.turns import Turn
from services.maps.choices import MapChoice
from services.maps.found import age_said, cluster_picture, risk_picture
from services.maps.hexes import placed_dataset
from services.maps.histories import Past, history_of
from services.maps.studies import again, end_of_data, opened, question_of, told, with_members
from services.spatial.risk import Reason
from tests.db.test_maps import RANGE, pack, row
from tests.db.test_maps import opened as opened_metric
from tests.support import make_scope, make_workspace

__all__ = ["opened_metric", "pack"]  # fixtures
ZONE = ZoneInfo("America/Chicago")
NOW = datetime.now(UTC)


def made_rows() -> list[dict[str, Any]]:
    """Nine months with two busy corners, one of them of noise alone."""
    rng = np.random.default_rng(5)
    found = []
    for number in range(2400):
        at = NOW - timedelta(days=float(rng.uniform(0, 270)), minutes=5)
        where = rng.uniform([41.80, -87.70], [41.90, -87.60])
        if number % 3 == 0:
            where = rng.normal([41.83, -87.66], 0.0015)
        elif number % 3 == 1 and number % 2:
            where = rng.normal([41.88, -87.62], 0.0015)
        found.append(row(number, at, *where.tolist()))
    return found


@pytest.fixture(scope="module")
def city(database: str) -> tuple[Scope, list[dict[str, Any]]]:
    scope = make_scope(make_workspace(timezone="America/Chicago"))
    rows = made_rows()
    ingest_rows(scope, "grievance.complaints", rows, None, NOW)
    return scope, rows


def question(pack: Pack, metric: Metric, layer: str, **more: Any) -> Any:
    choice = MapChoice(layer, metric.qualified, RANGE, (), None, None, "even", **more)
    return question_of(placed_dataset(pack, metric), metric, choice, "365d", None, "dbscan")


def remove(asked: Question) -> None:
    """What waits is not worked out by the next test."""
    with owner_transaction() as tx:
        tx.execute("DELETE FROM belvedere.place_studies WHERE question_hash = %s", (asked.hash,))


def run() -> str:
    return job.work_out(Turn(NOW, lambda: False))


def test_clusters_are_where_rows_are_dense(city: Any, pack: Pack, opened_metric: Metric) -> None:
    asked = question(pack, opened_metric, "clusters")
    first = opened(city[0], asked, NOW)
    assert (first.state, first.result) == ("asked", None) and opened(city[0], asked, NOW).asked_at == first.asked_at
    assert run() == "1\xa0study worked out" and run() == ""
    study = opened(city[0], asked, NOW)
    assert (study.state, study.progress) == ("done", 1.0) and study.result is not None
    found = study.result
    assert found["rows"] == found["used"] == len(city[1])
    newest = max(datetime.fromisoformat(one["opened_at"]) for one in city[1])
    assert abs((datetime.fromisoformat(found["as_of"]) - newest).total_seconds()) < 1
    assert datetime.fromisoformat(found["from_at"]) < newest < datetime.fromisoformat(found["to_at"])
    middles = [(one["lat"], one["lon"]) for one in found["clusters"][:2]]
    for corner in ((41.83, -87.66), (41.88, -87.62)):
        assert min(h3.great_circle_distance(corner, middle, unit="m") for middle in middles) < 60
    noisy = next(one for one in found["clusters"][:2] if one["lat"] > 41.86)
    assert noisy["category"] == "Noise" and noisy["category_share"] > 0.9 and noisy["stability"] > 0.75
    drawn = cluster_picture(opened_metric, found, 8, {}, False)
    assert len(drawn.hulls) == len(found["clusters"]) and len(drawn.picture.lines[0]) == len(drawn.picture.columns) + 1
    same, members = with_members(city[0], asked)
    kept = pd.DataFrame(members)
    assert same == study and len(kept) == found["places"] and kept["rows"].sum() == found["used"]
    wanted = Counter((h3.latlng_to_cell(one["lat"], one["lon"], 12), one["category"]) for one in city[1])
    assert kept.groupby(["cells", "categories"])["rows"].sum().to_dict() == wanted
    sizes = kept.dropna(subset="clusters").groupby("clusters")["rows"].sum()
    assert sizes.to_dict() == {one["number"]: one["size"] for one in found["clusters"]}
    assert kept.dropna(subset="clusters").groupby("cells")["clusters"].nunique().max() == 1, (
        "one place is in one cluster"
    )
    with pytest.raises(BadInput, match="Places of clusters: found none"):
        with_members(city[0], question(pack, opened_metric, "clusters", area="[0, 0, 1, 1]"))
    assert "DBSCAN" in drawn.said and age_said(study, "UTC", NOW, study.version).startswith("Worked out")
    assert age_said(study, "UTC", NOW, (study.version or 0) + 1).endswith("newer data.")


def test_history_is_rows_by_local_day(city: Any, pack: Pack, opened_metric: Metric) -> None:
    found = history_of(city[0], placed_dataset(pack, opened_metric), opened_metric, (), NOW)
    assert isinstance(found, Past)
    history, resolution = found.history, found.resolution
    today = NOW.astimezone(ZONE).date()
    wanted: Counter[tuple[str, Any]] = Counter()
    for one in city[1]:
        day = datetime.fromisoformat(one["opened_at"]).astimezone(ZONE).date()
        if day < today:
            wanted[h3.cell_to_parent(h3.latlng_to_cell(one["lat"], one["lon"], 12), resolution), day] += 1
    cells = [format(cell, "x") for cell in history.cells.tolist()]
    there = {
        (cells[i], history.first_on + timedelta(days=j)): int(history.counts[i, j])
        for i, j in np.argwhere(history.counts).tolist()
    }
    inside = {key: n for key, n in wanted.items() if key[0] in set(cells)}
    assert sum(there.values()) >= 0.95 * sum(wanted.values())  # all but strays outside the first view
    assert all(inside[key] >= n for key, n in there.items()) and history.days == (today - history.first_on).days


def test_risk_is_highest_where_most_happens_and_asked_anew_keeps_the_old_result(
    city: Any, pack: Pack, opened_metric: Metric
) -> None:
    asked = question(pack, opened_metric, "risk")
    opened(city[0], asked, NOW)
    run()
    found = opened(city[0], asked, NOW).result
    assert found is not None and "reason" not in found
    assert all(0 <= cell[1] <= 100 for cell in found["cells"]) and "past weeks" in found["sentence"]
    best = max(found["cells"], key=lambda cell: cell[2])[0]
    assert best == h3.cell_to_parent(h3.latlng_to_cell(41.83, -87.66, 12), found["resolution"])
    picture = risk_picture(opened_metric, found, 8, {}, True)
    assert len(picture.cells) == len(found["cells"]) and picture.lines[0][0] == best
    assert told([Reason("this week", 2.0), Reason("season", 0.5), Reason("the last year", 3.0)]) == [
        ["own past", 6.0], ["season", 0.5],
    ]  # fmt: skip
    again(city[0], asked, NOW)
    waiting = opened(city[0], asked, NOW)
    assert waiting.state == "asked" and waiting.result == found
    stops = iter((False, True))
    assert job.work_out(Turn(NOW, lambda: next(stops, True))) == ""  # told to stop, it gives the study back
    assert opened(city[0], asked, NOW).state == "asked"
    remove(asked)


def test_too_few_rows_say_so_and_a_neighbour_sees_no_study(city: Any, pack: Pack, opened_metric: Metric) -> None:
    stranger = make_scope(make_workspace())
    ingest_rows(stranger, "grievance.complaints", [row(1, NOW - timedelta(days=1), 41.8, -87.6)], None, NOW)
    for layer in ("clusters", "risk"):
        asked = question(pack, opened_metric, layer, area="[-88, 41, -87, 42]")
        opened(stranger, asked, NOW)
        assert find_study(city[0], asked) is None
        run()
        study = opened(stranger, asked, NOW)
        assert study.state == "done" and study.result is not None and "needed" in study.result["reason"]


def test_a_study_that_ends_the_worker_is_given_up_after_three_tries(
    city: Any, pack: Pack, opened_metric: Metric
) -> None:
    asked = question(pack, opened_metric, "clusters", area="[-88, 41, -87, 42]")
    opened(city[0], asked, NOW)
    for minute in range(0, 33, 11):  # each time ten minutes and more without a word
        assert take_study(NOW + timedelta(minutes=minute)) is not None
    with owner_transaction() as tx:
        tx.execute("UPDATE belvedere.place_studies SET touched_at = %s WHERE state = 'running'", (NOW - timedelta(1),))
    run()
    study = opened(city[0], asked, NOW)
    assert study.state == "failed" and "not begun again" in study.failure
    again(city[0], asked, NOW)
    assert take_study(NOW) is not None, "asked anew it is begun again"
    remove(asked)


def test_a_study_that_cannot_be_worked_out_says_so_and_is_asked_anew_at_night(
    city: Any, pack: Pack, opened_metric: Metric
) -> None:
    wrong = question(pack, opened_metric, "clusters", area="nowhere")
    opened(city[0], wrong, NOW)
    run()
    study = opened(city[0], wrong, NOW)
    assert study.state == "failed" and "place" in study.failure
    finish_study(Taken(city[0].workspace.id, wrong), NOW, result={"reason": "none"}, version=1)
    job.renew(Turn(NOW, lambda: False))
    assert opened(city[0], wrong, NOW).state == "asked"
    job.renew(Turn(NOW + timedelta(days=61), lambda: False))
    assert find_study(city[0], wrong) is None


def test_the_risk_of_a_file_of_past_years_is_that_of_the_week_after_its_end(
    city: Any, pack: Pack, opened_metric: Metric
) -> None:
    dataset = next(d for d in pack.datasets if d.name == "complaints")
    newest = max(datetime.fromisoformat(one["opened_at"]) for one in city[1])
    later, then = (
        history_of(city[0], dataset, opened_metric, (), end_of_data(city[0], dataset, at))
        for at in (newest + timedelta(days=700), newest + timedelta(days=1))
    )
    assert isinstance(later, Past) and isinstance(then, Past)
    assert later.history.first_on == then.history.first_on and (later.history.counts == then.history.counts).all()
    assert int(later.history.counts.sum()) > 100


def test_the_worker_is_not_asked_about_persons_by_those_who_do_not_see_them(
    city: Any, pack: Pack, opened_metric: Metric
) -> None:
    choice = MapChoice("risk", opened_metric.qualified, RANGE, (Filter("citizen", "in", ("c1",)),), None, None, "even")
    asked = question_of(placed_dataset(pack, opened_metric), opened_metric, choice, "365d", None, "dbscan")
    viewer = replace(city[0], role="viewer")
    for ask in (opened, again):
        with pytest.raises(NotAllowed):
            ask(viewer, asked, NOW)
    assert find_study(city[0], asked) is None
