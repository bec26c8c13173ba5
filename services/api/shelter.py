"""Who may still send rows while the database cannot be asked, and where do the rows stay until it is back?

LIMIT: while the database is down, a credential is believed that this process has seen in force before; whether it still
was is asked when its rows are written.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from data.errors import DatabaseDown
from data.model import Dataset
from data.pulse import answers
from data.types import Scope
from services import model, spool
from services.api.access import caller, count_request, now
from services.api.access import find_dataset as find_in_workspace
from services.api.credentials import fingerprint
from services.api.errors import Wait

_TRUSTED_S = 1.0
_CREDENTIALS = 10_000
_FULL_RETRY_S = 30


class Pulse:
    """Whether the database answers; asked at most once a second, and not at all while it is seen to work."""

    def __init__(self, probe: Callable[[], bool] = answers, clock: Callable[[], float] = time.monotonic) -> None:
        self._probe, self._clock = probe, clock
        self._lock = threading.Lock()
        self._is_up = True
        self._seen = -_TRUSTED_S

    def is_up(self) -> bool:
        """Whether it answered when it was last asked; who comes while somebody asks gets the answer of before."""
        if self._clock() - self._seen >= _TRUSTED_S and self._lock.acquire(blocking=False):
            try:
                self._note(self._probe())
            finally:
                self._lock.release()
        return self._is_up

    def note_up(self) -> None:
        """Something was just written."""
        self._note(True)

    def note_down(self) -> None:
        """It has just not answered."""
        self._note(False)

    def _note(self, is_up: bool) -> None:
        self._is_up, self._seen = is_up, self._clock()


class Shelter:
    """What the ingest routes of one application share for the time without a database."""

    def __init__(self, pulse: Pulse | None = None) -> None:
        self.pulse = pulse or Pulse()
        self._known: OrderedDict[tuple[str, str], Scope] = OrderedDict()

    def remember(self, credential: str, workspace: str, scope: Scope) -> None:
        """A credential was in force just now."""
        self._known[credential, workspace] = scope
        self._known.move_to_end((credential, workspace))
        while len(self._known) > _CREDENTIALS:
            self._known.popitem(last=False)

    def recall(self, credential: str, workspace: str) -> Scope | None:
        """Whose credential this is, if it was in force when the database was last asked."""
        return self._known.get((credential, workspace))

    def must_keep(self, scope: Scope, dataset: Dataset) -> bool:
        """Whether a batch has to go to the disk: there is no database, or earlier ones still wait there."""
        return not self.pulse.is_up() or spool.is_waiting_for(scope.workspace.id, dataset.qualified)

    def keep(self, scope: Scope, credential: str, dataset: Dataset, key: str, rows: list[Any]) -> dict[str, Any]:
        """Keep a batch on disk; the answer to its sender. Raises Wait when there is no room."""
        kept = spool.Kept(
            scope.workspace.id, scope.workspace.slug, scope.account_id, scope.account, credential, dataset.qualified,
            key, now().isoformat(), rows,
        )  # fmt: skip
        try:
            size = spool.put(kept)
        except spool.SpoolFull as error:
            raise Wait(str(error), _FULL_RETRY_S) from error
        return {
            "spooled": True, "dataset": dataset.qualified, "key": key, "read": len(rows), "bytes": size,
            "message": "The database is busy coming back or does not answer. The rows are safe on disk; they are "
            "checked and written in order when it is back.",
        }  # fmt: skip


def shelter_of(request: Request) -> Shelter:
    """The shelter of the application that answers this request."""
    found = request.app.state.shelter
    assert isinstance(found, Shelter)
    return found


def writer(
    request: Request,
    workspace: Annotated[
        str | None,
        Query(description="Workspace to write to, by its short name; without it the token's or the session's own."),
    ] = None,
) -> Scope:
    """The caller; while the database is down, whoever the credential belonged to when it was last asked."""
    shelter, credential = shelter_of(request), fingerprint(request.scope)
    if shelter.pulse.is_up():
        try:
            scope = caller(request, workspace)
            shelter.remember(credential, workspace or "", scope)
            return scope
        except DatabaseDown:
            shelter.pulse.note_down()
    known = shelter.recall(credential, workspace or "")
    if known is None:
        raise DatabaseDown
    count_request(request)
    return known


Writer = Annotated[Scope, Depends(writer)]


def find_dataset(shelter: Shelter, scope: Scope, name: str) -> Dataset:
    """A dataset of the workspace's packs; without a database, of any pack. Raises UnknownName."""
    if shelter.pulse.is_up():
        try:
            return find_in_workspace(scope, name)
        except DatabaseDown:
            shelter.pulse.note_down()
    return model.find_dataset(model.current(), name)
