"""Are areas and points read from every format, and is what is wrong with a file said with its place in it?"""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapefile
import shapely

from data.errors import BadInput, UnknownName
from services.spatial import areas
from services.spatial.areas import in_degrees, is_projected, names, numbers, read_areas
from services.spatial.boundaries import check
from services.spatial.formats import shapefile as of_shapefiles
from services.spatial.points import days_of, numbers_of, read_points

UTM_17 = 'PROJCS["UTM17",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",-81],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1]]'  # noqa: E501


def square(x: float, y: float, side: float = 1.0) -> list[list[float]]:
    """Counter-clockwise, from its lower left corner."""
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]


def collection(*rings: list[list[float]], values: list[Any] | None = None) -> dict[str, Any]:
    found = values or list(range(len(rings)))
    features = [
        {"type": "Feature", "properties": {"n": value, "name": f"Área {n}"},
         "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for n, (ring, value) in enumerate(zip(rings, found, strict=True))
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def write(path: Path, content: Any) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


TWO = (square(0, 0), square(1, 0))


def shapefile_at(folder: Path, prj: str = "") -> Path:
    with shapefile.Writer(str(folder / "two.shp"), encoding="cp1252") as writer:
        writer.field("n", "N", decimal=1)
        writer.field("name", "C")
        for number, ring in enumerate(TWO):
            writer.poly([ring[::-1]])
            writer.record(number, f"Área {number}")
    if prj:
        (folder / "two.prj").write_text(prj)
    return folder / "two.shp"


def geoparquet_at(folder: Path) -> Path:
    table = pa.table({
        "n": [0, 1], "name": ["Área 0", "Área 1"],
        "geometry": [shapely.to_wkb(shapely.Polygon(ring)) for ring in TWO],
    })  # fmt: skip
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), folder / "two.parquet")
    return folder / "two.parquet"


def zipped(path: Path) -> Path:
    packed = path.parent / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in path.parent.glob(f"{path.stem}.*"):
            archive.write(part, f"folder/{part.name}")
    return packed


@pytest.mark.parametrize("format", ["geojson", "geojson.gz", "shp", "shp.zip", "geojson.zip", "parquet"])
def test_every_format_gives_the_same_areas(tmp_path: Path, format: str) -> None:
    text = json.dumps(collection(*TWO)).encode()
    makers = {
        "geojson": lambda: write(tmp_path / "two.geojson", b"\xef\xbb\xbf" + text),
        "geojson.gz": lambda: write(tmp_path / "two.geojson.gz", gzip.compress(text, mtime=0)),
        "geojson.zip": lambda: zipped(write(tmp_path / "two.geojson", text)),
        "shp": lambda: shapefile_at(tmp_path),
        "shp.zip": lambda: zipped(shapefile_at(tmp_path)),
        "parquet": lambda: geoparquet_at(tmp_path),
    }
    areas = read_areas(makers[format]())
    assert numbers(areas, "n").tolist() == [0, 1]
    assert names(areas, "name") == ["Área 0", "Área 1"] and names(areas) == [1, 2]
    assert shapely.equals(areas.geometries, [shapely.Polygon(ring) for ring in TWO]).all()
    assert not is_projected(areas)


