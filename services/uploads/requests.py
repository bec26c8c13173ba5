"""How does the page hand an import to the worker, and how does it hear how far it is?

A request is a file beside the upload, and so is the state: they outlive both processes, and a worker that was killed
takes the import up where it stopped.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from data.types import Scope
from services.ingest import Mapping, as_dict
from services.people import require
from services.uploads.store import Upload, all_uploads, folder_of

Status = Literal["none", "waiting", "running", "done", "failed"]
_REQUEST, _STATE = "request.json", "state.json"


@dataclass(frozen=True, slots=True)
class State:
    """How far an import is: `share` of the file, `rows` read; `summary` once it is done, `message` when it failed."""

    status: Status
    share: float = 0.0
    rows: int = 0
    summary: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """An import that the worker is asked for."""

    upload: Upload
    dataset: str
    mapping: dict[str, Any]
    account_id: int | None


def submit(scope: Scope, upload: Upload, dataset: str, mapping: Mapping) -> None:
    """Ask the worker to import an upload; asking again after a failure starts again. Raises NotAllowed."""
    require(scope, "write")
    request = {"dataset": dataset, "mapping": as_dict(mapping), "account_id": scope.account_id}
    note(upload.id, State("waiting"))
    _write(folder_of(upload.id) / _REQUEST, request)


def again(scope: Scope, upload: Upload) -> None:
    """Forget that an import failed, so that its mapping can be changed. Raises NotAllowed."""
    require(scope, "write")
    note(upload.id, State("none"))


def state_of(upload: Upload) -> State:
    """How far the import of an upload is; `none` before it was asked for."""
    path = folder_of(upload.id) / _STATE
    return State(**json.loads(path.read_text())) if path.is_file() else State("none")


def note(upload_id: str, state: State) -> None:
    """Write down how far an import is."""
    _write(folder_of(upload_id) / _STATE, asdict(state) | {"at": datetime.now(UTC).isoformat()})


def next_waiting() -> Turn | None:
    """The oldest import that waits, or that a killed worker left half-way."""
    for upload in all_uploads():
        path = folder_of(upload.id) / _REQUEST
        if path.is_file() and state_of(upload).status in ("waiting", "running"):
            found = json.loads(path.read_text())
            return Turn(upload, found["dataset"], found["mapping"], found["account_id"])
    return None


def _write(path: Path, content: dict[str, Any]) -> None:
    """Written beside and moved, so that a reader never sees half of it."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, default=str))
    part.replace(path)
