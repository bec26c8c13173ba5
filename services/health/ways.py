"""How are the ways in: rows that wait on disk, and the broker that is listened to?"""

from __future__ import annotations

from services import spool
from services.health.grading import Component, Limits, State
from services.mqtt.state import Status, mqtt_state

SPOOL = Limits(0.2, 0.8, "of the space for waiting rows")
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
    said = found.said or f"Connected; {found.messages:,} messages since {found.since[:16].replace('T', ' ')} UTC."
    return Component("mqtt", _STATES[found.status], said)