def feature(geometry: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": geometry}]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.json: found an empty file; expected GeoJSON"),
        (b"id,lat,lon\n1,2,3\n", "a.json: found another kind of file; expected GeoJSON"),
        (b'{"type": "FeatureCollection",\n "features": [}', "a.json, line 2, column 15: no JSON"),
        (b'{"type": "FeatureCollection"', "a.json, line 1, column 29: no JSON"),
        (b'{"type": "Topology"}', "found TopoJSON"),
        (b'["x"]', "without a `type`"),
        (b'{"type": "FeatureCollection", "features": []}', "found no features; expected at least one polygon"),
        (feature({"type": "Point", "coordinates": [1, 2]}), "a.json, feature 1: found Point; expected Polygon"),
        (feature(None), "a.json, feature 1: found no geometry; expected Polygon"),
        (feature({"type": "Polygon", "coordinates": []}), "a.json, feature 1: found no geometry; expected Polygon"),
        (feature({"type": "Polygon", "coordinates": [[[0, 0], ["x", 1]]]}), "feature 1, `geometry`: found 'Polygon'"),
        (feature({"type": "Poligon", "coordinates": []}), "feature 1, `geometry`: found 'Poligon'"),
        (feature("x"), "feature 1, `geometry`: found 'x'"),
        (gzip.compress(b"{" * 5000, mtime=0)[:-9], "a.json: the file is damaged or cut off"),
        (b"PAR1 and no more", "the Parquet file is damaged"),
        (b"PK\x03\x04 and no more", "a.json"),
        (b"\x00\x00\x27\x0a", "found no a.dbf beside it"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message.replace("[", r"\[")):
        read_areas(write(tmp_path / "a.json", content))


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (areas, of_shapefiles):
        monkeypatch.setattr(module, "LARGEST", 1 << 20)
    bomb = b" " * (2 << 20) + json.dumps(collection(square(1, 2))).encode()
    packed = write(tmp_path / "a.geojson.gz", gzip.compress(bomb, mtime=0))
    for path in (packed, zipped(write(tmp_path / "b.geojson", bomb))):
        with pytest.raises(BadInput, match="larger than 1 MiB unpacked"):
            read_areas(path)


def test_a_value_that_is_no_number_names_feature_and_column(tmp_path: Path) -> None:
    areas = read_areas(write(tmp_path / "a.json", collection(*TWO, values=[None, "many"])))
    with pytest.raises(BadInput, match=r"a.json, feature 2, `n`: found 'many'; expected a number"):
        numbers(areas, "n")
    with pytest.raises(UnknownName, match="Did you mean `name`"):
        names(areas, "nome")
    areas = read_areas(write(tmp_path / "a.json", collection(*TWO, values=["x", "x"])))
    with pytest.raises(BadInput, match="feature 2, `n`: found 'x' again, as in feature 1"):
        names(areas, "n")


def test_a_projected_shapefile_is_brought_to_degrees_and_one_without_a_word_is_refused(tmp_path: Path) -> None:
    from pyproj import Transformer

    east, north = Transformer.from_crs("EPSG:4326", "EPSG:32617").transform(43.45, -80.5)
    with shapefile.Writer(str(tmp_path / "utm.shp")) as writer:
        writer.field("n", "N")
        writer.poly([square(east, north, 100)[::-1]])
        writer.record(1)
    with pytest.raises(BadInput, match="no word of their system; expected degrees"):
        in_degrees(read_areas(tmp_path / "utm.shp"))
    (tmp_path / "utm.prj").write_text(UTM_17)
    areas = read_areas(tmp_path / "utm.shp")
    assert is_projected(areas)
    assert shapely.total_bounds(in_degrees(areas).geometries)[:2] == pytest.approx([-80.5, 43.45], abs=1e-5)


