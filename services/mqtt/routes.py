"""Which dataset, in which workspace, is a topic about?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data.model import Dataset, Model
from data.ways import Subscription
from services.ingest import Mapping
from services.ingest.mappings.named import named_mapping

WORKSPACE = "workspace"
_LEVEL = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A subscription made ready: what the broker is asked for, how a topic is read, and what rows become."""

    subscription: Subscription
    dataset: Dataset
    mapping: Mapping | None
    filter: str
    pattern: re.Pattern[str]


def routes_of(model: Model) -> tuple[Route, ...]:
    """The routes of all packs. Raises UnknownName for a mapping that its pack does not have."""
    return tuple(_route(pack.name, model, subscription) for pack in model.packs for subscription in pack.subscriptions)


def match(routes: Sequence[Route], topic: str) -> Iterator[tuple[Route, dict[str, str]]]:
    """Every route that a topic belongs to, with the fields that its levels say."""
    for route in routes:
        found = route.pattern.fullmatch(topic)
        if found:
            yield route, found.groupdict()


def _route(pack: str, model: Model, subscription: Subscription) -> Route:
    dataset = model.datasets()[f"{pack}.{subscription.dataset}"]
    levels = subscription.topic.split("/")
    wanted = "/".join("+" if _LEVEL.fullmatch(level) else level for level in levels)
    mapping = named_mapping(dataset, subscription.mapping) if subscription.mapping else None
    return Route(subscription, dataset, mapping, wanted, re.compile(_pattern(levels), re.DOTALL))


def _pattern(levels: Sequence[str]) -> str:
    parts: list[str] = []
    for level in levels:
        named = _LEVEL.fullmatch(level)
        if level == "#":
            return "/".join(parts) + ("(?:/.*)?" if parts else ".*")
        parts.append(f"(?P<{named[1]}>[^/]+)" if named else "[^/]*" if level == "+" else re.escape(level))
    return "/".join(parts)
