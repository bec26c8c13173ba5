"""How are the ways in: rows that wait on disk, and the broker that is listened to?"""

from __future__ import annotations

from datetime import datetime

from data.errors import UnknownName
from data.followed import followed
from data.ways import Source
from services import spool
from services.formats import age, plural
from services.health.grading import STATES, Component, Limits, State
from services.model import current
from services.mqtt.state import Status, mqtt_state
from services.people import get_workspace, worker_scope

SPOOL = Limits(0.2, 0.8, "of the space for waiting rows")
FOLLOWED = Limits(120, 900, "s")
_STATES: dict[Status, State] = {
    "connected": "healthy", "connecting": "warning", "waiting": "critical", "failed": "critical"
}  # fmt: skip


def waiting_rows() -> Component:
    """Rows on disk that could not be written yet; anything that waits or was put aside is worth a look."""
    found = spool.spool_state()
    said = spool.spool_said(found) or "Nothing waits on disk."
    if found.refused:
        said += f" {found.refused} could not be written: see spool/refused in the data folder."
    state = SPOOL.state(found.share)
    if state == "healthy" and (found.batches or found.refused):
        state = "warning"
    return Component("spool", state, said, round(found.share, 4), SPOOL)


def broker() -> Component | None:
    """The connection to the broker; None where none is in the settings."""
    found = mqtt_state()
    if found.status == "off":
        return None
    return Component("mqtt", _STATES[found.status], found.text)


def followed_tables(now: datetime) -> Component | None:
    """How long ago the tables of other applications were read; None where none is followed. Raises DatabaseDown."""
    sources = [(pack.name, source) for pack in current().packs for source in pack.sources]
    if not sources:
        return None
    found = [_followed(pack, source, now) for pack, source in sources]
    lags = [lag for lag, _ in found if lag is not None]
    problems = [said for _, said in found if said]
    state: State = FOLLOWED.state(max(lags, default=0.0))
    if problems:
        state = max(state, "warning", key=STATES.index)
    message = f"{plural(len(sources), 'table')}; last read {age(max(lags, default=0.0))} ago at most."
    return Component("followed tables", state, " ".join([message, *problems]), max(lags, default=None), FOLLOWED)


def _followed(pack: str, source: Source, now: datetime) -> tuple[float | None, str]:
    """Seconds since a table was read (None: it rests, or never was), and what is wrong."""
    name = f"{pack}.{source.dataset}"
    try:
        scope = worker_scope(get_workspace(source.workspace))
    except UnknownName as error:
        return None, f"{name}: {error}"
    found = followed(scope, current().datasets()[name].id)
    if found.paused_at is not None:
        return None, ""
    lag = None if found.read_at is None else max(0.0, round((now - found.read_at).total_seconds(), 1))
    return lag, f"{name}: {found.message}" if found.message else ""
