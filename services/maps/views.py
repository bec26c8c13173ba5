"""Which picture does a choice of the map page make?"""

from __future__ import annotations

from datetime import datetime

from data.model import Metric, Pack
from data.types import Scope
from services.maps import pictures
from services.maps.choices import MapChoice
from services.maps.differences import difference
from services.maps.hexes import HexMap, listed, placed_dataset
from services.maps.hotspots import hotspot_map
from services.maps.labels import Names
from services.maps.pictures import Picture
from services.maps.trends import trend_map, trend_picture


def picture(
    scope: Scope, pack: Pack, metric: Metric, shown: HexMap, names: Names, choice: MapChoice, is_dark: bool,
    now: datetime,
) -> Picture | str:  # fmt: skip
    """The picture of a layer, or why there is none."""
    if choice.layer == "hotspots":
        dataset = placed_dataset(pack, metric)
        assert dataset is not None, "a metric that is mapped has places"
        found = hotspot_map(scope, dataset, shown, choice, now)
        return found.reason or pictures.hotspots(found, names.said, is_dark)
    if choice.layer == "emerging":
        dataset = placed_dataset(pack, metric)
        assert dataset is not None, "a metric that is mapped has places"
        course = trend_map(scope, dataset, shown, choice, now)
        return course.reason or trend_picture(course, names.said, is_dark)
    if choice.layer == "difference":
        change = difference(scope, metric, shown, choice, choice.against, now)
        return change.reason or pictures.differences(change, names.said, is_dark)
    return pictures.numbers(shown, listed(shown, names.said), choice.scale, is_dark)
