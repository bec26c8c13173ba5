"""Which files lie in the watched folder of a workspace, what became of them, and how is a failed one tried again?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data.database import transaction
from data.errors import BadInput, unknown
from data.types import Scope
from services.formats import grouped
from services.inbox.folders import DONE, FAILED, dataset_folders, is_candidate, is_note, root
from services.people import record, require

MOST_FILES = 20
_TOLD = ("read", "inserted", "updated", "rejected")


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file that was taken from the folder: when that was, and what became of it in a sentence."""

    dataset: str
    name: str
    at: datetime
    failed: bool
    said: str


@dataclass(frozen=True, slots=True)
class FolderLine:
    """The folder of one dataset, with the files that wait in it, were imported and could not be; the newest of them."""

    dataset: str
    path: str
    waiting: int
    done: int
    failed: int
    files: tuple[FileLine, ...]


def folder_lines(scope: Scope) -> list[FolderLine]:
    """The folders of the active workspace. Raises NotAllowed."""
    require(scope, "operate")
    return [_line(dataset, place) for dataset, place in _folders(scope).items()]


def again(scope: Scope, dataset: str, name: str) -> None:
    """Put a failed file back, so that it is imported once more; not over another one that waits under its name.

    Raises NotAllowed, UnknownName, BadInput.
    """
    require(scope, "operate")
    require(scope, "write")
    places = _folders(scope)
    failed = {path.name: path for path in _files(places[dataset] / FAILED)} if dataset in places else {}
    if name not in failed:
        raise unknown("failed file", name, failed)
    target = places[dataset] / name
    if target.exists():
        raise BadInput(f"A file called {name} waits in the folder already.")
    with transaction(scope) as tx:
        record(tx, scope, "file_retried", dataset, {"file": name})
    failed[name].replace(target)
    _note_of(failed[name], failed=True).unlink(missing_ok=True)


def _folders(scope: Scope) -> dict[str, Path]:
    return {dataset: place for workspace, dataset, place in dataset_folders() if workspace == scope.workspace.slug}


def _line(dataset: str, place: Path) -> FolderLine:
    waiting = sum(is_candidate(path) for path in place.iterdir())
    done, failed = list(_files(place / DONE)), list(_files(place / FAILED))
    newest = sorted([*done, *failed], key=lambda path: path.stat().st_mtime, reverse=True)[:MOST_FILES]
    files = tuple(_file(dataset, path) for path in newest)
    return FolderLine(dataset, str(place.relative_to(root().parent)), waiting, len(done), len(failed), files)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("*") if is_candidate(path) and not is_note(path))


def _note_of(path: Path, failed: bool) -> Path:
    return path.with_name(f"{path.name}.{'reason.txt' if failed else 'result.json'}")


def _file(dataset: str, path: Path) -> FileLine:
    failed = path.parent.name == FAILED
    note = _note_of(path, failed)
    try:
        said, at = note.read_text(encoding="utf-8").strip(), note.stat().st_mtime
    except OSError:
        said, at = "", path.stat().st_mtime
    return FileLine(dataset, path.name, datetime.fromtimestamp(at, UTC), failed, said if failed else _counts(said))


def _counts(result: str) -> str:
    """The counts of an import's note, in words."""
    try:
        found = json.loads(result)
        return ", ".join(f"{grouped(found[name])} {name}" for name in _TOLD if found[name])
    except (ValueError, KeyError, TypeError):
        return ""
