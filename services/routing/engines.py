"""What travel times does a routing server say that the user has set up (OSRM or Valhalla)?

Nothing here is called unless somebody gave an address.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

import numpy as np

from data.errors import BadInput
from services.routing.plans import Place, Travel

Engine = Literal["osrm", "valhalla"]
_MOST_BYTES = 50_000_000


def ask(engine: Engine, url: str, places: Sequence[Place], timeout_s: float = 10.0) -> Travel:
    """Times and distances between all places by car.

    Raises BadInput when the address is no web address, does not answer in time, or answers something else.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadInput(f"Address of the routing server: found {url!r}, expected one like http://localhost:5000.")
    base = url.rstrip("/")
    request = _osrm(base, places) if engine == "osrm" else _valhalla(base, places)
    answer = _fetch(request, parts.netloc, timeout_s)
    try:
        seconds, metres = (_osrm_tables if engine == "osrm" else _valhalla_tables)(answer)
        table = np.array([seconds, metres], dtype=np.float64)
    except (KeyError, TypeError, ValueError) as error:
        said = answer.get("message") or answer.get("error") or "no table of times"
        raise BadInput(f"The routing server at {parts.netloc} answered {said!r}, expected a table of times.") from error
    if table.shape != (2, len(places), len(places)) or not np.isfinite(table).all():
        raise BadInput(f"The routing server at {parts.netloc} knows no way between some of the {len(places)} places.")
    whole = np.rint(table).astype(np.int64)
    return Travel(whole[0], whole[1], f"{engine.upper() if engine == 'osrm' else 'Valhalla'} at {parts.netloc}")


def _osrm(base: str, places: Sequence[Place]) -> urllib.request.Request:
    points = ";".join(f"{place.lon:.6f},{place.lat:.6f}" for place in places)
    return urllib.request.Request(f"{base}/table/v1/driving/{points}?annotations=duration,distance")


def _valhalla(base: str, places: Sequence[Place]) -> urllib.request.Request:
    points = [{"lat": place.lat, "lon": place.lon} for place in places]
    body = {"sources": points, "targets": points, "costing": "auto", "units": "kilometers"}
    return urllib.request.Request(
        f"{base}/sources_to_targets", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )


def _fetch(request: urllib.request.Request, host: str, timeout_s: float) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as response:
            text = response.read(_MOST_BYTES)
    except urllib.error.HTTPError as error:
        text = error.read(_MOST_BYTES)
    except (OSError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", error)
        raise BadInput(
            f"The routing server at {host} does not answer within {timeout_s:g} s ({reason}); "
            f"check its address, or plan with estimated times."
        ) from error
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def _osrm_tables(answer: dict[str, Any]) -> tuple[Any, Any]:
    return _filled(answer["durations"]), _filled(answer["distances"])


def _filled(table: list[list[float | None]]) -> list[list[float]]:
    return [[np.nan if cell is None else cell for cell in row] for row in table]


def _valhalla_tables(answer: dict[str, Any]) -> tuple[Any, Any]:
    rows = answer["sources_to_targets"]
    seconds = _filled([[cell["time"] for cell in row] for row in rows])
    km = _filled([[cell["distance"] for cell in row] for row in rows])
    return seconds, (np.array(km) * 1000).tolist()
