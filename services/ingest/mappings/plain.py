"""Which mapping is meant where fields have the names of the dataset's columns?"""

from __future__ import annotations

from data.model import Dataset
from services.ingest.mappings.grammar import Column, Mapping, Place
from services.ingest.mappings.load import targets


def plain_mapping(dataset: Dataset) -> Mapping:
    """Every column from the field of its name; an empty text is a missing one."""
    columns = tuple(Column(name, (name,), missing=("",)) for name in targets(dataset))
    return Mapping(dataset.qualified, columns, place=Place("lat", "lon") if dataset.place else None)
