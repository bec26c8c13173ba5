"""manage.py analyse routes: which routes are best for a file of stops, or an instance of CVRPLIB?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from services.cli.analyse import analyse


def register(_: typer.Typer) -> None:
    """Add the command."""
    analyse.command("routes")(routes)


def routes(
    file: Annotated[Path, typer.Argument(help="A .vrp of CVRPLIB, a JSON with stops and officers, or a CSV of stops.")],
    officers: Annotated[Path | None, typer.Option(help="CSV of officers, beside a CSV of stops.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, max=3600, help="How long to search.")] = 5.0,
    matrix: Annotated[Path | None, typer.Option(help="CSV of travel times: from, to, minutes, km.")] = None,
    url: Annotated[str, typer.Option(help="Address of a routing server to ask for travel times.")] = "",
    engine: Annotated[Literal["osrm", "valhalla"], typer.Option(help="What the routing server is.")] = "osrm",
    balanced: Annotated[bool, typer.Option("--balanced", help="Share the work evenly.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of chance.")] = 1,
    processes: Annotated[int, typer.Option(min=1, max=2, help="Processes that search.")] = 2,
    out: Annotated[Path | None, typer.Option(help="Folder for routes.gpx, routes.csv and routes.html.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Plan routes. The cost is the distance of a .vrp file, otherwise seconds of driving."""
    from services.routing.reading import TravelWish
    from services.routing.solving import Wish

    if file.suffix.lower() == ".vrp":
        told = _instance(file, seconds, seed, processes)
    else:
        told = _day(file, officers, TravelWish(matrix, engine, url), Wish(seconds, seed, processes, balanced), out)
    print(json.dumps(told, ensure_ascii=False) if as_json else _text(told))


def _instance(file: Path, seconds: float, seed: int, processes: int) -> dict[str, Any]:
    from services.routing.cvrplib import solve_file

    found = solve_file(file, seconds, seed, processes)
    return {
        "cost": found.cost, "routes": [list(route) for route in found.routes], "unserved": list(found.unserved),
        "seconds": found.seconds,
    }  # fmt: skip


def _day(file: Path, officers: Path | None, travel: Any, wish: Any, out: Path | None) -> dict[str, Any]:
    from services.routing import explain, gpx, read_day, sheet, solve, table

    day = read_day(file, officers, travel)
    made = solve(day, wish)
    told = explain(day, made)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "routes.gpx").write_text(gpx(day, made), encoding="utf-8")
        (out / "routes.csv").write_text(table(day, made), encoding="utf-8")
        (out / "routes.html").write_text(sheet(day, made, f"Routes of {file.stem}", told), encoding="utf-8")
    return {
        "cost": made.cost_s, "routes": [_route(route) for route in made.routes],
        "unserved": [
            {"stop": one.stop, "why": one.why, "changes": [
                {"change": proposal.sentence, "size": round(proposal.size, 1)} for proposal in one.proposals
            ]} for one in told
        ],
        "seconds": made.seconds, "travel": made.source,
    }  # fmt: skip


def _route(route: Any) -> dict[str, Any]:
    from services.routing.clock import clock_of

    return {
        "officer": route.officer, "start": clock_of(route.start_s), "end": clock_of(route.end_s),
        "drive_minutes": round(route.drive_s / 60, 1), "distance_km": round(route.distance_m / 1000, 2),
        "load": route.load,
        "stops": [
            {"stop": visit.stop, "arrive": clock_of(visit.arrive_s), "begin": clock_of(visit.begin_s),
             "leave": clock_of(visit.leave_s)} for visit in route.visits
        ],
        "breaks": [{"begin": clock_of(rest.begin_s), "end": clock_of(rest.end_s)} for rest in route.rests],
    }  # fmt: skip


def _text(told: dict[str, Any]) -> str:
    lines = [f"cost {told['cost']}, {len(told['routes'])} routes, {told['seconds']} s"]
    for number, route in enumerate(told["routes"], 1):
        if isinstance(route, list):
            lines.append(f"{number}: {' '.join(str(stop) for stop in route)}")
            continue
        stops = ", ".join(f"{visit['stop']} {visit['begin']}" for visit in route["stops"]) or "no stops"
        lines.append(f"{route['officer']}, {route['start']} to {route['end']}, {route['distance_km']} km: {stops}")
    for one in told["unserved"]:
        first = f" Smallest change: {one['changes'][0]['change']}." if one["changes"] else ""
        lines.append(f"not served: {one['stop']}. {one['why']}{first}")
    return "\n".join(lines)
