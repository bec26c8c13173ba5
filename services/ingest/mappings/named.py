"""Which mapping of a pack does a name in its YAML mean?"""

from __future__ import annotations

from data.errors import unknown
from data.model import Dataset
from services.ingest.mappings.find import shipped_mappings
from services.ingest.mappings.grammar import Mapping


def named_mapping(dataset: Dataset, name: str) -> Mapping:
    """The mapping of the dataset's pack with this file name, without its ending. Raises UnknownName."""
    known = {mapping.name.rpartition("/")[2].removesuffix(".yaml"): mapping for mapping in shipped_mappings(dataset)}
    if name not in known:
        raise unknown("mapping", name, known, f"`{dataset.pack}` for {dataset.qualified}")
    return known[name]
