"""What is taken along of a map of districts: their polygons, numbers, rates and findings?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from data.boundaries import Boundaries
from data.types import Scope
from services.exports import sheets
from services.exports.sheets import Item, PlainSheet
from services.formats import plural
from services.maps.boundaries import box_of_boundaries, labels_of
from services.maps.choices import MapChoice
from services.maps.choropleth import value_of
from services.maps.districts import PER, District, DistrictMap, sentence
from services.maps.hotspots import KINDS
from services.maps.pictures import Fact, Picture


def area_sheet(
    scope: Scope, shown: DistrictMap, picture: Picture, found: Boundaries, choice: MapChoice, filters: Sequence[str],
    now: datetime,
) -> PlainSheet:  # fmt: skip
    """Every area of the boundaries with its polygon as it was brought, also those without a number, the largest first.

    `filters` are those of the choice in words.
    """
    import shapely

    shapes = dict(zip(found.keys, shapely.from_geojson(np.asarray(found.exact, object)).tolist(), strict=True))
    painted = {cell.index: cell.swatch for cell in picture.cells}
    ranked = sorted(shown.districts, key=lambda one: (-_rank(one, choice), one.key))
    items = tuple(
        Item(
            one.key, one.key, _values(one, shown, picture, painted.get(one.key)), painted.get(one.key), shapes[one.key]
        )
        for one in ranked
    )
    about = sheets.about(
        scope, shown.metric, choice, filters, now, picture.title, picture.note, shown.as_of_at, shown.coverage,
        sentence(shown), choice.box or box_of_boundaries(found),
    ) | {
        "areas": len(items), "boundaries": found.about.name, "source": found.about.source,
        "rows_by": shown.dimension or "place", "rate_by": shown.exposure_title or None,
    }  # fmt: skip
    part = f"{plural(len(items), 'area')} of {found.about.name} ({found.about.source})"
    return PlainSheet(
        picture.title, columns(shown), picture.swatches, items, about, sheets.sentences(about, ("Areas", part)),
        labels_of(found), choice.box or box_of_boundaries(found), choice,
    )  # fmt: skip


def columns(shown: DistrictMap) -> tuple[str, ...]:
    """What each area tells: rates only where an exposure is chosen, findings only of hot spots."""
    rates = ("exposure", f"rate_per_{PER}", f"smoothed_rate_per_{PER}") if shown.exposure_title else ()
    return ("area", "number", "rows", *rates, "legend", *(("finding", "z", "q") if _has_spots(shown) else ()))


def _has_spots(shown: DistrictMap) -> bool:
    return any(one.grade is not None for one in shown.districts)


def _values(one: District, shown: DistrictMap, picture: Picture, swatch: int | None) -> tuple[Fact, ...]:
    rates = (one.exposure, one.rate, one.smoothed) if shown.exposure_title else ()
    legend = "" if swatch is None else picture.swatches[swatch].text
    kind = None if one.grade is None else KINDS[one.grade]
    return (one.key, one.value, one.rows, *rates, legend, *((kind, one.z, one.q) if _has_spots(shown) else ()))


def _rank(one: District, choice: MapChoice) -> float:
    value = one.z if choice.show == "hotspots" else value_of(one, choice.show)
    return float("-inf") if value is None else value
