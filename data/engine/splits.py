"""By which names can the rows of a dataset be split, and by which can they be filtered?"""

from __future__ import annotations

from data.engine.hexagons import PLACE, dimensions_of
from data.model import Dataset


def text_columns(dataset: Dataset) -> tuple[str, ...]:
    """The text columns of its rows: the dimensions and the actor."""
    names = tuple(d.name for d in dataset.dimensions)
    return (*names, dataset.actor) if dataset.actor and dataset.actor not in names else names


def split_columns(dataset: Dataset) -> tuple[str, ...]:
    """What a question may split by: its text columns and, where rows have a place, hexagons (`cell:7`)."""
    return (*text_columns(dataset), *dimensions_of(dataset))


def filter_columns(dataset: Dataset) -> tuple[str, ...]:
    """What a question may filter by: what it may split by and, where rows have one, the place."""
    return (*split_columns(dataset), PLACE) if dataset.place else text_columns(dataset)
