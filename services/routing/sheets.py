"""How does an officer take a route along: GPX for a device, CSV for a table, a sheet to print?"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from xml.sax.saxutils import escape as xml_escape

from services.formats import plural
from services.routing.clock import clock_of
from services.routing.explaining import Explanation
from services.routing.plans import Day, Plan, Route
from services.spreadsheets import plain_csv

CSV_COLUMNS = (
    "officer", "number", "stop", "name", "lat", "lon", "arrive", "begin", "leave", "wait_minutes", "drive_minutes",
    "distance_km", "load",
)  # fmt: skip


def gpx(day: Day, made: Plan) -> str:
    """GPX 1.1 with one route an officer that has stops; times are in the points' descriptions."""
    stops = {stop.id: stop for stop in day.stops}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gpx version="1.1" creator="Belvedere" xmlns="http://www.topografix.com/GPX/1/1">',
    ]
    for who, route in zip(day.officers, made.routes, strict=True):
        if not route.visits:
            continue
        lines.append(f"  <rte><name>{xml_escape(who.name or who.id)}</name>")
        lines.append(_point(who.start.lat, who.start.lon, "Start", clock_of(route.start_s)))
        for visit in route.visits:
            stop = stops[visit.stop]
            when = f"{clock_of(visit.begin_s)} to {clock_of(visit.leave_s)}"
            lines.append(_point(stop.place.lat, stop.place.lon, stop.name or stop.id, when))
        lines += [_point(who.end.lat, who.end.lon, "End", clock_of(route.end_s)), "  </rte>"]
    return "\n".join([*lines, "</gpx>", ""])


def _point(lat: float, lon: float, name: str, when: str) -> str:
    inside = f"<name>{xml_escape(name)}</name><desc>{xml_escape(when)}</desc>"
    return f'    <rtept lat="{lat:.6f}" lon="{lon:.6f}">{inside}</rtept>'


def table(day: Day, made: Plan) -> str:
    """A CSV with one line a visit, in the order of driving; unserved stops follow without officer and times."""
    stops, lines = {stop.id: stop for stop in day.stops}, [list[object](CSV_COLUMNS)]
    for route in made.routes:
        for number, visit in enumerate(route.visits, 1):
            stop = stops[visit.stop]
            times = [clock_of(visit.arrive_s), clock_of(visit.begin_s), clock_of(visit.leave_s)]
            amounts = [round(visit.wait_s / 60), round(visit.drive_s / 60), round(visit.distance_m / 1000, 2)]
            place = [stop.place.lat, stop.place.lon]
            lines.append([route.officer, number, stop.id, stop.name, *place, *times, *amounts, stop.load])
    for name in made.unserved:
        stop = stops[name]
        nothing = [""] * 6
        lines.append(["", "", name, stop.name, stop.place.lat, stop.place.lon, *nothing, stop.load])
    return plain_csv(lines, "\n")


_STYLE = """body{font:14px/1.45 system-ui,sans-serif;margin:24px;color:#1c2430}
h1{font-size:20px}h2{font-size:17px;margin:0}
section{break-after:page;margin-bottom:32px}section:last-child{break-after:auto}p{margin:4px 0 12px;color:#4a5564}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #cfd6df;padding:6px 8px;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}td.box{width:24px;border:1px solid #8b96a5}"""


def sheet(day: Day, made: Plan, title: str, unserved: Sequence[Explanation] = ()) -> str:
    """An HTML page to print, one officer a page, that loads nothing from elsewhere."""
    names = {who.id: who.name or who.id for who in day.officers}
    parts = [_section(day, names[route.officer], route) for route in made.routes if route.visits]
    if made.unserved:
        told = {one.stop: one.sentence for one in unserved}
        items = [f"<li><b>{escape(name)}</b> {escape(told.get(name, ''))}</li>" for name in made.unserved]
        parts.append(f"<section><h2>Not served</h2><ul>{''.join(items)}</ul></section>")
    foot = f"<p>Travel times: {escape(made.source)}.</p>"
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = f"<h1>{escape(title)}</h1>{foot}{''.join(parts)}"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _section(day: Day, name: str, route: Route) -> str:
    stops = {stop.id: stop for stop in day.stops}
    rows = [(visit.begin_s, _row(number, stops[visit.stop].name or visit.stop, visit.stop, [
        clock_of(visit.arrive_s), clock_of(visit.begin_s), clock_of(visit.leave_s), f"{visit.drive_s / 60:.0f}",
        f"{visit.distance_m / 1000:.1f}"])) for number, visit in enumerate(route.visits, 1)]  # fmt: skip
    rows += [
        (rest.begin_s, _row("", "Break", "", ["", clock_of(rest.begin_s), clock_of(rest.end_s), "", ""]))
        for rest in route.rests
    ]
    titles = ("", "Stop", "Number", "Arrive", "Begin", "Leave", "Drive, min", "km", "Done")
    head = "".join(f"<th>{title}</th>" for title in titles)
    lines = "".join(text for _, text in sorted(rows))
    return f"<section><h2>{escape(name)}</h2><p>{summary(route)}</p><table><tr>{head}</tr>{lines}</table></section>"


def summary(route: Route) -> str:
    """An officer's day in a sentence."""
    return (
        f"{clock_of(route.start_s)} to {clock_of(route.end_s)}, {plural(len(route.visits), 'stop')}, "
        f"{route.distance_m / 1000:.1f} km, {route.drive_s / 60:.0f} min of driving"
    )


def _row(number: int | str, name: str, stop: str, cells: list[str]) -> str:
    values = "".join(f'<td class="n">{cell}</td>' for cell in cells)
    return f'<tr><td>{number}</td><td>{escape(name)}</td><td>{escape(stop)}</td>{values}<td class="box"></td></tr>'
