"""How far from the best known are routes after ten seconds? `python -m bench.routes [--seconds 10] [--wall] [FILES]`.

By default each instance is searched in one process by its own CPU time, so that others on the machine do not disturb;
`--wall` is what a user gets: two processes, seconds by the clock.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from data.settings import ROOT

FOLDER = ROOT.parent / "shared" / "data" / "routing"


def main() -> None:
    """Solve every instance and print its gap, and the mean."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("files", nargs="*", type=Path)
    asked.add_argument("--seconds", type=float, default=10.0)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--wall", action="store_true")
    options = asked.parse_args()
    gaps = []
    for path in options.files or sorted(FOLDER.glob("*.vrp")):
        best = best_known(path.with_suffix(".sol"))
        cost = wall(path, options.seconds, options.seed) if options.wall else fair(path, options.seconds, options.seed)
        gaps.append(100 * (cost / best - 1))
        print(f"{path.stem}: {cost}, best known {best}, gap {gaps[-1]:.2f} %", flush=True)
    print(f"mean gap {sum(gaps) / len(gaps):.2f} % of {len(gaps)} instances")


def best_known(path: Path) -> int:
    """The cost in a .sol file."""
    return next(int(line.split()[1]) for line in path.read_text().splitlines() if line.startswith("Cost"))


def fair(path: Path, seconds: float, seed: int) -> int:
    """The cost found by one process in `seconds` of its CPU time."""
    from pyvrp import read

    from services.routing.searching import search

    return search(read(path, "round"), seconds, seed, clock=time.thread_time).cost


def wall(path: Path, seconds: float, seed: int) -> int:
    """The cost that `manage.py analyse routes` finds in `seconds` by the clock."""
    from services.routing.cvrplib import solve_file

    return solve_file(path, seconds, seed, processes=2).cost


if __name__ == "__main__":
    main()