def test_a_boundary_that_crosses_itself_is_offered_in_two_parts(tmp_path: Path) -> None:
    bow = [[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]
    found = check(read_areas(write(tmp_path / "a.json", collection(square(5, 5), bow))))
    assert [(flaw.number, flaw.serious) for flaw in found.flaws] == [(2, True)]
    assert found.flaws[0].reason.startswith("a.json, feature 2: found a self-intersection at 1, 1;")
    repaired = found.repaired().geometries
    assert shapely.is_valid(repaired).all() and shapely.area(repaired).tolist() == [1.0, 2.0]


def test_a_ring_the_wrong_way_round_is_told_and_turned(tmp_path: Path) -> None:
    found = check(read_areas(write(tmp_path / "a.json", collection(square(0, 0)[::-1], square(3, 0)))))
    assert [(flaw.number, flaw.serious, flaw.share) for flaw in found.flaws] == [(1, False, 1.0)]
    assert "runs the wrong way round" in found.flaws[0].reason
    assert check(found.repaired()).flaws == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_points_come_with_any_delimiter_also_gzipped(tmp_path: Path, delimiter: str) -> None:
    lines = [["lat", "lon", "n"], ["41.5", "-87.5", "1"], ["0", "0", "2"], ["-87.5", "141.5", "3"], ["x", "1", "4"],
             ["", "", "5"], ["4600000", "500000", "6"], ["141.5", "-87.5", "7"]]  # fmt: skip
    text = "\n".join(delimiter.join(line) for line in lines).encode()
    found = read_points(write(tmp_path / "p.csv.gz", gzip.compress(text, mtime=0)), "lat", "lon")
    assert (found.lat.tolist(), found.lon.tolist()) == ([41.5, -87.5], [-87.5, 141.5])
    assert numbers_of(found, "n").tolist() == [1, 3] and found.lines.tolist() == [2, 4]
    assert found.left_out == {
        "missing": 1, "not a number": 1, "at 0, 0": 1, "latitude and longitude swapped": 1, "not in degrees": 1,
    }  # fmt: skip


def test_a_delimiter_can_be_said_and_a_decimal_comma_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", b"lat:lon\n41,5:-87,25\n")
    found = read_points(path, "lat", "lon", delimiter=":")
    assert (found.lat[0], found.lon[0]) == (41.5, -87.25)


def test_a_file_without_one_point_is_refused_with_its_first_line(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", b"lat,lon\n4600000,500000\n4600001,500000\n")
    with pytest.raises(BadInput, match=r"p.csv, line 2: found `lat` '4600000' and `lon` '500000'.*2 not in degrees"):
        read_points(path, "lat", "lon")
    with pytest.raises(UnknownName, match="Did you mean `lat`"):
        read_points(path, "lati", "lon")


def test_points_of_geojson_have_their_properties(tmp_path: Path) -> None:
    one = {"type": "Feature", "properties": {"n": 7}, "geometry": {"type": "Point", "coordinates": [-87.5, 41.5]}}
    path = write(tmp_path / "p.geojson", {"type": "FeatureCollection", "features": [one]})
    found = read_points(path, "lat", "lon")
    assert (found.lat[0], found.lon[0], numbers_of(found, "n")[0]) == (41.5, -87.5, 7)


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (["2026-01-31T23:30:00-06:00", "2026-02-01 01:00"], ["2026-01-31", "2026-02-01"]),
        (["12/31/2020 11:45:00 PM", "01/02/2020 01:00:00 AM"], ["2020-12-31", "2020-01-02"]),
        (["31.12.2020", "01.02.2020"], ["2020-12-31", "2020-02-01"]),
        (["13/02/2020", "01/02/2020"], ["2020-02-13", "2020-02-01"]),
    ],
)
def test_days_are_the_local_days_of_the_file(tmp_path: Path, texts: list[str], days: list[str]) -> None:
    path = write(tmp_path / "p.csv", ("lat;lon;at\n" + "".join(f"1;2;{text}\n" for text in texts)).encode())
    assert days_of(read_points(path, "lat", "lon"), "at").astype("datetime64[D]").astype(str).tolist() == days


def test_days_that_can_be_read_two_ways_are_refused_until_said(tmp_path: Path) -> None:
    points = read_points(write(tmp_path / "p.csv", b"lat,lon,at\n1,2,01/02/2020\n1,2,03/04/2020\n"), "lat", "lon")
    with pytest.raises(BadInput, match="can be read two ways"):
        days_of(points, "at")
    assert np.diff(days_of(points, "at", "%d/%m/%Y")).tolist() == [60 + 2]
    with pytest.raises(BadInput, match=r"p.csv, line 2, `at`: found '01/02/2020'; expected a time such as %Y"):
        days_of(points, "at", "%Y-%m-%d")
