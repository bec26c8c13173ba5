"""Is a pack right in all its parts?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.errors import BadInput, BelvedereError, unknown
from data.model import Pack
from services.assessment.loading import FOLDER as SCORING
from services.assessment.loading import load_scoring
from services.ingest import choose_mapping, load_mapping_file, open_source
from services.ingest.mappings.load import check_sources
from services.model import load_pack, pack_folders
from services.simulate import has_simulator


@dataclass(frozen=True, slots=True)
class Checked:
    """A pack that obeys every rule, with what it holds; `problems` are findings beside its grammar."""

    pack: Pack
    simulator: bool
    mappings: int
    samples: int
    problems: tuple[str, ...]


def check_pack(name: str) -> Checked:
    """Read a pack with its simulator, mappings, sample rows and README. Raises BadPack, UnknownName."""
    folders = pack_folders()
    if name not in folders:
        raise unknown("pack", name, folders)
    folder = folders[name]
    pack = load_pack(folder)
    simulated = has_simulator(pack, folder)
    mappings = sorted((folder / "mappings").glob("*.yaml"))
    samples = sorted((folder / "sample").glob("*.csv"))
    problems = [*_readme(folder), *_mappings(pack, mappings), *_samples(pack, samples), *_scoring(folder)]
    return Checked(pack, simulated, len(mappings), len(samples), tuple(problems))


def _scoring(folder: Path) -> Iterator[str]:
    if (folder / SCORING).is_dir():
        try:
            load_scoring(folder / SCORING)
        except BelvedereError as error:
            yield str(error)


def _readme(folder: Path) -> Iterator[str]:
    if not (folder / "README.md").is_file():
        yield f"{folder / 'README.md'}: is missing; say where the rows come from."


def _mappings(pack: Pack, paths: list[Path]) -> Iterator[str]:
    datasets = {dataset.qualified: dataset for dataset in pack.datasets}
    for path in paths:
        try:
            mapping = load_mapping_file(path)
            if mapping.dataset not in datasets:
                raise unknown("dataset", mapping.dataset, datasets)
            load_mapping_file(path, datasets[mapping.dataset])
        except BelvedereError as error:
            yield f"{path}: {error}"


def _samples(pack: Pack, paths: list[Path]) -> Iterator[str]:
    datasets = {dataset.name: dataset for dataset in pack.datasets}
    for path in paths:
        try:
            if path.stem not in datasets:
                raise BadInput(f"the name is none of the datasets {', '.join(datasets)}.")
            source = open_source(path)
            check_sources(choose_mapping(source, datasets[path.stem]), source.header, path.name)
        except BelvedereError as error:
            yield f"{path}: {error}"
