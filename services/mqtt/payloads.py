"""Which rows does a message hold, and by what are they known when it is delivered again?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from pydantic_core import from_json, to_json

from services.ingest.messages import Message
from services.mqtt.routes import WORKSPACE, Route

LONGEST_RAW = 8_000
UNREAD = ("no JSON", "no rows", "not an object", "no name of the message")
"""How reasons begin of what is kept as it came, because no row could be read from it."""


def messages_of(route: Route, fields: Mapping[str, str], topic: str, payload: bytes) -> list[Message]:
    """One Message for each row of a payload; one that cannot be read is a Message with a problem."""
    name = f"{route.dataset.qualified}/{route.subscription.name}"
    whole = _digest(name, topic, payload)
    found = _rows(payload)
    if isinstance(found, Message):
        return [Message(whole, topic, found.raw, None, found.problem)]
    levels = {key: value for key, value in fields.items() if key != WORKSPACE}
    return [_message(route, name, topic, _digest(whole, number), row, levels) for number, row in enumerate(found)]


def _rows(payload: bytes) -> Sequence[Any] | Message:
    raw = payload[:LONGEST_RAW].decode(errors="backslashreplace")
    try:
        found = from_json(payload, allow_inf_nan=False)
    except ValueError as error:
        return Message(b"", "", raw, None, (f"no JSON: {error}", raw[:200], "a JSON object or a list of them"))
    if isinstance(found, dict):
        return [found]
    if isinstance(found, list) and found:
        return found
    return Message(b"", "", raw, None, ("no rows", raw[:200], "a JSON object or a list of them"))


def _message(route: Route, name: str, topic: str, by_content: bytes, row: Any, levels: Mapping[str, str]) -> Message:
    if not isinstance(row, dict):
        raw = to_json(row, inf_nan_mode="null").decode()
        return Message(by_content, topic, raw, None, ("not an object", raw[:200], "an object of column: value"))
    known_by = route.subscription.id
    if known_by is None:
        return Message(by_content, topic, "", {**row, **levels})
    said = row.get(known_by)
    if not isinstance(said, (str, int)) or said == "":
        expected = f"a text or number in `{known_by}`, which names the message"
        raw = to_json(row, inf_nan_mode="null").decode()
        return Message(by_content, topic, raw, None, ("no name of the message", str(said), expected))
    columns = row if _is_column(route, known_by) else {key: value for key, value in row.items() if key != known_by}
    return Message(_digest(name, "id", str(said)), topic, "", {**columns, **levels})


def _is_column(route: Route, name: str) -> bool:
    if route.mapping is not None:
        return True
    dataset = route.dataset
    texts = {d.name for d in dataset.dimensions} | {dataset.key, dataset.actor}
    return name in texts or name in {m.name for m in dataset.measures}


def _digest(*parts: str | bytes | int) -> bytes:
    found = blake2b(digest_size=16)
    for part in parts:
        text = part if isinstance(part, bytes) else str(part).encode(errors="surrogatepass")
        found.update(len(text).to_bytes(4, "big") + text)
    return found.digest()
