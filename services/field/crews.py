"""Who drives in the field here: how are officers entered, checked and kept?"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from data import routes
from data.database import transaction
from data.errors import BadInput, NotAllowed
from data.routes import Crew
from data.types import Scope
from services.people import record, require, runs_installation
from services.routing.fields import Record
from services.routing.plans import Officer
from services.routing.reading import officers_of, records_of

FIELDS = ("id", "name", "lat", "lon", "end_lat", "end_lon", "from", "to", "breaks", "skills", "capacity")
SAMPLE = (
    "id,name,lat,lon,end_lat,end_lon,from,to,breaks,skills,capacity\n"
    '1,Officer 1,40.4400,-79.9900,,,08:00,16:30,"12:00-13:30 30",electrician|water,20\n'
)
MOST = 100


def read(scope: Scope) -> Crew:
    """The officers of the workspace as they were entered. Raises NotAllowed."""
    require(scope, "plan")
    return routes.crew(scope)


def rows_of(text: str, name: str) -> list[dict[str, str]]:
    """The lines of a CSV of officers, checked. Raises BadInput naming line and field."""
    found = records_of(text, name)
    officers_of(found)
    return [{field: str(one.values.get(field, "") or "") for field in FIELDS} for one in found]


def officers(rows: Sequence[Mapping[str, Any]]) -> tuple[Officer, ...]:
    """The officers of lines as they were entered. Raises BadInput naming line and field."""
    filled = [_filled(row) for row in rows]
    found = [Record(f"Officers, line {number}", row) for number, row in enumerate(filled, 1) if row]
    if len(found) > MOST:
        raise BadInput(f"Officers: found {len(found)}, expected at most {MOST}.")
    made = officers_of(found)
    twice = sorted({one.id for one in made if sum(other.id == one.id for other in made) > 1})
    if twice:
        raise BadInput(f"Officers: `{twice[0]}` is there twice; expected an id of its own for each.")
    return made


def save(scope: Scope, rows: Sequence[Mapping[str, Any]], travel: Mapping[str, Any], now: datetime) -> None:
    """Keep these officers in the place of those before. Audited, with their number alone.

    Only an administrator of every top workspace changes the routing server: the installation asks it, and could be made
    to ask whatever only it reaches. Raises NotAllowed, BadInput.
    """
    require(scope, "plan")
    officers(rows)
    before = routes.crew(scope).travel
    if any(travel.get(key, "") != before.get(key, "") for key in ("server", "engine")):
        require(scope, "manage")
        if not runs_installation(scope):
            raise NotAllowed("The installation asks the routing server: that takes an administrator of all of it.")
    kept = [filled for row in rows if (filled := _filled(row))]
    with transaction(scope) as tx:
        routes.set_crew(tx, scope, kept, travel, now)
        record(tx, scope, "officers_changed", "officers", {"officers": len(kept)})


def example(place: tuple[float, float] | None) -> list[dict[str, str]]:
    """Two officers to begin with, at a place; where nobody knows one it is left to be filled in."""
    lat, lon = (f"{degrees:.4f}" for degrees in place) if place else ("", "")
    base = {"lat": lat, "lon": lon, "from": "08:00", "to": "16:30", "breaks": "12:00-13:30 30"}
    return [{"id": str(number), "name": f"Officer {number}", **base} for number in (1, 2)]


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The lines as a file that can be read again."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, extrasaction="ignore", restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(dict(row) for row in rows)
    return out.getvalue()


def _filled(row: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a line that say anything, as text; tables on screen give None and NaN for what is empty."""
    return {
        name: str(row[name]).strip() for name in FIELDS
        if row.get(name) is not None and str(row[name]).strip() not in ("", "nan", "None")
    }  # fmt: skip
