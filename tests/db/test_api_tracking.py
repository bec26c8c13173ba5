"""Do events and engagement that programs tell become rows, once, one at a time and many at once?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from data.database import transaction
from services import model, people
from tests.api_support import Api, served_api
from tests.support import make_scope, make_workspace

AT = "2026-03-01T12:00:00Z"


@pytest.fixture
def api(database: str) -> Iterator[Api]:
    workspace = make_workspace()
    for pack in ("services", "meetings"):
        model.enable_pack(people.command_scope(workspace.slug), pack)
    with served_api(workspace) as found:
        yield found


def track(api: Api, kind: str, content: Any, **more: Any) -> httpx.Response:
    headers = api.bearer("write") | more.pop("headers", {})
    return api.http.post(f"/api/v1/{kind}", json=content, headers=headers, params=more)


def stored(api: Api, columns: str, table: str) -> list[tuple[Any, ...]]:
    with transaction(make_scope(api.workspace)) as tx:
        return tx.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2".encode()).fetchall()


def test_one_event_is_a_row_of_the_dataset_that_the_pack_names(api: Api) -> None:
    answer = track(api, "events", {"event": "login", "person": "u1", "occurred_at": AT})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["dataset"], answer.json()["inserted"]) == ("services.activity", 1)
    answer = track(api, "engagement", {"event": "open", "entity_kind": "meeting", "seller": "s1", "seconds": 3.5})
    assert (answer.json()["dataset"], answer.json()["inserted"]) == ("meetings.engagement", 1)
    assert stored(api, "event, person", "services.activity") == [("login", "u1")]
    assert stored(api, "event, seconds::float", "meetings.engagement") == [("open", 3.5)]


def test_an_event_without_a_time_gets_that_of_its_arrival_and_counts_each_time(api: Api) -> None:
    for _ in range(3):
        assert track(api, "events", {"event": "login", "person": "u1"}).status_code == 200
    times = [at for at, _ in stored(api, "occurred_at, event", "services.activity")]
    assert len(times) == 3 and all(timedelta(0) <= datetime.now(UTC) - at < timedelta(minutes=1) for at in times)


def test_a_call_that_is_sent_again_counts_once(api: Api) -> None:
    timed = {"event": "login", "person": "u1", "occurred_at": AT}
    assert [track(api, "events", timed).json()["repeated"] for _ in range(2)] == [False, True]
    named = {"Idempotency-Key": "k1"}
    assert [track(api, "events", {"event": "x"}, headers=named).json()["repeated"] for _ in range(2)] == [False, True]
    assert len(stored(api, "event, person", "services.activity")) == 2


@pytest.mark.parametrize("wrap", [lambda rows: rows, lambda rows: {"rows": rows}])
def test_a_batch_is_judged_row_by_row(api: Api, wrap: Any) -> None:
    rows = [{"event": "login", "occurred_at": AT, "person": f"u{n}"} for n in range(3)] + [{"evnt": "x"}]
    answer = track(api, "events", wrap(rows)).json()
    assert (answer["inserted"], answer["rejected"]) == (3, 1)
    assert answer["rejects"][0]["line"] == 4 and "Did you mean `event`?" in answer["rejects"][0]["expected"]


def test_lines_of_json_are_taken_too(api: Api) -> None:
    headers = api.bearer("write") | {"Content-Type": "application/x-ndjson"}
    body = '{"event": "login", "person": "a"}\n{"event": "search", "person": "b"}\n'
    assert api.http.post("/api/v1/events", content=body, headers=headers).json()["inserted"] == 2
    assert stored(api, "event, person", "services.activity") == [("login", "a"), ("search", "b")]


def test_where_events_go_is_said_or_asked(api: Api) -> None:
    assert track(api, "events", {"event": "x"}, pack="services").status_code == 200
    refused = track(api, "events", {"event": "x"}, pack="service")
    assert (refused.status_code, "Did you mean `services`?" in refused.text) == (422, True)
    with served_api(make_workspace()) as other:
        nowhere = track(other, "events", {"event": "x"})
    assert (nowhere.status_code, "its packs name no dataset" in nowhere.text.lower()) == (422, True)


def test_tracking_takes_the_right_to_write(api: Api) -> None:
    for kind in ("events", "engagement"):
        assert api.http.post(f"/api/v1/{kind}", json={}, headers=api.bearer("read")).status_code == 403
        assert api.http.post(f"/api/v1/{kind}", json={}).status_code == 401
