"""Which of the shipped mappings fits a file?"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from data.model import Dataset
from services.ingest.mappings.grammar import Mapping
from services.ingest.mappings.load import check_targets, load_mapping_file
from services.model import pack_folders


def shipped_mappings(dataset: Dataset) -> list[Mapping]:
    """The mappings in the dataset's pack that are for this dataset, by file name. Raises BadInput for a broken one."""
    found: list[Mapping] = []
    folder = pack_folders().get(dataset.pack)
    for path in sorted((folder / "mappings").glob("*.yaml")) if folder else ():
        mapping = load_mapping_file(path)
        if mapping.dataset in (dataset.qualified, dataset.name):
            check_targets(mapping, dataset)
            found.append(mapping)
    return found


def find_shipped(file_name: str, header: Sequence[str], dataset: Dataset) -> Mapping | None:
    """The shipped mapping that reads only columns this file has; of several the one for such a file name, then the one
    that reads most of them."""
    fitting = [m for m in shipped_mappings(dataset) if m.sources().keys() <= set(header)]
    return max(fitting, key=lambda m: (_is_named(m, file_name), len(m.sources())), default=None)


def _is_named(mapping: Mapping, file_name: str) -> bool:
    return any(fnmatch(Path(file_name).name.lower(), pattern.lower()) for pattern in mapping.files)
