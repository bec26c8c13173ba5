"""Which files of the watched folder are complete?

A program that copies a file says nothing when it is done. A file whose size and time did not change for some seconds
counts as complete; who wants to be sure copies under a name that ends in `.part` and renames it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

from services.inbox.folders import dataset_folders, is_candidate

QUIET_S = 4.0
_Look = tuple[int, int]


class Watch:
    """Remembers how files looked before."""

    def __init__(self, quiet_s: float = QUIET_S, clock: Callable[[], float] = monotonic) -> None:
        self._quiet_s, self._clock = quiet_s, clock
        self._seen: dict[Path, tuple[_Look, float]] = {}

    def complete(self) -> Iterator[tuple[str, str, Path]]:
        """Files that have not changed for `quiet_s`, with workspace and dataset, oldest first."""
        now = self._clock()
        seen: dict[Path, tuple[_Look, float]] = {}
        ready: list[tuple[int, str, str, Path]] = []
        for workspace, dataset, place in dataset_folders():
            for path in filter(is_candidate, place.iterdir()):
                look = _look(path)
                before, since = self._seen.get(path, (None, now))
                seen[path] = look, since if look == before else now
                if now - seen[path][1] >= self._quiet_s:
                    ready.append((look[1], workspace, dataset, path))
        self._seen = seen
        for _, workspace, dataset, path in sorted(ready):
            yield workspace, dataset, path


def _look(path: Path) -> _Look:
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return found.st_size, found.st_mtime_ns
