"""Can a band or a match be derived for every row?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from data.model import Band, Dataset, Match
from services.model.columns import numbers_of
from services.model.drafts import Draft
from services.model.problems import Problem, expected_one_of


def check(draft: Draft) -> Iterator[Problem]:
    """A band's number exists and its bands ascend; the two dimensions of a match exist and differ, as its words do."""
    for dataset in draft.pack.datasets:
        for flag in dataset.flags:
            if isinstance(flag, Band):
                yield from _band(draft, dataset, flag)
            elif isinstance(flag, Match):
                yield from _match(draft, dataset, flag)


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
