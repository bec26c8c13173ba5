"""manage.py analyse: what do files say that nobody has imported yet?

A further analysis is a module of its own in this folder: it imports `analyse`, adds its command in `register` and is
named in manage.py after this one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

T = TypeVar("T")
analyse = typer.Typer(help="Analyses of files, without importing them and without a database.", no_args_is_help=True)

AreasFile = Annotated[Path | None, typer.Option("--areas", help="GeoJSON, shapefile (also zipped) or GeoParquet.")]
PointsFile = Annotated[
    Path | None, typer.Option("--points", help="CSV of any delimiter, JSON lines, Parquet, GeoJSON.")
]
Latitude = Annotated[str, typer.Option("--lat", help="Column of latitudes.")]
Longitude = Annotated[str, typer.Option("--lon", help="Column of longitudes.")]
Delimiter = Annotated[str, typer.Option("--delimiter", help="Found out when left out; `tab` for a tab.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same permutations.")]
Permutations = Annotated[int, typer.Option("--permutations", min=0, max=99_999)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(analyse, name="analyse")


@analyse.command("hotspots")
def hotspots_command(
    areas: AreasFile = None,
    points: PointsFile = None,
    value: Annotated[str, typer.Option("--value", help="Column of numbers; points are counted without it.")] = "",
    name: Annotated[str, typer.Option("--id", help="Column that names areas; their number when left out.")] = "",
    weights: Annotated[str, typer.Option("--weights", help="queen, rook, knn:K, ring:K or distance:METRES.")] = "",
    lat: Latitude = "lat",
    lon: Longitude = "lon",
    resolution: Annotated[int, typer.Option("--resolution", min=0, max=15, help="Of H3, for points.")] = 8,
    within: Annotated[Path | None, typer.Option("--within", help="Areas whose empty cells count as zero.")] = None,
    delimiter: Delimiter = "",
    plain_gi: Annotated[bool, typer.Option("--gi", help="Gi: a place is not its own neighbour.")] = False,
    planar: Annotated[bool, typer.Option("--planar", help="Distances in the plane of the file's coordinates.")] = False,
    alpha: Annotated[
        float, typer.Option("--alpha", min=0.0001, max=0.5, help="Largest q of a hot or cold spot.")
    ] = 0.05,
    permutations: Permutations = 999,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Hot and cold spots (Getis-Ord Gi*) of areas by a column, or of points in H3 cells."""
    from services.spatial.mapped import Wanted, hotspots_of_areas

    _one_of(areas, points)
    wanted = Wanted(weights, not plain_gi, alpha, permutations, seed, planar)
    if areas is not None:
        found = hotspots_of_areas(_sound(areas), required(value, "--value"), name, wanted)
    else:
        assert points is not None
        found = _of_points(points, (lat, lon, delimiter), value, resolution, within, wanted)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, default=str))
    else:
        print(_hotspot_lines(found))


def _of_points(
    path: Path, columns: tuple[str, str, str], value: str, resolution: int, within: Path | None, wanted: Any
) -> dict[str, Any]:
    import numpy as np

    from services.spatial.cells import cells_of_points, cells_within, summed
    from services.spatial.mapped import hotspots_of_cells
    from services.spatial.points import numbers_of, read_points

    lat, lon, delimiter = columns
    read = read_points(path, lat, lon, delimiter)
    each = np.nan_to_num(numbers_of(read, value)) if value else np.ones(read.size)
    among = cells_within(_sound(within), resolution) if within else None
    cells = summed(cells_of_points(read.lat, read.lon, resolution), each, among)
    found = hotspots_of_cells(cells, wanted)
    left_out = read.left_out | ({"outside of the areas": cells.outside} if cells.outside else {})
    study = f"cells with their middle in {within.name}" if within else "cells with at least one point"
    return found | {"points": {"used": read.size - cells.outside, "left_out": left_out, "study_area": study}}


def _sound(path: Path) -> Any:
    """Areas in their repaired form; standard error says which boundaries crossed themselves."""
    from services.spatial.areas import read_areas
    from services.spatial.boundaries import check

    checked = check(read_areas(path))
    serious = [flaw for flaw in checked.flaws if flaw.serious]
    for flaw in serious[:5]:
        typer.echo(f"{flaw.reason} Used in its repaired form, {flaw.share:.4f} of its size.", err=True)
    if len(serious) > 5:
        typer.echo(f"{path.name}: {len(serious) - 5} more boundaries like these.", err=True)
    return checked.repaired()


def _one_of(areas: Path | None, points: Path | None) -> None:
    from data.errors import BadInput

    if (areas is None) == (points is None):
        raise BadInput("Expected either --areas or --points.")


def required(value: T | None, option: str) -> T:
    """The value of an option, or BadInput that names it."""
    from data.errors import BadInput

    if not value:
        raise BadInput(f"Expected {option}.")
    return value


def _hotspot_lines(found: dict[str, Any]) -> str:
    moran, geary, rows = found["moran"], found["geary"], found["rows"]
    lines = [
        f"{found['weights']['places']} places, {found['weights']['pairs']} pairs ({found['weights']['rule']}), "
        + ", ".join(f"{count} {kind}" for kind, count in found["kinds"].items()),
        f"Moran's I {moran['I']:.4f}, z {moran['z']:.2f}; Geary's C {geary['C']:.4f}",
    ]
    named = sorted((r for r in rows if r["kind"] in ("hot", "cold")), key=lambda r: -abs(r["g_star_z"]))
    lines += [
        f"{r['kind']:<5}{r['id']!s:<20}{r['value']:>14,}  z {r['g_star_z']:6.2f}  q {r['q']:.4f}" for r in named[:50]
    ]
    return "\n".join(lines)
