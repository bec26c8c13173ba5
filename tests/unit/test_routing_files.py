"""Do files become the right day, wrong ones a sentence that helps, and routes files that others can read?"""

from __future__ import annotations

import csv
import io
import json
import threading
import xml.etree.ElementTree as Xml
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from typer.testing import CliRunner

from data.errors import BadInput
from services.cli.analyse import analyse
from services.cli.analyse_routes import register
from services.routing import Candidate, TravelWish, choose, explain, gpx, read_day, sheet, table
from services.routing.cvrplib import solve_file
from services.routing.engines import ask
from services.routing.plans import Break, Place
from services.routing.settling import plan
from services.routing.travel import estimated
from tests.unit.routing_days import officer, road, stop

STOPS = """id;lat;lon;service_minutes;from;to;priority;skills;load
a;45,5;-73,6;20;09:00;10:30;5;gas|water;2
b;45.6;-73.6;;;;;;
"""
OFFICERS = """id,lat,lon,from,to,breaks,skills,capacity
1,45.5,-73.5,08:00,16:30,12:00-13:00 30,gas,9
2,45.5,-73.5,22:00,06:00,,,
"""
INSTANCE = """NAME : four
TYPE : CVRP
DIMENSION : 5
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 2
NODE_COORD_SECTION
1 0 0
2 0 10
3 3 14
4 30 0
5 30 4
DEMAND_SECTION
1 0
2 1
3 1
4 1
5 1
DEPOT_SECTION
1
-1
EOF
"""


def files(folder: Path, stops: str = STOPS, officers: str = OFFICERS) -> tuple[Path, Path]:
    (folder / "stops.csv").write_text(stops)
    (folder / "officers.csv").write_text(officers)
    return folder / "stops.csv", folder / "officers.csv"


def test_csv_files_become_a_day(tmp_path: Path) -> None:
    day = read_day(*files(tmp_path), TravelWish())
    a, b = day.stops
    assert (a.place, a.service_s, a.opens_s, a.closes_s) == (Place(45.5, -73.6), 1200, 32400, 37800)
    assert (a.priority, a.skills, a.load, b.priority, b.service_s) == (5, {"gas", "water"}, 2, 3, 900)
    first, night = day.officers
    assert first.breaks == (Break(43200, 46800, 1800),) and (first.capacity, night.capacity) == (9, None)
    assert (night.from_s, night.to_s) == (22 * 3600, 30 * 3600)


