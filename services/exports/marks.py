"""What is taken along of points, grouped points and playback: each place with its rows, each step with its numbers?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from data.types import Scope
from services.exports import sheets
from services.exports.sheets import Item, PlainSheet
from services.formats import number, plural
from services.maps.choices import MapChoice
from services.maps.hexes import HexMap
from services.maps.labels import Names
from services.maps.pictures import Fact
from services.maps.playback import Film, running
from services.maps.points import Marks, district_of_cell

STEPS_COLUMNS = ("h3", "district", "step", "begin", "end", "number")


def mark_sheet(
    scope: Scope, shown: HexMap, marks: Marks, names: Names, choice: MapChoice, filters: Sequence[str], now: datetime
) -> PlainSheet:
    """The places that are drawn, the one with most rows first: rows in all and of each state of the legend.

    Of more places than are drawn, those that were drawn by lot; `about` and the sentences say how many of how many.
    """
    import shapely

    states = [swatch.text for swatch in marks.swatches]
    districts = [district_of_cell(mark.index, shown, names.of_hexagon) for mark in marks.marks]
    items = tuple(
        Item(
            mark.index, district or mark.index,
            (
                mark.index, district, mark.rows, states[mark.shares[0][0]],
                *(dict(mark.shares).get(place, 0) for place in range(len(states))),
            ),
            mark.shares[0][0], shapely.Point(mark.lon, mark.lat), float(mark.rows),
        )
        for mark, district in zip(marks.marks, districts, strict=True)
    )  # fmt: skip
    about = sheets.about(
        scope, shown.metric, choice, filters, now, marks.title, marks.note, shown.as_of_at, shown.coverage,
        shown.coverage.sentence(), shown.box,
    ) | {
        "places": len(items), "places_in_view": marks.places, "rows_in_places": sum(mark.rows for mark in marks.marks),
        "rows_in_view": marks.rows,
    }  # fmt: skip
    columns = ("h3", "district", "rows", "mostly", *(f"rows: {state}" for state in states))
    part = ("Places", marks.note)
    return PlainSheet(
        marks.title, columns, marks.swatches, items, about, sheets.sentences(about, part), names.labels, shown.box,
        choice,
    )  # fmt: skip


def film_sheet(
    scope: Scope, shown: HexMap, film: Film, names: Names, choice: MapChoice, filters: Sequence[str], now: datetime
) -> PlainSheet:
    """Each hexagon at each step at which it has a number, step by step; of what adds up also the sum up to there.

    Steps are [begin, end) in UTC.
    """
    import shapely
    from h3 import cell_to_latlng

    points = {index: shapely.Point(*reversed(cell_to_latlng(index))) for index in film.cells}
    courses = list(zip(*film.values, strict=True)) if film.values else []
    sums: Mapping[str, list[float | None]] = (
        {index: running(course) for index, course in zip(film.cells, courses, strict=True)} if film.scale_until else {}
    )
    items = tuple(
        Item(f"{index}-{step}", index, _at(film, names, sums, index, step, value), None, points[index], value)
        for step, frame in enumerate(film.values)
        for index, value in zip(film.cells, frame, strict=True)
        if value is not None
    )
    title = f"{film.metric.title} by {film.step_title}"
    about = sheets.about(
        scope, film.metric, choice, filters, now, title, "", shown.as_of_at, shown.coverage, shown.coverage.sentence(),
        shown.box,
    ) | {"steps": len(film.titles), "step": film.step_title, "resolution": shown.resolution}  # fmt: skip
    part = f"{plural(len(film.titles), 'step')} ({film.step_title}), {number(len(film.cells), 'integer')} hexagons"
    columns = (*STEPS_COLUMNS, *(("number_until",) if sums else ()))
    said = sheets.sentences(about, ("Steps", part))
    return PlainSheet(title, columns, (), items, about, said, names.labels, shown.box, choice)


def _at(
    film: Film, names: Names, sums: Mapping[str, list[float | None]], index: str, step: int, value: float
) -> tuple[Fact, ...]:
    begin, end = film.edges[step].isoformat(), film.edges[step + 1].isoformat()
    until = (sums[index][step],) if sums else ()
    return (index, names.of_hexagon.get(index, ""), film.titles[step], begin, end, value, *until)
