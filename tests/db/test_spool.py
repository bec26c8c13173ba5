"""Is everything that was accepted while the database was down there once, and in order, when it is back?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.database import owner_transaction, transaction
from services.api.shelter import Pulse
from services.jobs import JOBS
from services.jobs.running import run_job
from services.jobs.turns import Turn
from services.spool import drain, spool_said, spool_state, store
from tests.api_support import DATASET, EVENTS, Api, complaint, complaints, served_api
from tests.db.killable import Server, own_server
from tests.support import make_scope, make_workspace, settings_of


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with own_server() as found:
        yield found


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    server.start()
    with served_api(make_workspace()) as found:
        yield found
    server.start()
    drain(never)
    for path in (store.folder() / "refused").glob("*"):
        path.unlink()


@pytest.fixture
def headers(api: Api) -> dict[str, str]:
    """A token that the application has met."""
    found = api.bearer("write")
    assert api.http.post(f"/api/v1/ingest/{DATASET}", json=[complaint(99_000)], headers=found).status_code == 200
    return found


def send(api: Api, headers: dict[str, str], rows: list[dict[str, object]], dataset: str = DATASET) -> tuple[int, Any]:
    answer = api.http.post(f"/api/v1/ingest/{dataset}", json=rows, headers=headers)
    return answer.status_code, answer.json()


def statuses(api: Api) -> dict[str, str]:
    with transaction(make_scope(api.workspace)) as tx:
        return dict(tx.execute("SELECT complaint_id, status FROM grievance.complaints").fetchall())


def test_rows_wait_on_disk_while_the_database_is_down_and_are_written_in_order(
    server: Server, api: Api, headers: dict[str, str]
) -> None:
    at = datetime.now(UTC)
    server.kill()
    batches = [[complaint(n, at, status=status)] for status in ("open", "assigned", "closed") for n in range(4)]
    answers = [send(api, headers, batch) for batch in batches]
    assert {status for status, _ in answers} == {202}
    assert send(api, headers, batches[-1])[0] == 202, "the same batch again"
    kept = answers[0][1]
    assert (kept["spooled"], kept["dataset"], kept["read"]) == (True, DATASET, 1)
    assert (spool_state().batches, spool_state().refused) == (13, 0)
    assert "13" in spool_said(spool_state())
    server.start()
    assert "13" in run_job(JOBS["spool"], Turn(datetime.now(UTC), never))
    found = statuses(api)
    assert {found[f"c{n:05}"] for n in range(4)} == {"closed"} and len(found) == 5
    assert (spool_state().batches, spool_said(spool_state())) == (0, "")
    time.sleep(1.1)
    assert send(api, headers, batches[-1])[1]["repeated"] is True
    assert send(api, headers, [complaint(50)])[0] == 200


def test_what_arrives_while_earlier_batches_wait_stays_behind_them(
    server: Server, api: Api, headers: dict[str, str]
) -> None:
    at = datetime.now(UTC)
    server.kill()
    assert send(api, headers, [complaint(1, at, status="open")])[0] == 202
    server.start()
    time.sleep(1.1)
    assert send(api, headers, [complaint(1, at, status="closed")])[0] == 202
    event = [{"occurred_at": at.isoformat(), "event": "opened", "complaint": "c1"}]
    assert send(api, headers, event, EVENTS)[0] == 200
    assert drain(never) == (2, 0)
    assert statuses(api)["c00001"] == "closed"


def test_a_drain_that_was_killed_after_the_commit_counts_once(
    server: Server, api: Api, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.now(UTC)
    server.kill()
    for number in range(3):
        event = [{"occurred_at": at.isoformat(), "event": "opened", "complaint": f"k{number}"}]
        assert send(api, headers, event, EVENTS)[0] == 202
    server.start()

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            drain(never)
    assert spool_state().batches == 3
    assert drain(never) == (3, 0)
    with transaction(make_scope(api.workspace)) as tx:
        found = tx.execute("SELECT complaint FROM grievance.complaint_events ORDER BY 1").fetchall()
    assert found == [("k0",), ("k1",), ("k2",)]


def test_a_credential_that_nobody_has_seen_is_not_believed(server: Server, api: Api) -> None:
    stranger = api.bearer("write")
    server.kill()
    status, answer = send(api, stranger, [complaint(1)])
    assert (status, answer["error"]["code"]) == (503, "database_down")
    assert spool_state().batches == 0


def test_a_full_disk_space_is_told_and_nothing_is_dropped(server: Server, api: Api, headers: dict[str, str]) -> None:
    server.kill()
    with settings_of(BELVEDERE_SPOOL_MB="1"):
        accepted = 0
        while (
            answer := api.http.post(
                f"/api/v1/ingest/{DATASET}",
                headers=headers,
                json=complaints(range(accepted * 1000, accepted * 1000 + 1000)),
            )
        ).status_code == 202:
            accepted += 1
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
        assert 1 < accepted < 10 and spool_state().share <= 1
    server.start()
    assert drain(never) == (accepted, 0)
    assert len(statuses(api)) == accepted * 1000 + 1


def test_rows_of_a_token_that_was_revoked_before_are_put_aside_with_the_reason(
    server: Server, api: Api, headers: dict[str, str]
) -> None:
    with owner_transaction() as tx:
        tx.execute("UPDATE belvedere.api_tokens SET revoked_at = now() WHERE workspace_id = %s", (api.workspace.id,))
    server.kill()
    assert send(api, headers, [complaint(7)])[0] == 202
    server.start()
    assert drain(never) == (0, 1)
    assert "c00007" not in statuses(api)
    (reason,) = (store.folder() / "refused").glob("*.reason.txt")
    assert f"service.{api.workspace.slug} was no longer allowed" in reason.read_text()
    assert spool_state().refused == 1


def test_a_batch_for_a_dataset_that_is_gone_does_not_stop_the_others(
    server: Server, api: Api, headers: dict[str, str]
) -> None:
    server.kill()
    assert send(api, headers, [complaint(7)])[0] == 202
    (path,) = store.waiting()
    text = path.read_bytes()
    path.write_bytes(text.replace(DATASET.encode(), b"grievance.complants"))
    assert send(api, headers, [complaint(8)])[0] == 202
    server.start()
    assert drain(never) == (1, 1)
    (reason,) = (store.folder() / "refused").glob("*.reason.txt")
    assert "Did you mean `complaints`?" in reason.read_text()


def test_the_spool_is_among_the_components_of_health(server: Server, api: Api, headers: dict[str, str]) -> None:
    def component() -> dict[str, str]:
        parts = api.get("/health", "read").json()["components"]
        return next(part for part in parts if part["name"] == "spool")

    assert component()["state"] == "healthy"
    server.kill()
    assert send(api, headers, [complaint(7)])[0] == 202
    server.start()
    assert (component()["state"], "wait" in component()["message"]) == ("warning", True)


def test_the_database_is_asked_once_a_second_at_most() -> None:
    clock, asked, up = [0.0], [0], [True]

    def probe() -> bool:
        asked[0] += 1
        return up[0]

    pulse = Pulse(probe, lambda: clock[0])
    assert [pulse.is_up() for _ in range(5)] == [True] * 5 and asked == [1]
    pulse.note_down()
    assert not pulse.is_up() and asked == [1]
    clock[0] = 1.5
    assert pulse.is_up() and asked == [2]
    up[0] = False
    clock[0] = 3.0
    assert not pulse.is_up() and not pulse.is_up() and asked == [3]
