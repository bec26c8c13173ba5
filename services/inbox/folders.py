"""Where are files put for which dataset, and where do they go afterwards?

    inbox/<workspace>/<pack>.<dataset>/file.csv, then done/ or failed/ beside it

A `mapping.yaml` in a dataset's folder is the mapping of its files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.settings import settings
from services.model import packs_of
from services.people import all_workspaces, worker_scope

DONE, FAILED = "done", "failed"
MAPPING = "mapping.yaml"
_LONGEST_NAME = 230  # bytes: file systems take 255, and the note is called <name>.result.json
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".swp", "~")


def root() -> Path:
    """The folder that is watched."""
    return settings().home / "inbox"


def make_folders() -> None:
    """Make the folder of every dataset that a workspace uses, so that people see where files go."""
    for workspace in all_workspaces():
        for pack in packs_of(worker_scope(workspace)):
            for dataset in pack.datasets:
                (root() / workspace.slug / dataset.qualified).mkdir(mode=0o750, parents=True, exist_ok=True)


def dataset_folders() -> Iterator[tuple[str, str, Path]]:
    """Each folder in which files may lie, with the names of its workspace and dataset as they are written there."""
    for place in sorted(root().glob("*/*")):
        if place.is_dir() and not place.is_symlink():
            yield place.parent.name, place.name, place


def is_candidate(path: Path) -> bool:
    """Whether a file may be imported: no link, not hidden, no mapping, not under a name for half-copied files."""
    name = path.name.lower()
    if name.startswith(".") or name == MAPPING or name.endswith(_UNFINISHED):
        return False
    return path.is_file() and not path.is_symlink()


def put_away(path: Path, into: str, note: dict[str, Any] | str) -> None:
    """Move a file to done/ or failed/ with a note beside it; a name that is there already gets a number, and one that
    leaves no room for number and note is cut."""
    folder = path.parent / into
    folder.mkdir(mode=0o750, exist_ok=True)
    stem = os.fsdecode(os.fsencode(path.stem)[: _LONGEST_NAME - len(os.fsencode(path.suffix))])
    target, number = folder / f"{stem}{path.suffix}", 1
    while target.exists():
        target = folder / f"{stem}-{number}{path.suffix}"
        number += 1
    if isinstance(note, str):
        (folder / f"{target.name}.reason.txt").write_text(note + "\n", encoding="utf-8")
    else:
        (folder / f"{target.name}.result.json").write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
    path.replace(target)


def is_note(path: Path) -> bool:
    """Whether this is what was written beside a file, and not a file itself."""
    return path.name.endswith((".reason.txt", ".result.json"))
