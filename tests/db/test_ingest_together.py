"""Do requests that share a transaction get what each would have got alone?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from data.database import owner_transaction
from data.errors import BadInput
from data.types import Scope
from services.api.ingest import BATCHES_OF_CLIENT
from services.ingest import IngestResult, Sent, ingest_rows, ingest_together, together
from tests.api_support import EVENTS, Api, audited, served_api
from tests.support import make_workspace

NOW = datetime(2024, 6, 1, tzinfo=UTC)


def event(number: int, **values: Any) -> dict[str, Any]:
    return {"occurred_at": "2024-05-01T12:00:00Z", "event": "opened", "complaint": f"c{number}"} | values


def stored(scope: Scope) -> list[str]:
    with owner_transaction() as tx:
        query = b"SELECT complaint FROM grievance.complaint_events WHERE workspace_id = %s ORDER BY 1"
        return [row[0] for row in tx.execute(query, (scope.workspace.id,)).fetchall()]


def told(result: IngestResult | Exception) -> tuple[Any, ...]:
    assert isinstance(result, IngestResult), result
    refused = [(reject.line, reject.field, reject.reason, reject.raw) for reject in result.rejects]
    return result.read, result.inserted, result.rejected, result.flagged, result.repeated, refused


def test_each_gets_what_it_would_have_got_alone(scope: Scope) -> None:
    sent = [
        Sent([event(1)], "a"),
        Sent([event(2), event(3, occurred_at="soon"), event(4, occurred_at="2030-01-01T00:00:00Z")], "b"),
        Sent([{"colour": "red"}], "c"),
        Sent([event(5), "text", event(6, event=["x"])], "d"),
    ]
    together = ingest_together(scope, EVENTS, sent, NOW)
    alone = [ingest_rows(scope, EVENTS, one.rows, f"alone {one.key}", NOW) for one in sent]
    assert [told(each) for each in together] == [told(each) for each in alone]
    assert stored(scope) == sorted(["c1", "c2", "c4", "c5"] * 2)
    with owner_transaction() as tx:
        query = (
            "SELECT batch_key, line, field FROM belvedere.rejects WHERE workspace_id = %s AND NOT batch_key ~ 'alone'"
        )
        assert tx.execute(query, (scope.workspace.id,)).fetchall() == [
            ("ingest:b", 2, "occurred_at"), ("ingest:c", 1, "colour"), ("ingest:d", 2, ""), ("ingest:d", 3, "event"),
        ]  # fmt: skip


def test_a_key_counts_once_within_a_transaction_and_after_it(scope: Scope) -> None:
    first, twin, other = ingest_together(
        scope, EVENTS, [Sent([event(1)], "k"), Sent([event(1)], "k"), Sent([event(2)], "o")], NOW
    )
    assert told(first) == (1, 1, 0, 0, False, []) and told(twin) == (1, 1, 0, 0, True, [])
    again = ingest_rows(scope, EVENTS, [event(1)], "k", NOW)
    later, fresh = ingest_together(scope, EVENTS, [Sent([event(2)], "o"), Sent([event(3)], "p")], NOW)
    assert again.repeated and told(later)[4] and isinstance(other, IngestResult) and isinstance(later, IngestResult)
    assert later.version == other.version and not told(fresh)[4]
    assert stored(scope) == ["c1", "c2", "c3"]


def test_a_key_of_other_rows_is_told_to_its_sender_alone(scope: Scope) -> None:
    ingest_rows(scope, EVENTS, [event(1), event(2)], "used", NOW)
    ingest_rows(scope, EVENTS, [event(4)], "y", NOW, "one")
    sent = [Sent([event(3)], "x"), Sent([event(5)], "used"), Sent([event(5)], "y", "two"), Sent([event(6)], "z")]
    good, used, other, last = ingest_together(scope, EVENTS, sent, NOW)
    assert isinstance(used, BadInput) and isinstance(other, BadInput)
    assert told(good)[1] == told(last)[1] == 1 and stored(scope) == ["c1", "c2", "c3", "c4", "c6"]


def test_when_they_cannot_be_stored_together_each_is_tried_alone(scope: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise BadInput("Not these rows together.")

    monkeypatch.setattr(together, "write_batch", fails)
    found = ingest_together(scope, EVENTS, [Sent([event(1)], "x"), Sent([event(2)], "y")], NOW)
    assert [told(each)[1] for each in found] == [1, 1] and stored(scope) == ["c1", "c2"]


@pytest.fixture
def api(database: str) -> Iterator[Api]:
    with served_api(make_workspace()) as found:
        yield found


def test_events_of_one_sender_that_arrive_together_all_count(api: Api) -> None:
    headers = api.bearer("write")

    def send(number: int) -> tuple[int, int]:
        answer = api.http.post(f"/api/v1/ingest/{EVENTS}", json=[event(number)], headers=headers)
        return answer.status_code, answer.json()["inserted"]

    with ThreadPoolExecutor(4 * BATCHES_OF_CLIENT) as pool:
        assert set(pool.map(send, range(80))) == {(200, 1)}
    answer = api.get("/rows", "rows", dataset=EVENTS, limit=1, **{"from": "2024-01-01"}).json()
    assert answer["total"] == len(audited(api.workspace, "ingested")) == 80
