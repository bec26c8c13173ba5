"""What happened last, as lines that people read?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.model import Dataset
from services.formats import NOTHING, moment
from services.live.boards import stream_columns


@dataclass(frozen=True, slots=True)
class Stream:
    """The newest rows of a dataset: column titles and, newest first, one text a column."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


def stream(dataset: Dataset, rows: Sequence[dict[str, Any]], timezone: str, now: datetime) -> Stream:
    """The rows as lines; personal columns are left out."""
    columns = stream_columns(dataset)
    lines = tuple(tuple(_text(row.get(name), timezone, now) for name, _ in columns) for row in rows)
    return Stream(dataset.title, tuple(title for _, title in columns), lines)


def _text(value: Any, timezone: str, now: datetime) -> str:
    if value is None or value == "":
        return NOTHING
    return moment(value, timezone, now) if isinstance(value, datetime) else str(value)
