"""Which larger areas do the areas of a boundary file belong to, and how do they become those?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from data.errors import BadInput
from services.formats import plural
from services.maps.boundaries import Checked, amounts_of, key_text
from services.spatial.areas import Areas


def group_columns(areas: Areas) -> tuple[str, ...]:
    """The columns by which areas could be put together: of words that repeat, the one with most of them first.

    Numbers that repeat are rather counts than names, so that they are not among them.
    """
    found = []
    for column, values in areas.columns.items():
        texts = [key_text(value) for value in values]
        different = set(filter(None, texts))
        is_named = all(isinstance(value, str) and not _is_number(value) for value in values if key_text(value))
        if is_named and 1 < len(different) < sum(map(bool, texts)):
            found.append((-len(different), column))
    return tuple(column for _, column in sorted(found, key=lambda pair: pair[0]))


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def group_count(areas: Areas, column: str) -> int:
    """How many different names a column has."""
    return len(set(filter(None, map(key_text, areas.column(column)))))


def grouped(found: Checked, column: str, add_up: Sequence[str] = ()) -> Checked:
    """The areas of each name of `column` as one, in the order in which names come first; those without a name are left
    out.

    Borders between areas of one name vanish, also where they overlap or leave no gap. Of other columns only those in
    `add_up` are kept, as sums (None where one of its areas has no number). Flaws stay those of the file. Raises
    UnknownName, and BadInput for a column without names or one to add up that holds no numbers of zero and more.
    """
    import shapely

    areas = found.repaired
    texts = [key_text(value) for value in areas.column(column)]
    members: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        if text:
            members.setdefault(text, []).append(place)
    if not members:
        raise BadInput(f"{areas.source}, `{column}`: found no name; expected one for each area to be put together by.")
    shapes = np.empty(len(members), object)
    shapes[:] = [shapely.union_all(areas.geometries[places]) for places in members.values()]
    columns = {column: list(members)} | {name: _sums(areas, name, list(members.values())) for name in add_up}
    made = replace(
        areas, geometries=shapely.orient_polygons(shapes), columns=columns,
        source=f"{areas.source} ({plural(areas.size, 'area')} put together)",
    )  # fmt: skip
    return Checked(made, made, found.flaws, (column,))


def grouped_said(found: Checked, made: Checked) -> str:
    """`195 areas became 41 by nhood.`, and how many were left out."""
    (column,) = made.keys
    nameless = sum(not key_text(value) for value in found.areas.column(column))
    left = (
        f" {plural(nameless, 'area')} without a name {'is' if nameless == 1 else 'are'} left out." if nameless else ""
    )
    return f"{plural(found.areas.size - nameless, 'area')} became {made.areas.size} by {column}.{left}"


def _sums(areas: Areas, name: str, members: Sequence[Sequence[int]]) -> list[float | None]:
    amounts = amounts_of(areas, name)
    if not amounts:
        raise BadInput(
            f"{areas.source}, `{name}`: found something else than numbers from zero up, which cannot be added."
        )
    parts = [[amounts[place] for place in places] for places in members]
    return [None if None in part else math.fsum(value for value in part if value is not None) for part in parts]
