"""Do rows that another program sends become rows of the dataset, each judged by itself?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from data.database import owner_transaction
from data.errors import BadInput, NotAllowed, UnknownName
from data.types import Scope
from services.ingest import IngestResult, ingest_rows
from tests.support import make_scope

NOW = datetime(2024, 6, 1, tzinfo=UTC)
GOOD = {"complaint_id": "c1", "opened_at": "2024-05-01T12:00:00+02:00", "category": "Noise", "lat": 40.7, "lon": -74.0}


def _send(scope: Scope, *rows: Any, key: str | None = None, dataset: str = "grievance.complaints") -> IngestResult:
    result = ingest_rows(scope, dataset, rows, key, NOW)
    assert result.read == result.inserted + result.updated + result.unchanged + result.rejected == len(rows)
    return result


def _stored(scope: Scope, columns: str, table: str = "complaints") -> list[tuple[Any, ...]]:
    with owner_transaction() as tx:
        query = f"SELECT {columns} FROM grievance.{table} WHERE workspace_id = %s ORDER BY 1"
        return tx.execute(query.encode(), (scope.workspace.id,)).fetchall()


def test_a_row_is_stored_with_its_types(scope: Scope) -> None:
    result = _send(scope, GOOD | {"satisfaction": 4, "status": "open"})
    assert (result.inserted, result.rejected, result.flagged) == (1, 0, 0)
    stored = _stored(scope, "complaint_id, opened_at, category, satisfaction, lat, cell IS NOT NULL, priority")
    assert stored == [("c1", datetime(2024, 5, 1, 10, tzinfo=UTC), "Noise", 4, 40.7, True, None)]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (GOOD | {"opened_at": "2024-05-01T12:00:00"}, "opened_at", "a time without a zone"),
        (GOOD | {"opened_at": "2024-05-01"}, "opened_at", "a time without a zone"),
        (GOOD | {"opened_at": "05/01/2024"}, "opened_at", "not a time"),
        (GOOD | {"opened_at": None}, "opened_at", "missing"),
        ({"opened_at": "2024-05-01T12:00:00Z"}, "complaint_id", "missing"),
        (GOOD | {"status": "done"}, "status", "not allowed"),
        (GOOD | {"satisfaction": 6}, "satisfaction", "out of range"),
        (GOOD | {"satisfaction": "good"}, "satisfaction", "not a number"),
        (GOOD | {"category": "x" * 501}, "category", "too long"),
        (GOOD | {"category": ["a"]}, "category", "not a plain value"),
        (GOOD | {"categroy": "a"}, "categroy", "no such column"),
        (GOOD | {"sla": "within"}, "sla", "no such column"),
        (GOOD | {"category": "\ud800"}, "category", "not text"),
        (["c1"], "", "not an object"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused_and_the_others_are_stored(
    scope: Scope, row: Any, field: str, reason: str
) -> None:
    result = _send(scope, GOOD | {"complaint_id": "before"}, row, GOOD | {"complaint_id": "after"})
    assert [(r.line, r.field, r.reason) for r in result.rejects] == [(2, field, reason)]
    assert result.inserted == 2 and [k for (k,) in _stored(scope, "complaint_id")] == ["after", "before"]
    with owner_transaction() as tx:
        query = "SELECT line, field, reason FROM belvedere.rejects WHERE workspace_id = %s"
        assert tx.execute(query, (scope.workspace.id,)).fetchall() == [(2, field, reason)]


def test_an_unknown_column_suggests_the_nearest(scope: Scope) -> None:
    assert "Did you mean `category`?" in _send(scope, GOOD | {"categroy": "a"}).rejects[0].expected


def test_rows_without_a_single_good_one_store_nothing(scope: Scope) -> None:
    result = _send(scope, {"complaint_id": "x"}, 5)
    assert (result.rejected, result.inserted) == (2, 0) and _stored(scope, "complaint_id") == []


def test_the_same_key_counts_once_and_answers_the_same(scope: Scope) -> None:
    first = _send(scope, GOOD, {"complaint_id": "bad"}, key="k1")
    again = _send(scope, GOOD, {"complaint_id": "bad"}, key="k1")
    assert again.repeated and not first.repeated
    assert (again.inserted, again.rejected) == (first.inserted, first.rejected) == (1, 1)
    with owner_transaction() as tx:
        query = "SELECT count(*) FROM belvedere.rejects WHERE workspace_id = %s"
        assert tx.execute(query, (scope.workspace.id,)).fetchone() == (1,)


def test_the_same_key_for_more_rows_is_told(scope: Scope) -> None:
    _send(scope, GOOD, GOOD | {"complaint_id": "c2"}, key="k1")
    with pytest.raises(BadInput, match="used for other rows"):
        _send(scope, GOOD, key="k1")


def test_the_same_key_for_another_content_is_told_and_writes_nothing(scope: Scope) -> None:
    rows, others = [GOOD], [GOOD | {"complaint_id": "c2"}]
    for _ in range(2):
        assert ingest_rows(scope, "grievance.complaints", rows, "k1", NOW, "one").read == 1
    with pytest.raises(BadInput, match="The key 'k1' was used for other rows"):
        ingest_rows(scope, "grievance.complaints", others, "k1", NOW, "two")
    assert _stored(scope, "complaint_id") == [(GOOD["complaint_id"],)]


def test_without_a_key_events_count_each_time_and_cases_once(scope: Scope) -> None:
    event = {"occurred_at": "2024-05-01T12:00:00Z", "event": "opened", "complaint": "c1"}
    for _ in range(2):
        assert _send(scope, event, event, dataset="complaint_events").inserted == 2
    assert len(_stored(scope, "id", "complaint_events")) == 4
    assert _send(scope, GOOD).inserted == 1 and _send(scope, GOOD).unchanged == 1


def test_of_equal_keys_the_last_row_wins(scope: Scope) -> None:
    result = _send(scope, GOOD, GOOD | {"category": "Water"}, GOOD | {"category": "Waste"})
    assert (result.inserted, result.unchanged) == (1, 2) and _stored(scope, "category") == [("Waste",)]
    assert _send(scope, GOOD | {"category": "Roads"}).updated == 1


def test_future_times_and_bad_points_are_flagged(scope: Scope) -> None:
    result = _send(scope, GOOD | {"opened_at": "2030-01-01T00:00:00Z", "lat": 0, "lon": 0})
    assert result.flagged == 1
    assert _stored(scope, "quality, lat") == [(["opened_at_in_future", "place_zero"], None)]


def test_who_may_not_write_cannot_send_rows(scope: Scope) -> None:
    with pytest.raises(NotAllowed):
        _send(make_scope(scope.workspace, "manager"), GOOD)
    with pytest.raises(UnknownName):
        _send(scope, GOOD, dataset="grievance.complaint")
    assert _stored(scope, "complaint_id") == []
