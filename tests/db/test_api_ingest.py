"""Do rows get in exactly once, whatever form, order or trouble they come with?"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.api.errors import Wait
from services.api.ingest import Gate
from tests.api_support import DATASET, EVENTS, Api, audited, complaint, complaints, served_api
from tests.support import make_workspace


@pytest.fixture
def api(database: str) -> Iterator[Api]:
    with served_api(make_workspace(), BELVEDERE_INGEST_MB="1") as found:
        yield found


def total(api: Api) -> int:
    answer = api.get("/rows", "rows", dataset=DATASET, limit=1)
    return int(answer.json()["total"])


def counts(answer: dict[str, Any]) -> tuple[int, int, int, int, int]:
    return answer["read"], answer["inserted"], answer["updated"], answer["unchanged"], answer["rejected"]


def test_new_changed_and_equal_rows_are_told_apart(api: Api) -> None:
    first = complaints(range(3))
    assert counts(api.send(first).json()) == (3, 3, 0, 0, 0)
    second = [first[0], first[1] | {"status": "closed"}, complaint(9)]
    answer = api.send({"rows": second}).json()
    assert counts(answer) == (3, 1, 1, 1, 0)
    assert total(api) == 4


def test_the_same_body_again_counts_once(api: Api) -> None:
    events = [{"occurred_at": "2026-03-01T12:00:00Z", "event": "opened", "complaint": "c1"}] * 3
    assert counts(api.send(events, EVENTS).json()) == (3, 3, 0, 0, 0)
    again = api.send(events, EVENTS).json()
    assert (again["repeated"], again["inserted"], again["version"]) == (True, 3, 1)
    assert api.get("/rows", "rows", dataset=EVENTS, **{"from": "2026-03-01"}).json()["total"] == 3


def test_a_key_counts_once_and_is_refused_for_another_body(api: Api) -> None:
    rows = complaints(range(2))
    api.send(rows, **{"Idempotency-Key": "k1"})
    again = api.send(rows, **{"Idempotency-Key": "k1"}).json()
    assert again["repeated"] is True
    other = api.send(complaints(range(5, 7)), **{"Idempotency-Key": "k1"})
    assert other.status_code == 422 and "used for other rows" in other.json()["error"]["message"]
    assert total(api) == 2
    assert api.send(complaints(range(5, 7)), **{"Idempotency-Key": "k2"}).json()["inserted"] == 2


def test_each_refused_row_is_named_with_its_line(api: Api) -> None:
    bad_time, bad_name = complaint(2) | {"opened_at": "soon"}, complaint(4) | {"colour": "red"}
    rows = [json.dumps(row) for row in (complaint(1), bad_time, complaint(3), "text", bad_name)]
    body = "\n".join([rows[0], "{broken", *rows[1:]])
    answer = api.http.post(
        f"/api/v1/ingest/{DATASET}", content=body,
        headers=api.bearer("write") | {"Content-Type": "application/x-ndjson"},
    ).json()  # fmt: skip
    assert counts(answer) == (6, 2, 0, 0, 4)
    assert [(r["line"], r["field"]) for r in answer["rejects"]] == [(2, ""), (3, "opened_at"), (5, ""), (6, "colour")]
    assert answer["rejects"][1]["found"] == "soon"
    assert all(r["reason"] and r["expected"] for r in answer["rejects"])
    assert total(api) == 2


def test_a_batch_of_which_nothing_is_accepted_is_422_with_the_first_reason(api: Api) -> None:
    answer = api.send([{"complaint_id": "c1", "opened_at": "soon"}])
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["result"]["rejected"]) == (422, "all_rejected", 1)
    assert error["message"].startswith("Not one of the 1 rows was accepted; line 1, opened_at:")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/csv", b"complaint_id,opened_at,category\nc1,2026-03-01T12:00:00Z,Noise\n"),
        ("application/x-ndjson", b'{"complaint_id":"c1","opened_at":"2026-03-01T12:00:00Z","category":"Noise"}\n'),
        ("application/json", b'[{"complaint_id":"c1","opened_at":"2026-03-01T12:00:00Z","category":"Noise"}]'),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_every_form_gives_the_same_row(api: Api, kind: str, body: bytes, packed: bool) -> None:
    headers = api.bearer("write") | {"Content-Type": kind} | ({"Content-Encoding": "gzip"} if packed else {})
    answer = api.http.post(
        f"/api/v1/ingest/{DATASET}", content=gzip.compress(body) if packed else body, headers=headers
    )
    assert answer.status_code == 200, answer.text
    (found,) = api.get("/rows", "rows", dataset=DATASET, **{"from": "2026-03-01"}).json()["rows"]
    assert (found["complaint_id"], found["opened_at"], found["category"]) == ("c1", "2026-03-01T12:00:00Z", "Noise")


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"x" * 1_100_000, {"Content-Type": "text/csv"}, 413, "too_large"),
        (gzip.compress(b"0" * 1_100_000), {"Content-Type": "text/csv", "Content-Encoding": "gzip"}, 413, "too_large"),
        (b"<xml/>", {"Content-Type": "text/xml"}, 415, "unsupported_content_type"),
        (b"{}", {"Content-Type": "application/json", "Content-Encoding": "br"}, 415, "unsupported_content_type"),
        (b"[{", {"Content-Type": "application/json"}, 422, "bad_input"),
        (b"[]", {"Content-Type": "application/json"}, 422, "bad_input"),
        (b"[]", {"Content-Type": "application/json", "Idempotency-Key": "k" * 201}, 422, "bad_input"),
    ],
    ids=["large", "large when unpacked", "XML", "Brotli", "broken", "empty", "long key"],
)
def test_a_body_that_is_not_taken_says_why(
    api: Api, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = api.http.post(f"/api/v1/ingest/{DATASET}", content=body, headers=api.bearer("write") | headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert total(api) == 0


def test_a_body_without_a_length_is_counted_as_it_comes(api: Api) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    headers = api.bearer("write") | {"Content-Type": "text/csv"}
    assert api.http.post(f"/api/v1/ingest/{DATASET}", content=endless(), headers=headers).status_code == 413


def test_an_unknown_dataset_is_404_with_the_nearest(api: Api) -> None:
    answer = api.send([], "grievance.complaint")
    assert answer.status_code == 404
    assert "Did you mean `complaints`?" in answer.json()["error"]["message"]


def test_every_batch_is_audited(api: Api) -> None:
    api.send(complaints(range(2)))
    (found,) = audited(api.workspace, "ingested")
    assert (found.object, found.detail["stored"]) == (DATASET, 2)


def test_batches_at_the_same_time_all_count(api: Api) -> None:
    headers = api.bearer("write", "rows")

    def send(number: int) -> int:
        rows = complaints(range(number * 50, number * 50 + 50))
        return api.http.post(f"/api/v1/ingest/{DATASET}", json=rows, headers=headers).status_code

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(send, range(12)))
    assert found == [200] * 12
    assert total(api) == 600


def test_who_is_turned_away_under_load_can_send_again_and_nothing_is_lost(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = api_gate(monkeypatch)
    headers = api.bearer("write", "rows")

    def send(number: int) -> int:
        rows = complaints(range(number * 10, number * 10 + 10))
        refusals = 0
        while (answer := api.http.post(f"/api/v1/ingest/{DATASET}", json=rows, headers=headers)).status_code == 429:
            assert int(answer.headers["retry-after"]) >= 1
            refusals += 1
        assert answer.status_code == 200
        return refusals

    assert gate.at_once == 1
    with ThreadPoolExecutor(8) as pool:
        refusals = list(pool.map(send, range(24)))
    assert sum(refusals) > 0
    assert total(api) == 240


def api_gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A gate that lets one batch through at a time and makes nobody wait long."""
    from services.api import ingest

    gate = Gate(1, wait_s=0.001, of_client=3)
    inlet = ingest.Inlet(gate, ingest.ByteBudget(10**7))
    monkeypatch.setattr(ingest, "inlet_of", lambda _: inlet)
    return gate


def test_a_gate_makes_the_next_batch_wait_and_not_for_long() -> None:
    async def two_at_once() -> None:
        gate = Gate(1, wait_s=0.02)
        async with gate.turn():
            with pytest.raises(Wait):
                async with gate.turn():
                    pass
        async with gate.turn():
            pass

    asyncio.run(two_at_once())


def test_one_client_cannot_take_every_place() -> None:
    async def three_of_one() -> None:
        gate = Gate(1, of_client=2)
        async with gate.client("a"), gate.client("a"):
            with pytest.raises(Wait):
                async with gate.client("a"):
                    pass
            async with gate.client("b"):
                assert gate.in_flight == 3
        assert gate.in_flight == 0

    asyncio.run(three_of_one())


def test_only_the_first_thousand_rejects_are_listed(api: Api) -> None:
    answer = api.send([{"complaint_id": "x", "opened_at": "soon"}] * 1500).json()["error"]["result"]
    assert (answer["rejected"], len(answer["rejects"])) == (1500, 1000)
