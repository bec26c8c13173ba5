"""Where is an uploaded file kept until it is imported?

Each upload is a folder below the data folder, with the file and what is known about it. The name is random and the
workspace is checked, so that nobody reads the upload of another workspace.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from data.errors import BadInput, UnknownName
from data.settings import settings
from data.types import Scope
from services.people import require

_ID = re.compile(r"[0-9a-f]{24}")
_CHUNK = 1 << 20
_KNOWN = "upload.json"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits for its import: `name` is what its owner calls it."""

    id: str
    workspace: str
    account: str
    name: str
    size: int
    at: str

    @property
    def path(self) -> Path:
        """Where the file is."""
        return folder_of(self.id) / "file"


def root() -> Path:
    """The folder of all uploads."""
    return settings().home / "uploads"


def folder_of(upload_id: str) -> Path:
    """The folder of one upload; raises UnknownName for what is no id."""
    if not _ID.fullmatch(upload_id):
        raise UnknownName("No such upload.")
    return root() / upload_id


def keep(scope: Scope, name: str, content: BinaryIO, now: datetime) -> Upload:
    """Copy an uploaded file to the data folder. Raises NotAllowed, and BadInput when it is larger than allowed."""
    require(scope, "write")
    upload_id = secrets.token_hex(12)
    folder = folder_of(upload_id)
    folder.mkdir(mode=0o700, parents=True)
    most = settings().upload_mb << 20
    with (folder / "file").open("wb") as out:
        for chunk in iter(lambda: content.read(_CHUNK), b""):
            out.write(chunk)
            if out.tell() > most:
                shutil.rmtree(folder)
                raise BadInput(f"{name} is larger than {settings().upload_mb} MiB. Put it into {inbox(scope)}.")
    return _note(scope, upload_id, name, now)


def inbox(scope: Scope) -> Path:
    """The folder on the server from which people of the active workspace can pick files instead of uploading them."""
    return settings().home / "inbox" / scope.workspace.slug


def pickable(scope: Scope) -> list[str]:
    """The names of the files in the active workspace's inbox; links are passed over. Raises NotAllowed."""
    require(scope, "write")
    folder = inbox(scope)
    return sorted(p.name for p in folder.glob("*") if p.is_file() and not p.is_symlink()) if folder.is_dir() else []


def pick(scope: Scope, name: str, now: datetime) -> Upload:
    """Take a file of the inbox as an upload, without copying its content where that is possible."""
    if name not in pickable(scope):
        raise UnknownName(f"No file `{name}` in {inbox(scope)}.")
    upload_id = secrets.token_hex(12)
    folder = folder_of(upload_id)
    folder.mkdir(mode=0o700, parents=True)
    try:
        os.link(inbox(scope) / name, folder / "file")
    except OSError:
        shutil.copyfile(inbox(scope) / name, folder / "file")
    return _note(scope, upload_id, name, now)


def _note(scope: Scope, upload_id: str, name: str, now: datetime) -> Upload:
    folder = folder_of(upload_id)
    size = (folder / "file").stat().st_size
    made = Upload(upload_id, scope.workspace.slug, scope.account, Path(name).name, size, now.isoformat())
    (folder / _KNOWN).write_text(json.dumps(asdict(made)))
    return made


def find(scope: Scope, upload_id: str) -> Upload:
    """An upload of the active workspace. Raises UnknownName, also for one of another workspace, and NotAllowed."""
    require(scope, "write")
    found = read(upload_id)
    if found is None or found.workspace != scope.workspace.slug:
        raise UnknownName("This upload is not here any more. Upload the file again.")
    return found


def read(upload_id: str) -> Upload | None:
    """What is known of an upload; None when it is gone."""
    path = folder_of(upload_id) / _KNOWN
    return Upload(**json.loads(path.read_text())) if path.is_file() else None


def all_uploads() -> Iterator[Upload]:
    """Every upload that is kept, the oldest first; for the worker."""
    found = [read(p.name) for p in root().glob("*") if _ID.fullmatch(p.name)] if root().is_dir() else []
    yield from sorted((u for u in found if u), key=lambda u: u.at)


def remove(upload_id: str) -> None:
    """Forget an upload and its file."""
    shutil.rmtree(folder_of(upload_id), ignore_errors=True)
