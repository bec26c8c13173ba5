"""What are the best routes for an instance in the format of CVRPLIB (Uchoa et al. 2017)?"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from data.errors import BadInput
from services.routing.searching import Progress, search

_NEEDED = ("DIMENSION", "CAPACITY", "EDGE_WEIGHT_TYPE")


@dataclass(frozen=True, slots=True)
class Answer:
    """`routes` hold clients by the numbers of .sol files, which count from 1 without the depot."""

    cost: int
    routes: tuple[tuple[int, ...], ...]
    unserved: tuple[int, ...]
    seconds: float


def solve_file(path: Path, seconds: float, seed: int, processes: int, progress: Progress | None = None) -> Answer:
    """Solve a .vrp file with distances rounded to whole numbers, as its best known costs are counted.

    Raises BadInput, with the line where there is one, for what is no such file.
    """
    from pyvrp import read

    began = time.monotonic()
    _check(path)
    try:
        data = read(path, "round")
    except (ValueError, KeyError, IndexError, TypeError, RuntimeError) as error:
        raise BadInput(f"{path.name} cannot be read as an instance of CVRPLIB: {error}.") from error
    found = search(data, max(0.1, seconds - (time.monotonic() - began)), seed, progress=progress, processes=processes)
    depots = data.num_depots
    routes = tuple(tuple(visit - depots + 1 for visit in visits) for _, visits in found.routes)
    if not found.feasible:
        raise BadInput(f"{path.name}: no routes within the capacity were found in {seconds:g} s; try a longer time.")
    served = {client for route in routes for client in route}
    unserved = tuple(client for client in range(1, data.num_clients + 1) if client not in served)
    return Answer(found.cost, routes, unserved, round(time.monotonic() - began, 2))


def _check(path: Path) -> None:
    """The first thing wrong with the file, in words: a missing key, a wrong number, a node too few."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}.") from error
    keys: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines, 1):
        match = re.match(r"\s*([A-Z_]+)\s*:\s*(.*)", line)
        if match:
            keys[match[1]] = (number, match[2].strip())
    _check_keys(path.name, keys)
    count = int(keys["DIMENSION"][1])
    if keys["EDGE_WEIGHT_TYPE"][1] == "EUC_2D":
        _check_section(path.name, lines, "NODE_COORD_SECTION", count, 3)
    _check_section(path.name, lines, "DEMAND_SECTION", count, 2)


def _check_keys(name: str, keys: dict[str, tuple[int, str]]) -> None:
    for key in _NEEDED:
        if key not in keys:
            raise BadInput(f"{name}: found no line {key}, expected one as in files of CVRPLIB.")
    for key in ("DIMENSION", "CAPACITY"):
        number, text = keys[key]
        if not text.isdigit() or int(text) < 1:
            raise BadInput(f"{name}, line {number}, field {key}: found {text!r}, expected a whole number above 0.")


def _check_section(name: str, lines: list[str], section: str, count: int, columns: int) -> None:
    starts = [number for number, line in enumerate(lines) if line.strip().startswith(section)]
    if not starts:
        raise BadInput(f"{name}: found no {section}, expected one with {count} lines.")
    for number in range(starts[0] + 1, starts[0] + 1 + count):
        parts = lines[number].split() if number < len(lines) else []
        if len(parts) != columns or not all(_is_number(part) for part in parts):
            found = lines[number].strip() if number < len(lines) else "the end of the file"
            raise BadInput(
                f"{name}, line {number + 1}, field {section}: found {found!r}, expected {columns} numbers, "
                f"{count} lines in all."
            )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?", text) is not None
