"""Which messages were refused, and how are they tried again or discarded without losing or doubling one?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from pydantic_core import from_json

from data import messages as kept
from data.database import transaction
from data.errors import BadInput
from data.messages import DeadLetter
from data.types import Scope
from services.ingest.messages import Message, Taken, store_messages
from services.model import current
from services.mqtt import Route, match, routes_of
from services.mqtt.payloads import UNREAD, messages_of
from services.people import record, require

PAGE = 25
FIELDS = ("at", "dataset", "source", "field", "reason", "found", "expected", "raw")


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of messages that were tried again: stored, refused again (they are kept anew), left as they were."""

    stored: int = 0
    refused: int = 0
    left: int = 0


def count(scope: Scope) -> int:
    """How many refused messages the active workspace keeps. Raises NotAllowed."""
    require(scope, "operate")
    return kept.count_dead_letters(scope)


def letters(scope: Scope, page: int = 1) -> list[DeadLetter]:
    """A page of refused messages of the active workspace, newest first. Raises NotAllowed."""
    require(scope, "operate")
    return kept.dead_letters(scope, PAGE, skip=(page - 1) * PAGE)


def opened(scope: Scope, letter_id: int) -> DeadLetter | None:
    """One refused message as it came, for somebody to look at; that is in the audit. Raises NotAllowed."""
    require(scope, "operate")
    require(scope, "personal")
    with transaction(scope) as tx:
        found = kept.some_dead_letters(tx, scope, [letter_id])
        for letter in found:
            record(tx, scope, "dead_letter_opened", letter.dataset, {"message": letter.id, "topic": letter.source})
    return found[0] if found else None


def taken_along(scope: Scope) -> Iterator[Sequence[object]]:
    """Every refused message as lines of a table, headed by the names of its columns; that is in the audit."""
    require(scope, "export")
    require(scope, "personal")
    with transaction(scope) as tx:
        record(tx, scope, "dead_letters_exported", "messages", {"messages": kept.count_dead_letters(scope)})
    yield FIELDS
    before: int | None = None
    while found := kept.dead_letters(scope, 1_000, before):
        yield from ([getattr(letter, name) for name in FIELDS] for letter in found)
        before = found[-1].id


def discard(scope: Scope, ids: Sequence[int]) -> int:
    """Keep refused messages no longer; how many there were. The audit names them, not what they said."""
    require(scope, "operate")
    with transaction(scope) as tx:
        found = kept.some_dead_letters(tx, scope, ids)
        kept.remove_dead_letters(tx, scope, [letter.id for letter in found])
        for letter in found:
            detail = {"message": letter.id, "topic": letter.source, "reason": letter.reason}
            record(tx, scope, "dead_letter_discarded", letter.dataset, detail)
    return len(found)


def retry(scope: Scope, ids: Sequence[int], now: datetime) -> Retried:
    """Take refused messages as if they came now, each by itself; one that is refused again is kept with its new reason.

    A message is stored first and taken away afterwards. Whoever is interrupted in between finds it again, and its name
    makes it count once. Raises NotAllowed, DatabaseDown.
    """
    require(scope, "operate")
    require(scope, "write")
    routes = routes_of(current())
    with transaction(scope) as tx:
        found = kept.some_dead_letters(tx, scope, ids)
    stored = refused = left = 0
    for letter in found:
        taken = _taken(scope, routes, letter, now)
        if taken is None:
            left += 1
            continue
        stored += not taken.rejected
        refused += bool(taken.rejected)
        with transaction(scope) as tx:
            kept.remove_dead_letters(tx, scope, [letter.id])
            detail = {"message": letter.id, "topic": letter.source, "refused": taken.rejected}
            record(tx, scope, "dead_letter_retried", letter.dataset, detail)
    return Retried(stored, refused, left)


def _taken(scope: Scope, routes: Sequence[Route], letter: DeadLetter, now: datetime) -> Taken | None:
    """What became of one message; None when no subscription is about it any more or it cannot be stored now."""
    for route, fields in match(routes, letter.source):
        if route.dataset.qualified == letter.dataset:
            try:
                return store_messages(scope, route.dataset, route.mapping, _messages(route, fields, letter), now)
            except BadInput:
                return None
    return None


def _messages(route: Route, fields: dict[str, str], letter: DeadLetter) -> list[Message]:
    """The rows of a message as it came, or the row that was refused, under a name of its own."""
    if letter.reason.startswith(UNREAD):
        found = messages_of(route, fields, letter.source, letter.raw.encode())
        return [_renamed(route, letter, number, message) for number, message in enumerate(found)]
    try:
        row = from_json(letter.raw, allow_inf_nan=False)
    except ValueError as error:
        problem = (f"no JSON: {error}", letter.raw[:200], "a JSON object; longer messages are not kept as a whole")
        return [Message(_name(letter, 0), letter.source, letter.raw, None, problem)]
    return [Message(_name(letter, 0), letter.source, letter.raw, row)]


def _renamed(route: Route, letter: DeadLetter, number: int, message: Message) -> Message:
    """TRICKY: a message that is known by its content was noted as taken when it was refused, and would now be passed
    over as a repetition. Only what its sender named keeps that name."""
    is_named = route.subscription.id is not None and message.row is not None
    return message if is_named else replace(message, id=_name(letter, number))


def _name(letter: DeadLetter, number: int) -> bytes:
    return blake2b(f"dead letter {letter.id} {number}".encode(), digest_size=16).digest()
