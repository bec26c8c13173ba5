"""Does every client of the event stream hear of new data at once, and only of what it may see?"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest

from data.database import owner_transaction
from data.listening import Connection, changes
from data.people import remove_membership, set_membership
from services import model, people
from services.api import create_api, stop_streams
from services.api.hub import Client, Hub, frame, state_id, versions_of
from services.metrics import Freshness
from tests.api_support import DATASET, EVENTS, Api, complaint, served_api, session_of
from tests.running import PATIENCE_S, eventually
from tests.support import make_scope, make_workspace


@pytest.fixture
def api(database: str) -> Iterator[Api]:
    with served_api(make_workspace()) as found:
        yield found


class Stream:
    """Events of an open stream, as they come."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()
        self.last_id = ""

    def next(self, kind: str = "") -> tuple[str, dict[str, Any]]:
        """The next event, or the next of a kind."""
        found: dict[str, str] = {}
        for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                found[name] = value
            elif "event" in found and kind in ("", found["event"]):
                self.last_id = found.get("id", self.last_id)
                return found["event"], json.loads(found["data"])
            else:
                found = {}
        raise EOFError


@contextmanager
def stream(api: Api, headers: dict[str, str] | None = None, **parameters: Any) -> Iterator[Stream]:
    headers = headers or api.bearer("read", "rows")
    with api.http.stream("GET", "/api/v1/stream", headers=headers, params=parameters) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer)


def test_a_stream_begins_with_the_version_of_every_dataset(api: Api) -> None:
    api.send([complaint(1)])
    with stream(api) as events:
        found = [events.next("version")[1] for _ in range(2)]
        assert {(e["dataset"], e["version"], e["rows"]) for e in found} == {(DATASET, 1, 1), (EVENTS, 0, 0)}
        assert events.last_id == f"{DATASET}=1,{EVENTS}=0"


def test_a_commit_reaches_every_client_without_waiting_for_the_next_look(api: Api) -> None:
    api.streams.hub = Hub(poll_s=3600)
    with stream(api, dataset=DATASET) as one, stream(api) as two:
        one.next("version"), two.next("version"), two.next("version")
        api.send([complaint(1)])
        assert one.next("version")[1]["version"] == 1
        assert two.next("version")[1]["version"] == 1


def test_after_a_break_only_what_changed_is_sent(api: Api) -> None:
    with stream(api) as events:
        events.next(), events.next()
        last = events.last_id
    api.send([complaint(1)])
    with stream(api, headers=api.bearer("read") | {"Last-Event-ID": last}) as events:
        assert events.next("version")[1]["dataset"] == DATASET
        api.send([{"occurred_at": "2026-03-01T12:00:00Z", "event": "opened", "complaint": "c"}], EVENTS)
        assert events.next("version")[1]["dataset"] == EVENTS


def test_new_rows_come_without_personal_columns(api: Api) -> None:
    api.send([complaint(1)])
    with stream(api, headers=api.bearer("read", "rows", "personal"), dataset=DATASET, rows="true") as events:
        assert [r["complaint_id"] for r in events.next("rows")[1]["rows"]] == ["c00001"]
        api.send([complaint(2), complaint(3)])
        rows = events.next("rows")[1]["rows"]
        assert {r["complaint_id"] for r in rows} == {"c00002", "c00003"}
        assert not {"citizen", "officer"} & set(rows[0])


def test_rows_take_the_ability_rows(api: Api) -> None:
    answer = api.get("/stream", "read", rows="true")
    assert answer.status_code == 403


def test_a_neighbour_hears_nothing(api: Api) -> None:
    neighbour = make_workspace()
    model.enable_pack(people.command_scope(neighbour.slug), "grievance")
    with stream(api, headers=api.bearer("read", workspace=neighbour)) as events:
        assert [events.next()[1]["version"] for _ in range(2)] == [0, 0]
        api.send([complaint(1)])
        with ThreadPoolExecutor(1) as pool:
            heard = pool.submit(events.next)
            assert not wait([heard], timeout=0.6).done
            api.stop()
            assert heard.result(PATIENCE_S)[0] == "bye"


def test_a_heartbeat_comes_when_there_is_no_news_and_tells_that_the_server_listens(api: Api) -> None:
    api.streams.heartbeat_s = 0.2
    with stream(api) as events:
        found = [events.next("heartbeat")[1] for _ in range(2)]
    assert found[-1]["live"] is True
    assert datetime.fromisoformat(found[0]["at"]).tzinfo is not None


