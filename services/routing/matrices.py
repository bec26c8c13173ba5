"""What travel times does the user's own table say?"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.errors import BadInput
from services.routing.plans import Travel

_COLUMNS = ("from", "to", "minutes")


def read_matrix(path: Path, names: Sequence[str]) -> Travel:
    """Travel between `names` from a CSV with columns from, to, minutes and, where known, km.

    `names` are in the order of the matrices; a name may come twice (an officer who starts and ends at one place). A way
    given in one direction counts for the other as well unless that has a line. Raises BadInput naming the line.
    """
    ways = _ways(path)
    missing = [
        (a, b) for a in dict.fromkeys(names) for b in dict.fromkeys(names) if a != b and (a, b) not in ways
    ]  # fmt: skip
    if missing:
        a, b = missing[0]
        raise BadInput(
            f"{path.name}: {len(missing)} ways are missing, the first from `{a}` to `{b}`; expected one line a way."
        )
    pairs = [[ways.get((a, b), (0.0, 0.0)) if a != b else (0.0, 0.0) for b in names] for a in names]
    table = np.array(pairs, dtype=np.float64)
    return Travel(
        np.rint(table[:, :, 0] * 60).astype(np.int64), np.rint(table[:, :, 1] * 1000).astype(np.int64), path.name
    )


def _ways(path: Path) -> dict[tuple[str, str], tuple[float, float]]:
    """(from, to) -> minutes and kilometres, with the way back where it has no line."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            absent = [name for name in _COLUMNS if name not in (rows.fieldnames or [])]
            if absent:
                raise BadInput(
                    f"{path.name}, line 1: found columns {', '.join(rows.fieldnames or []) or 'none'}; "
                    f"expected from, to, minutes and, where known, km."
                )
            given = {
                (row["from"] or "", row["to"] or ""): (
                    _number(path, rows.line_num, "minutes", row["minutes"]),
                    _number(path, rows.line_num, "km", row.get("km") or "0"),
                )
                for row in rows
            }
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}.") from error
    return {(b, a): found for (a, b), found in given.items()} | given


def _number(path: Path, line: int, field: str, text: str | None) -> float:
    try:
        found = float((text or "").replace(",", "."))
    except ValueError:
        found = math.nan
    if not (math.isfinite(found) and found >= 0):
        raise BadInput(f"{path.name}, line {line}, field {field}: found {text!r}, expected a number not below 0.")
    return found
