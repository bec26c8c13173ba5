"""Which tables are followed, where are they, and how are their rows read?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data.database import database_url
from data.errors import unknown
from data.followed import Followed, followed
from data.model import Dataset
from data.settings import settings
from data.types import Scope
from data.ways import Source
from services.ingest.mappings.grammar import Column, Mapping, Place
from services.ingest.mappings.named import named_mapping
from services.model import current, packs_of
from services.people import get_workspace, worker_scope


@dataclass(frozen=True, slots=True)
class Follower:
    """A dataset and its source, made ready: `columns` are read from the source, `mapping` makes rows of them."""

    scope: Scope
    dataset: Dataset
    source: Source
    url: str
    columns: tuple[str, ...]
    mapping: Mapping


def followers() -> Iterator[tuple[str, Source]]:
    """Pack and source of every external dataset."""
    for pack in current().packs:
        for source in pack.sources:
            yield pack.name, source


def make_follower(pack: str, source: Source) -> Follower:
    """A source made ready. Raises UnknownName for its workspace, database or mapping, and BadSettings."""
    dataset = current().datasets()[f"{pack}.{source.dataset}"]
    mapping = named_mapping(dataset, source.mapping) if source.mapping else _plain(dataset, source)
    scope = worker_scope(get_workspace(source.workspace))
    return Follower(scope, dataset, source, _url(source), tuple(mapping.sources()), mapping)


def following_states(scope: Scope) -> list[tuple[Dataset, Followed]]:
    """How far the external datasets of the active workspace have come."""
    found = []
    for pack in packs_of(scope):
        for source in pack.sources:
            if source.workspace == scope.workspace.slug:
                dataset = current().datasets()[f"{pack.name}.{source.dataset}"]
                found.append((dataset, followed(scope, dataset.id)))
    return found


def _url(source: Source) -> str:
    if source.database is None:
        return database_url()
    known = external_databases()
    if source.database not in known:
        raise unknown("database", source.database, known, "the setting `external_databases`")
    return known[source.database]


def external_databases() -> dict[str, str]:
    """The addresses of the setting by name. Raises BadSettings."""
    parts = (part.partition("=") for part in settings().external_databases.split())
    return {name: url for name, _, url in parts}


def _plain(dataset: Dataset, source: Source) -> Mapping:
    said = dict(source.columns)
    columns = tuple(Column(target, (name,)) for target, name in said.items() if target not in ("lat", "lon"))
    place = Place(said["lat"], said["lon"]) if {"lat", "lon"} <= said.keys() else None
    return Mapping(dataset.qualified, columns, place=place)
