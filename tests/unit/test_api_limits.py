"""Does the rate limit count each client for itself, in bounded memory, and tell what is left?"""

from __future__ import annotations

from collections import OrderedDict

import pytest

from services.api.errors import Wait
from services.api.limits import Charge, Limiter
from services.web.clients import client_of


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_a_client_gets_its_requests_and_not_one_more() -> None:
    limiter = Limiter(3, clock=Clock())
    assert [limiter.take("a").remaining for _ in range(3)] == [2, 1, 0]
    assert not limiter.take("a").allowed
    assert limiter.take("b").allowed


def test_a_minute_later_the_count_starts_anew() -> None:
    clock = Clock()
    limiter = Limiter(1, clock=clock)
    limiter.take("a")
    clock.at += 59.5
    refused = limiter.take("a")
    assert (refused.allowed, refused.reset_s) == (False, 1)
    clock.at += 0.5
    assert limiter.take("a").allowed


def test_refused_requests_do_not_lengthen_the_wait() -> None:
    clock = Clock()
    limiter = Limiter(1, clock=clock)
    limiter.take("a")
    for _ in range(10):
        clock.at += 5
        limiter.take("a")
    clock.at += 10
    assert limiter.take("a").allowed


def test_the_client_unseen_for_longest_is_forgotten_first() -> None:
    limiter = Limiter(2, clients=3, clock=Clock())
    for client in ("a", "b", "c", "a", "d"):
        limiter.take(client)
    assert len(limiter) == 3
    assert limiter.take("a").remaining == 0
    assert limiter.take("b").remaining == 1


def test_the_headers_say_limit_rest_and_seconds_to_wait() -> None:
    headers = Limiter(60, clock=Clock()).take("a").headers()
    assert headers == {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "60"}


def test_a_verified_client_no_longer_counts_on_its_address() -> None:
    limiter = Limiter(5, clock=Clock())
    charge = Charge(limiter, "address:1", OrderedDict())
    charge.move("token:x")
    assert charge.allowance.remaining == 4
    assert limiter.take("address:1").remaining == 4


def test_a_verified_client_without_requests_left_is_refused() -> None:
    limiter = Limiter(1, clock=Clock())
    limiter.take("token:x")
    with pytest.raises(Wait) as refused:
        Charge(limiter, "address:1", OrderedDict()).move("token:x")
    assert refused.value.retry_after_s == 60


def test_a_waived_request_costs_nothing() -> None:
    limiter = Limiter(5, clock=Clock())
    Charge(limiter, "a", OrderedDict()).waive()
    assert limiter.take("a").remaining == 4


@pytest.mark.parametrize(
    ("host", "client"), [("10.0.0.7", "10.0.0.7"), ("2001:db8::1", "2001:db8::/64"), ("2001:db8::2", "2001:db8::/64")]
)
def test_an_ipv6_client_is_its_network(host: str, client: str) -> None:
    assert client_of({"type": "http", "client": (host, 1)}) == client
