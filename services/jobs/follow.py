"""How does the worker follow tables of other applications?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from data.claims import claimed
from data.errors import BelvedereError, DatabaseDown
from data.followed import followed, note_problem
from data.ways import Source
from services.follow import Changes, Follower, compare, follow, followers
from services.follow.sources import make_follower
from services.formats import plural
from services.jobs.turns import Turn

Work = Callable[[Follower, datetime, Callable[[], bool]], Changes]


def follow_sources(turn: Turn) -> str:
    """Bring in what was added or changed in every source; compare those for which somebody asked."""
    return _each(turn, _follow)


def _follow(follower: Follower, now: datetime, should_stop: Callable[[], bool]) -> Changes:
    found = follow(follower, now, should_stop)
    if followed(follower.scope, follower.dataset.id).compare_asked_at is not None:
        found += compare(follower, now, should_stop)
    return found


def compare_sources(turn: Turn) -> str:
    """Find what was deleted, or changed without a new watermark, in every source."""
    return _each(turn, compare)


def _each(turn: Turn, work: Work) -> str:
    """Do the work for each source; one that fails does not keep the others waiting, its error is raised at the end."""
    total, failed = Changes(), None
    for pack, source in followers():
        if turn.should_stop():
            break
        try:
            total += _one(turn, pack, source, work)
        except DatabaseDown:
            raise
        except Exception as error:  # noqa: BLE001 - the worker's loop over items
            error.add_note(f"in {pack}.{source.dataset}")
            failed = failed or error
    if failed:
        raise failed
    parts = [plural(total.written, "row")] if total.written else []
    parts += [f"{total.deleted} deleted"] if total.deleted else []
    return ", ".join(parts + ([f"{total.refused} refused"] if total.refused else []))


def _one(turn: Turn, pack: str, source: Source, work: Work) -> Changes:
    follower = make_follower(pack, source)
    if followed(follower.scope, follower.dataset.id).paused_at is not None:
        return Changes()
    with claimed(f"follow:{follower.dataset.qualified}") as alone:  # following and comparing would undo each other
        if alone is None:
            return Changes()
        try:
            return work(follower, turn.now, turn.should_stop)
        except DatabaseDown:
            raise
        except BelvedereError as error:
            note_problem(follower.scope, follower.dataset.id, str(error))
            raise