@pytest.mark.parametrize(
    ("stops", "officers", "told"),
    [
        (STOPS.replace("45,5", "north"), OFFICERS, "stops.csv, line 2, field lat: found 'north', expected a number"),
        (STOPS.replace("09:00", "9am"), OFFICERS, "stops.csv, line 2, field from: found '9am', expected a time like"),
        (STOPS.replace("priority", "urgency"), OFFICERS, "stops.csv, line 2: No field `urgency`"),
        (STOPS, OFFICERS.replace("12:00-13:00 30", "noon"), "officers.csv, line 2, field breaks: found 'noon', "),
        (STOPS, OFFICERS.replace("1,45.5", "1,95.5"), "officers.csv, line 2, field lat: found '95.5', expected"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_told_with_file_and_line(tmp_path: Path, stops: str, officers: str, told: str) -> None:
    with pytest.raises(BadInput) as error:
        read_day(*files(tmp_path, stops, officers), TravelWish())
    assert str(error.value).startswith(told)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("[]", "day.json: found list, expected an object with stops and officers"),
        ("{}", "day.json, field stops: found nothing, expected a list of objects"),
        ('{"stops": [{}, 3]}', "day.json, stops entry 2: found int, expected an object"),
    ],
)
def test_json_that_is_no_day_says_what_was_found(tmp_path: Path, body: str, said: str) -> None:
    (tmp_path / "day.json").write_text(body)
    with pytest.raises(BadInput, match=said):
        read_day(tmp_path / "day.json", None, TravelWish())


def test_estimated_travel_is_the_great_circle_times_the_detour() -> None:
    """A degree of latitude is 111,195 m on the mean Earth; urban roads add 35 % at 28 km/h, rural 25 % at 62."""
    found = estimated([Place(45, 0), Place(46, 0), Place(46, 0, "rural")])
    straight = 111_195.08
    assert found.metres[0, 1] == pytest.approx(straight * 1.35, abs=2)
    assert found.seconds[0, 1] == pytest.approx(straight * 1.35 * 3.6 / 28, abs=1)
    mixed = straight / 2 * (1.35 * 3.6 / 28 + 1.25 * 3.6 / 62)
    assert found.seconds[0, 2] == pytest.approx(mixed, abs=1) and (found.seconds == found.seconds.T).all()


def test_a_users_own_table_of_times(tmp_path: Path) -> None:
    ways = ["from,to,minutes,km", "1,2,5,1", "a,b,7.5,3", "b,a,9,4", "1,a,10,5", "1,b,11,6", "2,a,1,1", "2,b,1,1"]
    (tmp_path / "matrix.csv").write_text("\n".join(ways))
    day = read_day(*files(tmp_path), TravelWish(matrix=tmp_path / "matrix.csv"))
    assert [int(day.travel.seconds[at]) for at in [(0, 1), (1, 0), (2, 0), (0, 2), (2, 3)]] == [450, 540, 600, 600, 0]
    assert int(day.travel.metres[1, 0]) == 4000
    (tmp_path / "matrix.csv").write_text("\n".join(ways[:-1]))
    with pytest.raises(BadInput, match=r"matrix.csv: 2 ways are missing, the first from `b` to `2`"):
        read_day(*files(tmp_path), TravelWish(matrix=tmp_path / "matrix.csv"))
    (tmp_path / "matrix.csv").write_text("from,to,minutes\na,b,soon\n")
    with pytest.raises(
        BadInput, match=r"matrix.csv, line 2, field minutes: found 'soon', expected a number not below 0"
    ):
        read_day(*files(tmp_path), TravelWish(matrix=tmp_path / "matrix.csv"))


class Router(BaseHTTPRequestHandler):
    """Answers as OSRM and Valhalla do, with whatever `tables` holds."""

    tables: ClassVar[Any] = [[0, 60.4], [90, 0]]

    def do_GET(self) -> None:
        self.answer({"code": "Ok", "durations": self.tables, "distances": [[0, 900.0], [1000.0, 0]]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert asked["sources"] == [{"lat": 45.5, "lon": -73.6}, {"lat": 45.6, "lon": -73.6}]
        cells = [[{"time": time, "distance": 1.5} for time in row] for row in self.tables]
        self.answer({"sources_to_targets": cells})

    def answer(self, body: Any) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def router() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Router)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


PAIR = [Place(45.5, -73.6), Place(45.6, -73.6)]


def test_a_routing_server_is_asked_where_one_is_set_up(router: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = ask("osrm", router, PAIR)
    assert found.seconds.tolist() == [[0, 60], [90, 0]] and found.metres.tolist() == [[0, 900], [1000, 0]]
    other = ask("valhalla", router + "/", PAIR)
    assert other.seconds.tolist() == [[0, 60], [90, 0]] and other.metres.tolist() == [[1500, 1500]] * 2
    monkeypatch.setattr(Router, "tables", [[0, None], [90, 0]])
    with pytest.raises(BadInput, match="knows no way between some of the 2 places"):
        ask("osrm", router, PAIR)


def test_a_routing_server_that_does_not_answer_is_told() -> None:
    with pytest.raises(BadInput, match=r"at 127.0.0.1:9 does not answer within 1 s .*check its address"):
        ask("osrm", "http://127.0.0.1:9", PAIR, timeout_s=1)
    with pytest.raises(BadInput, match="expected one like http://localhost:5000"):
        ask("osrm", "file:///etc/passwd", PAIR)


def test_routes_go_out_as_gpx_csv_and_a_sheet() -> None:
    stops = [(10, stop("=a", 10, name="<Main & 1st>")), (30, stop("b", 10)), (99, stop("far", 400))]
    day = road(stops, [officer("o", 480, 700, [(500, 520, 15)], name="Ada")])
    made = plan(day, ((0, 1),))
    points = Xml.fromstring(gpx(day, made)).findall(".//{*}rtept")
    assert [point.findtext("{*}name") for point in points] == ["Start", "<Main & 1st>", "b", "End"]
    assert points[1].findtext("{*}desc") == "08:10 to 08:20"
    rows = list(csv.DictReader(io.StringIO(table(day, made))))
    assert [(row["stop"], row["begin"]) for row in rows] == [("'=a", "08:10"), ("b", "08:55"), ("far", "")]
    told = explain(day, made, seconds=0)
    page = sheet(day, made, "Monday", told)
    assert "&lt;Main &amp; 1st&gt;" in page and "src=" not in page and "http" not in page
    assert page.index("08:10") < page.index("Break") < page.index("08:55") and told[0].sentence in page


def test_the_most_urgent_become_stops() -> None:
    on, old = date(2026, 4, 7), date(2026, 4, 1)
    found = choose(
        [Candidate(str(n), 45, -73, float(n)) for n in range(8)] + [Candidate("due", 45, -73, -1.0, due_on=old)],
        "inspection", 5, on,
    )  # fmt: skip
    assert [(one.id, one.priority) for one in found] == [("due", 5), ("7", 4), ("6", 3), ("5", 2), ("4", 1)]
    assert found[0].service_s == 2700 and found[0].kind == "inspection"


def test_an_instance_of_cvrplib_by_hand(tmp_path: Path) -> None:
    """Best: 1-2 together (10 + 5 + 14) and 3-4 together (30 + 4 + 30), rounded: 93."""
    path = tmp_path / "four.vrp"
    path.write_text(INSTANCE)
    found = solve_file(path, 0.2, 1, 1)
    assert found.cost == 93 and sorted(map(sorted, found.routes)) == [[1, 2], [3, 4]] and found.unserved == ()
    path.write_text(INSTANCE.replace("4 30 0", "4 30 x"))
    with pytest.raises(
        BadInput, match=r"four.vrp, line 10, field NODE_COORD_SECTION: found '4 30 x', expected 3 numbers"
    ):
        solve_file(path, 0.2, 1, 1)
    path.write_text(INSTANCE.replace("CAPACITY : 2", "CAPACITY : two"))
    with pytest.raises(BadInput, match="line 5, field CAPACITY: found 'two', expected a whole number above 0"):
        solve_file(path, 0.2, 1, 1)


def test_the_command_prints_one_object(tmp_path: Path) -> None:
    if not any(command.name == "routes" for command in analyse.registered_commands):
        register(analyse)
    stops, officers = files(tmp_path)
    asked = ["routes", str(stops), "--officers", str(officers), "--seconds", "0.2", "--json", "--out", str(tmp_path)]
    runner = CliRunner()
    # A group of one command is the command itself.
    done = runner.invoke(analyse, asked if len(analyse.registered_commands) > 1 else asked[1:])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert set(told) >= {"cost", "routes", "unserved", "seconds"}
    served = [visit["stop"] for route in told["routes"] for visit in route["stops"]]
    assert served == ["b"] and told["unserved"][0]["stop"] == "a"
    assert told["unserved"][0]["changes"][0]["change"] == "skill water for officer 1"
    assert {path.name for path in tmp_path.glob("routes.*")} == {"routes.gpx", "routes.csv", "routes.html"}
    assert np.isclose(told["cost"], sum(route["drive_minutes"] for route in told["routes"]) * 60, atol=6)
