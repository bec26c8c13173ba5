"""How much waits on disk for the database, since when, and how would a person say it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from services.formats import plural
from services.spool import store

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class SpoolState:
    """Batches that wait with their bytes, of how many at most, the oldest one's time, and batches put aside."""

    batches: int
    bytes: int
    limit_bytes: int
    oldest_at: datetime | None
    refused: int

    @property
    def share(self) -> float:
        """The part of the space that is used."""
        return self.bytes / self.limit_bytes


def spool_state() -> SpoolState:
    """What waits now."""
    paths = store.waiting()
    oldest = datetime.fromtimestamp(int(paths[0].name.partition("-")[0]) / 1e9, UTC) if paths else None
    refused = len(list((store.folder() / "refused").glob("*.batch")))
    return SpoolState(len(paths), store.used() if paths else 0, store.limit(), oldest, refused)


def spool_said(state: SpoolState) -> str:
    """A sentence about what waits; empty when nothing does."""
    if not state.batches:
        return ""
    counted = plural(state.batches, "batch", "batches")
    waits = "waits" if state.batches == 1 else "wait"
    return (
        f"{counted} ({state.bytes / _MB:.1f} MB) that arrived meanwhile {waits} on disk and will be written in order."
    )
