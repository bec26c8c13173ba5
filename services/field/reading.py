"""What can be asked of places that were treated and of reports, and how is it put to the worker?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from data.errors import BadInput
from data.model import Dataset, Pack
from data.types import Scope, TimeRange
from services.exports import require_visible
from services.field import effects, repeats
from services.field.errands import start
from services.formats import plural
from services.live.boards import leaderboards_of
from services.live.choices import range_of
from services.maps.hexes import AREAS, placed_dataset
from services.maps.places import hexagons_filter


def dataset_of(pack: Pack) -> str:
    """The first dataset of a pack whose rows have a place."""
    return next(d.qualified for d in pack.datasets if d.place)


def units(pack: Pack, picked: Sequence[str]) -> dict[str, str]:
    """By what treated places can be named: the size of the hexagons that are picked, and dimensions; "" without any."""
    cell = hexagons_filter(picked).dimension if picked else ""
    metric = next(m for m in pack.metrics if m.shape == "count" and placed_dataset(pack, m) is not None)
    named = {d.name: d.title for d in leaderboards_of(pack, metric) if d.name in AREAS}
    return {cell: "Hexagons of the heat map"} | named if cell else {**named, "": "Hexagons of the heat map"}


def area_index(columns: Sequence[str]) -> int:
    """The first of these columns that names areas, else the first of all."""
    return next((n for n, name in enumerate(columns) if name in AREAS), 0)


def named(by: str, treated: Sequence[str]) -> str:
    """Treated places in a few words."""
    if by.startswith("cell:"):
        return plural(len(treated), "hexagon")
    return ", ".join(treated) if len(treated) < 4 else plural(len(treated), "place")


def span_of(slug: str, scope: Scope, now: datetime) -> TimeRange:
    """The instants of a range in the workspace's days."""
    return range_of(slug, None, scope.workspace.timezone, now)


def ask_effect(scope: Scope, pack: Pack, ask: effects.EffectAsk, title: str, now: datetime) -> int:
    """Have the worker measure an effect; the number of the question. Raises BadInput, NotAllowed."""
    if not ask.treated:
        raise BadInput("Choose at least one place where it was done.")
    metric = next(m for m in pack.metrics if m.qualified == ask.metric)
    dataset = placed_dataset(pack, metric)
    if dataset is None:
        raise BadInput(f"{metric.title} is about rows without a place.")
    require_visible(scope, dataset, {one["dimension"] for one in ask.where} | {ask.by})
    return start(scope, "effect", title, effects.as_json(ask), None, now)


def ask_repeats(scope: Scope, dataset: Dataset, ask: repeats.RepeatsAsk, title: str, now: datetime) -> int:
    """Have the worker link reports; the number of the question. Raises NotAllowed."""
    require_visible(scope, dataset, {one["dimension"] for one in ask.where} | {ask.category, ask.area})
    return start(scope, "repeats", title, repeats.as_json(ask), None, now)