def test_a_revoked_token_ends_its_stream_at_the_next_heartbeat(api: Api) -> None:
    api.streams.heartbeat_s = 0.2
    with stream(api) as events:
        events.next(), events.next()
        scope = people.command_scope(api.workspace.slug)
        for token in people.list_tokens(scope, datetime.now(UTC), everybody=True):
            people.revoke_token(scope, token.id, datetime.now(UTC))
        assert events.next("bye")[1]["reason"] == "The sign-in or token has ended."
        with pytest.raises(EOFError):
            events.next()


def test_a_revoked_token_ends_its_stream_while_rows_keep_coming(api: Api) -> None:
    api.streams.heartbeat_s = 0.5
    with stream(api) as events, ThreadPoolExecutor(1) as pool:
        events.next(), events.next()
        for token in people.list_tokens(people.command_scope(api.workspace.slug), datetime.now(UTC), everybody=True):
            people.revoke_token(people.command_scope(api.workspace.slug), token.id, datetime.now(UTC))
        is_over, headers = threading.Event(), api.bearer("write")

        def send() -> None:
            for number in range(100):
                if is_over.wait(0.05):
                    return
                api.http.post(f"/api/v1/ingest/{DATASET}", json=[complaint(number)], headers=headers)

        sending = pool.submit(send)
        assert events.next("bye")[1]["reason"] == "The sign-in or token has ended."
        assert not sending.done()
        is_over.set()


def test_a_membership_that_ends_ends_its_stream(api: Api) -> None:
    neighbour, headers = make_workspace(), session_of(api.workspace, "manager")
    viewer = people.scope_of_session(headers["Cookie"].partition("=")[2], datetime.now(UTC))
    assert viewer is not None and viewer.account_id is not None
    with owner_transaction() as tx:
        set_membership(tx, neighbour.id, viewer.account_id, "viewer")
    model.enable_pack(people.command_scope(neighbour.slug), "grievance")
    api.streams.heartbeat_s = 0.2
    with stream(api, headers=headers, workspace=neighbour.slug) as events:
        events.next("heartbeat")
        with owner_transaction() as tx:
            remove_membership(tx, neighbour.id, viewer.account_id)
        assert events.next("bye")[1]["reason"] == "The sign-in or token has ended."


def test_stopping_ends_every_stream_with_a_word(api: Api) -> None:
    with stream(api) as one, stream(api) as two:
        one.next(), two.next()
        api.stop()
        assert one.next("bye")[1] == two.next("bye")[1] == {"reason": "The server is stopping."}


def test_a_client_that_leaves_is_forgotten(api: Api) -> None:
    with stream(api) as events:
        events.next()
        assert len(api.streams.hub) == 1
    assert eventually(lambda: len(api.streams.hub) == 0)


def test_a_slow_client_keeps_the_newest_state_only() -> None:
    async def offers() -> bytes:
        client = Client(make_scope(workspace_without_database()), frozenset({"a", "b"}), wants_rows=True)
        for n in range(1000):
            client.offer("a", frame("version", {"version": n}), f"a={n}")
            client.offer("c", frame("version", {"version": n}), f"a={n}")
            client.offer_rows("a", frame("rows", {"n": n}))
        return client.take()

    text = asyncio.run(offers()).decode()
    assert text.count("event: version") == 1
    assert text.count("event: rows") == 20
    assert text.endswith('id: a=999\nevent: version\ndata: {"version":999}\n\n')


def workspace_without_database() -> Any:
    from data.types import Workspace

    return Workspace(1, "w", "W", "municipality", None, "UTC")


def test_the_id_of_an_event_tells_versions_back() -> None:
    found = [Freshness("p.a", None, None, 1, 7, 0), Freshness("p.b", None, None, 1, 0, 0)]
    assert versions_of(state_id(found)) == {"p.a": 7, "p.b": 0}
    assert versions_of("nonsense,=3,p.a=x,p.b=4") == {"p.b": 4}


def test_the_listener_comes_back_after_its_connection_was_cut(database: str) -> None:
    stop = threading.Event()
    heard = changes(stop)
    assert next(heard) == Connection(True)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'belvedere listener' AND datname = current_database()"
        )
    lost = next(heard)
    assert isinstance(lost, Connection) and not lost.is_up
    assert next(heard) == Connection(True)
    stop.set()
    assert list(heard) == []


def test_changes_that_were_not_heard_are_found_by_asking(database: str) -> None:
    def silent(stop: threading.Event) -> Iterator[Connection]:
        stop.wait()
        yield from ()

    with served_api(make_workspace()) as api:
        api.streams.hub = Hub(poll_s=0.2, listen=silent)
        with stream(api, dataset=DATASET) as events:
            events.next()
            api.send([complaint(1)])
            assert events.next("version")[1]["version"] == 1
        api.stop()


def test_an_application_without_streams_can_be_stopped(database: str) -> None:
    stop_streams(create_api())
