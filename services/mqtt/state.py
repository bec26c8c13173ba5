"""Is the broker listened to, and what became of its messages?"""

from __future__ import annotations

import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from data.settings import settings
from services.ingest.messages import Taken

RATE_MINUTES = 5  # whole ones
_SILENT_S = 30.0  # it tells every second
Status = Literal["off", "waiting", "connecting", "connected", "failed"]


@dataclass(frozen=True, slots=True)
class MqttState:
    """`said` is the reason for a state that is not good; the counts are of the rows since `since`, in `routes` by
    `workspace pack.dataset/subscription`."""

    status: Status
    said: str = ""
    since: str = ""
    messages: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    unplaced: int = 0
    routes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def with_taken(self, messages: int, taken: Taken) -> MqttState:
        """After so many more messages."""
        counts = {name: self.counts.get(name, 0) + value for name, value in asdict(taken).items()}
        return replace(self, messages=self.messages + messages, counts=counts)

    def with_route(self, name: str, taken: Taken, now: datetime) -> MqttState:
        """After rows of one subscription and workspace; `minutes` counts the last few, for a rate."""
        known = self.routes.get(name, {"rows": 0, "rejected": 0, "minutes": {}})
        minute = int(now.timestamp()) // 60
        minutes = {at: n for at, n in known["minutes"].items() if int(at) >= minute - RATE_MINUTES}
        minutes[str(minute)] = minutes.get(str(minute), 0) + taken.read
        found = {
            "rows": known["rows"] + taken.read, "rejected": known["rejected"] + taken.rejected,
            "last_at": now.isoformat(), "minutes": minutes,
        }  # fmt: skip
        return replace(self, routes=self.routes | {name: found})

    @property
    def text(self) -> str:
        """How it is, in a sentence."""
        if self.said or self.status == "off":
            return self.said
        if self.status != "connected":
            return "The connection to the broker is being made."
        return f"Connected; {self.messages:,} messages since {self.since[:16].replace('T', ' ')} UTC."


def mqtt_state() -> MqttState:
    """How the subscriber of this data folder says it is; `off` without a broker in the settings."""
    if not settings().mqtt_url:
        return MqttState("off")
    try:
        found = MqttState(**json.loads(_path().read_text()))
        silent_s = time.time() - _path().stat().st_mtime
    except (OSError, ValueError, TypeError):
        return MqttState("waiting", "The worker has not started to listen.")
    if found.status in ("connected", "connecting") and silent_s > _SILENT_S:
        return replace(found, status="waiting", said=f"The worker has said nothing for {silent_s:.0f} s.")
    return found


def keep_state(state: MqttState) -> None:
    """Write the state where other processes read it."""
    _replace(_path(), asdict(state))


def unplaced_path() -> Path:
    """Where messages that belong to no workspace are kept."""
    return settings().home / "dead-letters" / "mqtt.jsonl"


def client_id() -> str:
    """The name at the broker, the same after every start, because the broker keeps messages for it."""
    configured = settings().mqtt_client_id
    if configured:
        return configured
    path = settings().home / "mqtt-client-id"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(f"belvedere-{secrets.token_hex(6)}")
        part.replace(path)
    return path.read_text().strip()


def keep_unplaced(topic: str, payload: bytes, reason: str) -> None:
    """Append a message that belongs to no workspace to `dead-letters/mqtt.jsonl` of the data folder."""
    path = unplaced_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = json.dumps({"topic": topic, "reason": reason, "payload": payload.decode(errors="backslashreplace")})
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def _path() -> Path:
    return settings().home / "mqtt.json"


def _replace(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content))
    part.replace(path)
