"""Does a body stay within its limits, whatever its sender claims?"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterable

import pytest
from starlette.requests import Request
from starlette.types import Message

from services.api import bodies
from services.api.bodies import Body, ByteBudget
from services.api.errors import BadField, TooLarge, TooSlow, Wait, WrongType


def request(parts: Iterable[bytes], headers: dict[str, str] | None = None, ends: bool = True) -> Request:
    messages: list[Message] = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.request", "body": b"", "more_body": False} if ends else {"type": "http.disconnect"})
    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]

    async def receive() -> Message:
        return messages.pop(0)

    return Request({"type": "http", "method": "POST", "headers": raw}, receive)


def received(wanted: Request, limit: int = 100, budget: ByteBudget | None = None) -> bytes:
    with Body(budget or ByteBudget(10_000), limit) as body:
        asyncio.run(body.receive(wanted))
        return body.decoded()


def test_a_body_comes_in_whole() -> None:
    assert received(request([b"ab", b"", b"cd"])) == b"abcd"


def test_a_declared_length_over_the_limit_is_refused_before_anything_is_read() -> None:
    with pytest.raises(TooLarge):
        received(request([], {"content-length": "101"}))


def test_a_body_that_lies_about_its_length_is_refused_as_it_comes() -> None:
    with pytest.raises(TooLarge):
        received(request([b"x" * 60, b"x" * 41], {"content-length": "10"}))


def test_gzip_is_unpacked_with_all_its_members() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    assert received(request([packed[:10], packed[10:]], {"content-encoding": "gzip"})) == b"one two"


def test_a_small_body_that_unpacks_to_a_large_one_is_refused() -> None:
    with pytest.raises(TooLarge, match="unpacked"):
        received(request([gzip.compress(b"0" * 1_000_000)], {"content-encoding": "gzip"}), limit=2_000)


@pytest.mark.parametrize("data", [b"plain", gzip.compress(b"cut off")[:-9]], ids=["plain", "cut off"])
def test_broken_gzip_says_so(data: bytes) -> None:
    with pytest.raises(BadField):
        received(request([data], {"content-encoding": "gzip"}))


def test_another_encoding_is_refused() -> None:
    with pytest.raises(WrongType, match="gzip"):
        received(request([b"x"], {"content-encoding": "br"}))


def test_a_sender_who_leaves_half_way_is_noticed() -> None:
    with pytest.raises(BadField, match="before the body was complete"):
        received(request([b"half"], ends=False))


def test_all_bodies_together_stay_within_the_budget_and_give_it_back() -> None:
    budget = ByteBudget(150)
    with Body(budget, 100) as first:
        asyncio.run(first.receive(request([b"x" * 90])))
        with pytest.raises(Wait):
            received(request([b"x" * 90]), budget=budget)
        assert budget.used == 90
    assert budget.used == 0


def test_a_body_that_does_not_arrive_in_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(bodies, "ARRIVAL_S", 0.05)
    with pytest.raises(TooSlow):
        received(Request({"type": "http", "method": "POST", "headers": []}, never))
