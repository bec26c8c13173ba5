"""What is taken along of reports against incidents: each incident with its reports, each area with its ratio?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from data.model import Dataset
from data.routes import Errand
from data.types import Scope
from services.exports import sheets
from services.exports.sheets import Item, PlainSheet
from services.field.linked import IncidentMap
from services.field.repeats import ask_of
from services.formats import number, plural
from services.maps.choices import EARTH, Box, MapChoice
from services.maps.hexes import Coverage

COLUMNS = ("incident", "area", "kind", "reports", "first_at", "legend")
LEAGUE_COLUMNS = (
    "rank", "area", "reports", "incidents", "ratio_as_counted", "ratio", "ratio_low", "ratio_high", "differs",
)  # fmt: skip


def incident_sheet(
    scope: Scope, dataset: Dataset, errand: Errand, found: IncidentMap, filters: Sequence[str], now: datetime
) -> PlainSheet:
    """The incidents that are drawn, those with most reports first, each at the middle of its reports."""
    import shapely

    marks = found.marks
    items = tuple(
        Item(
            mark.index, f"{one.kind}: {plural(one.reports, 'report')}",
            (
                int(mark.index), one.area, one.kind, one.reports, one.first_at.isoformat(),
                marks.swatches[mark.shares[0][0]].text,
            ),
            mark.shares[0][0], shapely.Point(one.lon, one.lat), float(one.reports),
        )
        for one, mark in zip(found.incidents, marks.marks, strict=True)
    )  # fmt: skip
    return _sheet(
        scope, dataset, errand, "Incidents by reports", marks.note, filters, now, COLUMNS, items, found.box, found
    )


def league_sheet(scope: Scope, dataset: Dataset, errand: Errand, filters: Sequence[str], now: datetime) -> PlainSheet:
    """The areas of the league table, the most repeated reports first, as counted and shrunk with the 95 % interval."""
    items = tuple(
        Item(
            one["area"], one["area"],
            (
                one["rank"], one["area"], one["reports"], one["incidents"], one["raw"], one["shrunk"], one["low"],
                one["high"], "yes" if one["differs"] else "no",
            ),
            None, None,
        )
        for one in errand.found["standings"]
    )  # fmt: skip
    note = f"All together {errand.found['overall']:.3f} reports an incident; areas with few are drawn towards that"
    return _sheet(
        scope, dataset, errand, "Reports an incident by area", note, filters, now, LEAGUE_COLUMNS, items, EARTH
    )


def _sheet(
    scope: Scope, dataset: Dataset, errand: Errand, title: str, note: str, filters: Sequence[str], now: datetime,
    columns: tuple[str, ...], items: tuple[Item, ...], box: Box, drawn: IncidentMap | None = None,
) -> PlainSheet:  # fmt: skip
    ask, found = ask_of(errand.ask), errand.found
    choice = MapChoice("repeats", dataset.qualified, ask.range, ask.filters, None, None, "")
    linked = f"reports of one {ask.category} within {ask.distance_m:g} m and {ask.hours:g} h are one incident"
    said = (
        f"{number(found['reports'], 'integer')} of {plural(found['total'], 'report')} were linked into "
        f"{plural(found['incidents'], 'incident')}: {linked}."
    )
    coverage = Coverage(found["reports"], 0, found["total"] - found["reports"])
    told = sheets.about(
        scope, dataset, choice, filters, now, title, note, errand.as_of, coverage, said, box
    ) | {
        "incidents": found["incidents"], "reports": found["reports"], "reports_an_incident": found["ratio"],
        "linked_by": ask.category, "within_m": ask.distance_m, "within_hours": ask.hours, "areas_by": ask.area,
        "worked_out_at": errand.finished_at,
    }  # fmt: skip
    part = f"{plural(found['incidents'], 'incident')}, {found['ratio']:.3f} reports each"
    sentences = sheets.sentences(told, ("Incidents", part))
    labels, swatches = (drawn.labels, drawn.marks.swatches) if drawn else ((), ())
    return PlainSheet(title, columns, swatches, items, told, sentences, labels, box, choice)
