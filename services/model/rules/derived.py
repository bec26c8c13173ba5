"""Can a band, a match or a range be derived for every row?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from data.model import Band, Dataset, Match, Range
from services.model.columns import numbers_of
from services.model.drafts import Draft, Path
from services.model.problems import Problem, expected_one_of

ENDS = ("at_least", "at_most")


def check(draft: Draft) -> Iterator[Problem]:
    """A band's number exists and its bands ascend; the two dimensions of a match exist and differ, as its words do;
    a range's measure and dimension exist, and its ends are in order."""
    for dataset in draft.pack.datasets:
        for flag in dataset.flags:
            if isinstance(flag, Band):
                yield from _band(draft, dataset, flag)
            elif isinstance(flag, Match):
                yield from _match(draft, dataset, flag)
            elif isinstance(flag, Range):
                yield from _range(draft, dataset, flag)


def _band(draft: Draft, dataset: Dataset, band: Band) -> Iterator[Problem]:
    path = ("datasets", dataset.name, "bands", band.name)
    if band.of not in numbers_of(dataset):
        yield draft.problem((*path, "of"), expected_one_of(band.of, numbers_of(dataset)))
    lowest = [least for _, least in band.lowest]
    if any(second <= first for first, second in pairwise(lowest)):
        yield draft.problem((*path, "lowest"), "expected bands in ascending order, each with a least value of its own.")


def _match(draft: Draft, dataset: Dataset, match: Match) -> Iterator[Problem]:
    path = ("datasets", dataset.name, "matches", match.name)
    derived = {flag.name for flag in dataset.flags}
    written = [dimension.name for dimension in dataset.dimensions if dimension.name not in derived]
    for field, name in (("of", match.of), ("truth", match.truth)):
        if name not in written:
            yield draft.problem((*path, field), expected_one_of(name, written))
    if match.of == match.truth:
        yield draft.problem((*path, "truth"), f"`{match.truth}` is what was said too.")
    if match.same == match.differs:
        yield draft.problem((*path, "differs"), f"`{match.differs}` is the word for equal texts too.")


def _range(draft: Draft, dataset: Dataset, found: Range) -> Iterator[Problem]:
    path = ("datasets", dataset.name, "ranges", found.name)
    derived, measures = {flag.name for flag in dataset.flags}, [measure.name for measure in dataset.measures]
    written = {d.name: d.values for d in dataset.dimensions if d.name not in derived}
    if found.of not in measures:
        yield draft.problem((*path, "of"), expected_one_of(found.of, measures))
    if found.by not in written:
        yield draft.problem((*path, "by"), expected_one_of(found.by, written))
    for value, low, high in found.ranges:
        yield from _ends(draft, (*path, "ranges", value), written.get(found.by, ()), (low, high))
    if found.within == found.outside:
        yield draft.problem((*path, "outside"), f"`{found.outside}` is the word for inside the range too.")


def _ends(
    draft: Draft, path: Path, closed: tuple[str, ...], ends: tuple[float | None, float | None]
) -> Iterator[Problem]:
    if closed and path[-1] not in closed:
        yield draft.problem(path, expected_one_of(path[-1], closed))
    for end in _written(draft, path):
        if end not in ENDS:
            yield draft.problem((*path, end), expected_one_of(end, ENDS))
    low, high = ends
    if low is None and high is None:
        yield draft.problem(path, "expected `at_least`, `at_most` or both.")
    elif low is not None and high is not None and low > high:
        yield draft.problem(path, f"found {low:g} to {high:g}, expected the lower end first.")


def _written(draft: Draft, path: Path) -> list[str]:
    """The names that stand at a place of the file."""
    node = draft.root
    for step in path:
        node = (node.children or {})[step]
    return list(node.children or {})
