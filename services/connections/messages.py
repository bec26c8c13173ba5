"""Which topics of the broker become rows of a workspace, and what has come by each?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.model import Dataset
from data.types import Scope
from services.model import model_of
from services.mqtt import MqttState, mqtt_state, routes_of
from services.mqtt.state import RATE_MINUTES, unplaced_path
from services.people import require


@dataclass(frozen=True, slots=True)
class SubscriptionLine:
    """A subscription with what came by it into this workspace since the worker listens; `per_minute` is the mean of the
    last whole minutes."""

    dataset: Dataset
    name: str
    topic: str
    rows: int
    rejected: int
    last_at: datetime | None
    per_minute: float


@dataclass(frozen=True, slots=True)
class MqttLines:
    """The connection to the broker, the subscriptions of a workspace, and whether messages for nobody were kept."""

    state: MqttState
    lines: tuple[SubscriptionLine, ...]
    has_unplaced: bool


def mqtt_lines(scope: Scope, now: datetime) -> MqttLines:
    """The subscriptions that can bring rows into the active workspace. Raises NotAllowed."""
    require(scope, "operate")
    state, slug = mqtt_state(), scope.workspace.slug
    lines = []
    for route in routes_of(model_of(scope)):
        said = route.subscription
        if said.workspace in (None, slug):
            topic = said.topic.replace("{workspace}", slug)
            found = state.routes.get(f"{slug} {route.dataset.qualified}/{said.name}", {})
            lines.append(_line(route.dataset, said.name, topic, found, now))
    return MqttLines(state, tuple(lines), unplaced_path().is_file())


def _line(dataset: Dataset, name: str, topic: str, found: dict[str, Any], now: datetime) -> SubscriptionLine:
    minute = int(now.timestamp()) // 60
    recent = sum(n for at, n in found.get("minutes", {}).items() if minute - RATE_MINUTES <= int(at) < minute)
    last_at = datetime.fromisoformat(found["last_at"]) if found else None
    counts = found.get("rows", 0), found.get("rejected", 0)
    return SubscriptionLine(dataset, name, topic, *counts, last_at, recent / RATE_MINUTES)
