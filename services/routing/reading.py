"""Which day do a user's own files describe: stops and officers as CSV, or both in one JSON?"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from data.errors import BadInput, unknown
from services.routing.clock import seconds_of
from services.routing.engines import Engine, ask
from services.routing.fields import Record
from services.routing.matrices import read_matrix
from services.routing.plans import DAY_S, Break, Day, Officer, Place, Stop, Travel
from services.routing.travel import estimated, places_of

_T = TypeVar("_T")
STOP_FIELDS = (
    "id", "lat", "lon", "road", "service_minutes", "from", "to", "priority", "skills", "load", "name", "kind",
)  # fmt: skip
OFFICER_FIELDS = (
    "id", "name", "lat", "lon", "end_lat", "end_lon", "road", "from", "to", "breaks", "skills", "capacity", "begun",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TravelWish:
    """Where travel times come from: a table, a routing server, or neither (estimated)."""

    matrix: Path | None = None
    engine: Engine = "osrm"
    url: str = ""
    timeout_s: float = 10.0


def read_day(path: Path, officers: Path | None, wish: TravelWish) -> Day:
    """The day of a JSON file with `stops` and `officers`, or of a CSV of stops and one of officers.

    Raises BadInput naming file, line (or entry), field, what was found and what is expected.
    """
    if path.suffix.lower() == ".json":
        body = _json(path)
        stop_rows, officer_rows = _entries(path, body, "stops"), _entries(path, body, "officers")
    elif officers is None:
        raise BadInput(f"{path.name}: a CSV of stops needs a file of officers beside it (--officers).")
    else:
        stop_rows, officer_rows = _csv(path), _csv(officers)
    stops, crew = stops_of(stop_rows), officers_of(officer_rows)
    begun = {row.text("id"): tuple(row.names("begun")) for row in officer_rows if row.names("begun")}
    return Day(stops, crew, travel_for(stops, crew, wish), begun)


def records_of(text: str, name: str) -> list[Record]:
    """The lines of a CSV; `name` is what the file is called in errors."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    rows = csv.DictReader(text.splitlines(), delimiter=delimiter, restkey="more values than columns")
    return [
        Record(f"{name}, line {rows.line_num}", {field: value for field, value in row.items() if value}) for row in rows
    ]


def stops_of(rows: Sequence[Record]) -> tuple[Stop, ...]:
    """The stops of lines. Raises BadInput."""
    return tuple(_made(_stop, row, STOP_FIELDS) for row in rows)


def officers_of(rows: Sequence[Record]) -> tuple[Officer, ...]:
    """The officers of lines. Raises BadInput."""
    return tuple(_made(_officer, row, OFFICER_FIELDS) for row in rows)


def travel_for(stops: Sequence[Stop], officers: Sequence[Officer], wish: TravelWish) -> Travel:
    """Travel as wished. In a user's table a stop goes by its id; an officer's base by `ID`, another end by `ID/end`."""
    places = places_of(stops, officers)
    if wish.matrix is not None:
        ends = [name for who in officers for name in (who.id, who.id if who.end == who.start else f"{who.id}/end")]
        return read_matrix(wish.matrix, [*(stop.id for stop in stops), *ends])
    return ask(wish.engine, wish.url, places, wish.timeout_s) if wish.url else estimated(places)


def _made(make: Callable[[Record], _T], row: Record, fields: Sequence[str]) -> _T:
    for name in row.values:
        if name not in fields:
            raise BadInput(f"{row.where}: {unknown('field', name, fields)}")
    return make(row)


def _stop(row: Record) -> Stop:
    return Stop(
        row.text("id"), _place(row, "lat", "lon"), round(60 * row.number("service_minutes", 15.0, 0, 1440)),
        row.clock("from", 0), row.clock("to", 2 * DAY_S), round(row.number("priority", 3, 1, 5)),
        frozenset(row.names("skills")), round(row.number("load", 0, 0, 1e6)), row.text("name", ""),
        row.one_of("kind", "case", ("hotspot", "case", "inspection")),  # type: ignore[arg-type]
    )  # fmt: skip


def _officer(row: Record) -> Officer:
    start = _place(row, "lat", "lon")
    end = _place(row, "end_lat", "end_lon") if row.has("end_lat") or row.has("end_lon") else start
    from_s, to_s = row.clock("from"), row.clock("to")
    if to_s <= from_s:
        to_s += DAY_S  # a night shift
    capacity = round(row.number("capacity", 0, 0, 1e6)) if row.has("capacity") else None
    breaks = tuple(sorted((_break(row, text) for text in row.names("breaks")), key=lambda rest: rest.opens_s))
    return Officer(
        row.text("id"), start, end, from_s, to_s, breaks, frozenset(row.names("skills")), capacity, row.text("name", "")
    )


def _place(row: Record, lat: str, lon: str) -> Place:
    from services.routing.travel import ROADS

    road = row.one_of("road", "urban", tuple(ROADS))
    return Place(row.number(lat, None, -90, 90), row.number(lon, None, -180, 180), road)


def _break(row: Record, text: str) -> Break:
    """`12:00-13:30 30`: thirty minutes that begin between the two times."""
    try:
        window, minutes = text.split()
        opens, latest = window.split("-")
        return Break(seconds_of(opens), seconds_of(latest), int(minutes) * 60)
    except ValueError as error:
        raise row.wrong("breaks", "one like `12:00-13:30 30` (begins between, minutes)") from error


def _json(path: Path) -> Mapping[str, Any]:
    try:
        body = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}.") from error
    except json.JSONDecodeError as error:
        raise BadInput(f"{path.name}, line {error.lineno}, column {error.colno}: no JSON ({error.msg}).") from error
    if not isinstance(body, dict):
        raise BadInput(f"{path.name}: found {type(body).__name__}, expected an object with stops and officers.")
    return body


def _entries(path: Path, body: Mapping[str, Any], name: str) -> list[Record]:
    rows = body.get(name)
    if not isinstance(rows, list):
        found = "nothing" if rows is None else type(rows).__name__
        raise BadInput(f"{path.name}, field {name}: found {found}, expected a list of objects.")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            kind = type(row).__name__
            raise BadInput(f"{path.name}, {name} entry {number}: found {kind}, expected an object.")
    return [Record(f"{path.name}, {name} entry {number}", row) for number, row in enumerate(rows, 1)]


def _csv(path: Path) -> list[Record]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}.") from error
    return records_of(text, path.name)
