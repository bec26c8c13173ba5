"""How do measurements grow with the number of rows?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bench.measure import Report

MILLION = 1_000_000
WHAT = {
    "free filters (page mix, warm)": "page mix, warm",
    "30-day page, cold": "page 30 d, cold",
    "tensors (365-day page, no filter, warm)": "page 365 d, no filter, warm",
    "tensors (365-day page, no filter, cold)": "page 365 d, no filter, cold",
    "tensors (365-day page, one filter, cold)": "page 365 d, one filter, cold",
}


def sizes_up_to(rows: int) -> list[int]:
    """A million, ten, a hundred and so on below `rows`, then `rows`."""
    found = [MILLION]
    while found[-1] < rows:
        found.append(found[-1] * 10)
    return [size for size in found if size < rows] + [rows]


def report_growth(report: Report, sizes: Sequence[int]) -> None:
    """The ratio of the medians at each two neighbouring sizes."""
    for smaller, larger in pairwise(sizes):
        for title, name in WHAT.items():
            before, after = report.p50(name, smaller), report.p50(name, larger)
            if before and after:
                step = f"growth {_short(smaller)} -> {_short(larger)}, {title}"
                report.ratio(step, after / before, p50_ms=after, p50_ms_before=before)


def _short(rows: int) -> str:
    return f"{rows / MILLION:g}M"
