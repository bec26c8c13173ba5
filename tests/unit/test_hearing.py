"""Does a program that sends a large request hear that it was refused, and for how long?"""

from __future__ import annotations

import http.client
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from services.api.limits import RateLimit
from services.web.hearing import HearOut

MB = 1_000_000


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server that refuses every request before it has read it, and hears out 20 MB."""
    app = HearOut(RateLimit(PlainTextResponse("never"), 0), most_bytes=20 * MB)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


def test_a_program_that_reads_after_sending_hears_it_on_a_connection_that_is_not_kept(port: int) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/query", data=b"x" * 12 * MB)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 429 and 0 < int(refused.value.headers["Retry-After"]) <= 60
    assert b"Wait" in refused.value.read()


def test_so_does_one_that_keeps_its_connection(port: int) -> None:
    with httpx.Client() as client:
        answers = [client.post(f"http://127.0.0.1:{port}/api/v1/query", content=b"x" * 12 * MB) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [429, 429] and all(a.headers["retry-after"] for a in answers)


def test_one_that_waits_to_be_asked_for_its_body_is_answered_at_once(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.putrequest("POST", "/api/v1/query")
    for name, value in (("Content-Length", str(12 * MB)), ("Expect", "100-continue"), ("Connection", "close")):
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 429


def test_a_request_without_an_end_is_not_heard_out(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sender:
        sender.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9000000000\r\n\r\n")
        with pytest.raises(ConnectionError):
            sender.sendall(b"x" * 400 * MB)
