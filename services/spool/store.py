"""How is a batch kept on disk so that it is still there, whole and in its order, after anything was killed?

Each batch is a file below `spool` in the data folder, written beside, forced to the disk and renamed. Its name begins
with the time at which it was accepted, which is the order in which batches are written to the database.
"""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from data.errors import TooMany
from data.settings import settings

_ENDING = ".batch"
_MIB = 1024 * 1024
_COUNTED_S = 2.0
_numbers = itertools.count()
_lock = threading.Lock()
_counted: dict[Path, tuple[float, int]] = {}  # when the bytes of a folder were counted, and how many there were


class SpoolFull(TooMany):
    """The database is down and the disk space for what arrives meanwhile is used up. Nothing of this batch was kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A batch with everything that is needed to write it as if it arrived now; the credential is a fingerprint."""

    workspace_id: int
    workspace: str
    account_id: int | None
    account: str
    credential: str
    dataset: str
    key: str
    accepted_at: str
    rows: list[Any]

    @property
    def accepted(self) -> datetime:
        """When it was accepted."""
        return datetime.fromisoformat(self.accepted_at)


def folder() -> Path:
    """Where batches wait."""
    return settings().home / "spool"


def put(kept: Kept) -> int:
    """Keep a batch until the database is back; the bytes it takes. Raises SpoolFull. On disk when this returns."""
    head = asdict(kept)
    rows = head.pop("rows")
    content = json.dumps(head).encode() + b"\n" + json.dumps(rows).encode()
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _lock:
        if used() + len(content) > limit():
            raise SpoolFull
        number = f"{time.time_ns():020d}-{os.getpid()}-{next(_numbers):08d}"
        path = place / f"{number}-{kept.workspace_id}-{kept.dataset}{_ENDING}"
        _write(path, content)
        seen, size = _counted[place]
        _counted[place] = seen, size + len(content)
    return len(content)


def waiting() -> list[Path]:
    """The batches that wait, in the order of their acceptance."""
    return sorted(folder().glob(f"*{_ENDING}"))


def is_waiting_for(workspace_id: int, dataset: str) -> bool:
    """Whether a batch of this dataset waits: what arrives now has to stay behind it."""
    ending = f"-{workspace_id}-{dataset}{_ENDING}"
    try:
        with os.scandir(folder()) as entries:
            return any(entry.name.endswith(ending) for entry in entries)
    except FileNotFoundError:
        return False


def read(path: Path) -> Kept:
    """A batch that waits."""
    head, _, rows = path.read_bytes().partition(b"\n")
    return Kept(**json.loads(head), rows=json.loads(rows))


def refuse(path: Path, reason: str) -> None:
    """Put a batch that cannot be written aside, into `spool/refused`, with the reason beside it."""
    aside = folder() / "refused"
    aside.mkdir(mode=0o700, exist_ok=True)
    (aside / f"{path.name}.reason.txt").write_text(reason + "\n")
    path.replace(aside / path.name)


def used() -> int:
    """Bytes of all batches that wait, counted anew every two seconds."""
    place = folder()
    seen, size = _counted.get(place, (-_COUNTED_S, 0))
    now = time.monotonic()
    if now - seen >= _COUNTED_S:
        size = sum(_size(path) for path in place.glob(f"*{_ENDING}"))
        _counted[place] = now, size
    return size


def limit() -> int:
    """Bytes that may wait."""
    return settings().spool_mb * _MIB


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # written to the database meanwhile
        return 0


def _write(path: Path, content: bytes) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
