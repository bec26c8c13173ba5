"""How is a dataset written as Parquet files, a month each, and only those months that changed?"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from data.errors import BadInput
from data.model import Dataset
from data.types import Scope, TimeRange
from data.warehouse import Month, months
from services.exports.rows import Request, download
from services.exports.visible import visible_columns

_MANIFEST = "_manifest.json"


@dataclass(frozen=True, slots=True)
class Dumped:
    """What a dump did: files written, left as they were, removed, and the rows of those written."""

    folder: Path
    written: int
    unchanged: int
    removed: int
    rows: int


def dump(scope: Scope, dataset: Dataset, to: Path, now: datetime, full: bool = False) -> Dumped:
    """Write `<to>/<workspace>/<dataset>/month=2026-03/rows.parquet` for every month (UTC) that changed since the last
    dump into this folder; all of them with `full`. Raises BadInput, NotAllowed, DatabaseDown.

    A file is there whole or not at all. The manifest is written after each file, so a dump that was killed goes on.
    """
    folder = to / scope.workspace.slug / dataset.qualified
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"Folder {folder} cannot be made: {error.strerror}.") from error
    known = {} if full else _read(folder)
    found = {f"{month.starts_at:%Y-%m}": month for month in months(scope, dataset)}
    columns, _ = visible_columns(scope, dataset)
    written = rows = 0
    for name, month in found.items():
        wanted = {"rows": month.rows, "received_at": month.received_at.isoformat(), "columns": list(columns)}
        if known.get(name) != wanted or not _file(folder, name).is_file():
            rows += _write(scope, dataset, month, _file(folder, name), now)
            known[name] = wanted
            written += 1
            _keep(folder, known)
    gone = list(_gone(folder, set(found)))
    for path in gone:
        path.unlink()
        path.parent.rmdir()
    _keep(folder, {name: known[name] for name in found})
    return Dumped(folder, written, len(found) - written, len(gone), rows)


def _write(scope: Scope, dataset: Dataset, month: Month, path: Path, now: datetime) -> int:
    first = month.starts_at
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    with (
        download(scope, Request(dataset, TimeRange(first, after), form="parquet"), now) as found,
        part.open("wb") as file,
    ):
        for chunk in found.chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return found.rows


def _gone(folder: Path, names: set[str]) -> Iterator[Path]:
    for path in folder.glob("month=*/rows.parquet"):
        if path.parent.name.removeprefix("month=") not in names:
            yield path


def _file(folder: Path, name: str) -> Path:
    return folder / f"month={name}" / "rows.parquet"


def _read(folder: Path) -> dict[str, Any]:
    path = folder / _MANIFEST
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def _keep(folder: Path, known: dict[str, Any]) -> None:
    part = folder / f"{_MANIFEST}.part"
    part.write_text(json.dumps(known, indent=1, sort_keys=True))
    part.replace(folder / _MANIFEST)
