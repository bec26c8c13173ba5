"""manage.py analyse clusters and scan: where, and since when, do the points of a file gather?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from services import formats
from services.cli.analyse import (
    AsJson,
    Delimiter,
    Latitude,
    Longitude,
    Permutations,
    PointsFile,
    Seed,
    analyse,
    required,
)

if TYPE_CHECKING:
    from services.spatial.clustering import Clustering
    from services.spatial.points import Points


def register(_: typer.Typer) -> None:
    """Add the commands to the group."""
    analyse.command("clusters")(clusters)
    analyse.command("scan")(scan_command)


def clusters(
    points: PointsFile = None,
    lat: Latitude = "lat",
    lon: Longitude = "lon",
    method: Annotated[Literal["dbscan", "hdbscan"], typer.Option("--method")] = "dbscan",
    radius: Annotated[
        float, typer.Option("--radius", min=0, help="Metres, for dbscan; from the data when left out.")
    ] = 0,
    least: Annotated[int, typer.Option("--least", min=0, help="Points that make a cluster; from the data.")] = 0,
    category: Annotated[str, typer.Option("--category", help="Column whose most frequent value is named.")] = "",
    resamples: Annotated[int, typer.Option("--resamples", min=0, max=1000, help="For the stability; 0 for none.")] = 10,
    labels: Annotated[bool, typer.Option("--labels", help="Also the cluster of each point, by line.")] = False,
    delimiter: Delimiter = "",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Clusters of points (DBSCAN or HDBSCAN), with hull, main category and how surely each comes back."""
    from data.errors import BadInput
    from data.types import CannotTell
    from services.spatial.clustering import cluster, stability, suggest
    from services.spatial.clusters import describe
    from services.spatial.points import read_points

    read = read_points(required(points, "--points"), lat, lon, delimiter)
    kinds = read.column(category) if category else None
    wanted = suggest(read.lat, read.lon, method, radius, least, seed)
    found = cluster(read.lat, read.lon, wanted, seed)
    if isinstance(found, CannotTell):
        raise BadInput(f"{read.source}: {found.reason}")
    stable = stability(read.lat, read.lon, found, resamples, seed) if resamples else None
    described = [asdict(one) for one in describe(read.lat, read.lon, found, stable, kinds)]
    if as_json:
        result = _of_clusters(read, found, resamples, described)
        if labels:
            pairs = zip(read.lines.tolist(), found.labels.tolist(), strict=True)
            result["labels"] = [[line, None if label < 0 else label + 1] for line, label in pairs]
        print(json.dumps(result, ensure_ascii=False))
    else:
        print(_cluster_lines(found, described))


def scan_command(
    points: PointsFile = None,
    lat: Latitude = "lat",
    lon: Longitude = "lon",
    time: Annotated[str, typer.Option("--time", help="Column of dates or times; without it a scan of rates.")] = "",
    form: Annotated[str, typer.Option("--time-format", help="Such as %d/%m/%Y; found out when left out.")] = "",
    resolution: Annotated[
        int, typer.Option("--resolution", min=0, max=15, help="Of the H3 cells that are places.")
    ] = 8,
    days: Annotated[int, typer.Option("--days", min=1, help="The longest a cluster may last.")] = 14,
    radius: Annotated[float, typer.Option("--radius", min=0, help="Metres; as far as --share allows by itself.")] = 0,
    share: Annotated[float, typer.Option("--share", min=0.01, max=1, help="Of all events, in a circle at most.")] = 0.5,
    past: Annotated[bool, typer.Option("--past", help="Also clusters that ended before the last day.")] = False,
    cases: Annotated[str, typer.Option("--cases", help="Column of cases, for a scan of rates.")] = "",
    population: Annotated[str, typer.Option("--population", help="Column of people, for a scan of rates.")] = "",
    planar: Annotated[bool, typer.Option("--planar", help="Take degrees as a plane, as SaTScan's Cartesian.")] = False,
    permutations: Permutations = 999,
    seed: Seed = 0,
    delimiter: Delimiter = "",
    as_json: AsJson = False,
) -> None:
    """Clusters in space and time (space-time permutation scan), or of a rate in space (--cases and --population)."""
    from services.spatial.points import days_of, read_points
    from services.spatial.scan import Scanning
    from services.spatial.scanned import of_events, of_rates

    read = read_points(required(points, "--points"), lat, lon, delimiter)
    if cases or population:
        required(cases, "--cases"), required(population, "--population")
        found = of_rates(read, cases, population, share, planar, permutations, seed)
    else:
        when = days_of(read, required(time, "--time"), form)
        wanted = Scanning(days, radius or float("inf"), share, alive=not past, replicas=permutations, seed=seed)
        found = of_events(read, when, resolution, wanted)
    print(json.dumps(found, ensure_ascii=False) if as_json else _scan_lines(found))


def _scan_lines(found: dict[str, Any]) -> str:
    lines = [f"{found['looked_at']:,} looked at, {found['replicas']} replicas"]
    for one in found["clusters"][:20]:
        since = f"  {one['first_day']} to {one['last_day']}" if "first_day" in one else ""
        often = f"  {one['says']}" if one.get("says") else ""
        lines.append(
            f"{one['lat']:.5f}, {one['lon']:.5f}{since}  {one['observed']:g} for {one['expected']:.2f} expected, "
            f"ratio {one['llr']:.6f}, p {one['p']:.3f}{often}"
        )
    return "\n".join(lines)


def _of_clusters(read: Points, found: Clustering, resamples: int, described: list[dict[str, Any]]) -> dict[str, Any]:
    wanted = found.parameters
    return {
        "method": wanted.method,
        "parameters": {
            "radius_m": wanted.radius_m or None, "points": wanted.points, "suggested": list(wanted.suggested),
            "resamples": resamples, "moved_m": found.moved_m, "fitted": found.fitted,
        },
        "points": {"used": read.size, "noise": int((found.labels < 0).sum()), "left_out": read.left_out},
        "clusters": described,
    }  # fmt: skip


def _cluster_lines(found: Clustering, described: list[dict[str, Any]]) -> str:
    wanted = found.parameters
    within = f"{wanted.radius_m:,.0f} m, " if wanted.radius_m else ""
    lines = [f"{found.count} clusters ({wanted.method}, {within}{wanted.points} points)"]
    for one in described[:50]:
        sure = f"  stability {one['stability']:.2f}" if one["stability"] is not None else ""
        kind = f"  {one['category']} {formats.share(one['category_share'])}" if one["category"] else ""
        place = f"{one['lat']:.5f}, {one['lon']:.5f}"
        lines.append(f"{one['number']:>4} {one['size']:>7,} points  {place}  {one['area_km2']:.3f} km²{sure}{kind}")
    return "\n".join(lines)
