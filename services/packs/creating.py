"""How is a new pack begun, from a file or from nothing?"""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

from data.errors import BadInput
from data.settings import ROOT, settings
from services.ingest import Column, Mapping, Order, Place, mapping_text, open_source, sample_of
from services.ingest.readers import Source
from services.model import load_pack, pack_folders
from services.model.rules.names import NAME
from services.packs.looking import look
from services.packs.shaping import Skeleton, skeleton, title_of
from services.packs.skeletons import pack_text, quoted

SAMPLE_ROWS = 50
EMPTY = """\
# A pack with one dataset of events, to be changed; every field is explained in docs/reference/grammar.md.
pack: {pack}
title: {title}
description: What is counted here, in a sentence.
owner: Operations

datasets:
  {pack}:
    title: {title}
    kind: append
    time: occurred_at
    times:
      occurred_at: Occurred
    dimensions:
      category: {{title: Category}}

metrics:
  {pack}_count:
    title: {title}
    description: Rows of the period.
    shape: count
    dataset: {pack}
    at: occurred_at
    unit: rows
    format: integer
    better: neither
    family: operational
"""


def create_pack(name: str, file: Path | None = None, built_in: bool = False) -> Path:
    """A folder with pack.yaml, README.md and, from a file, a mapping and sample rows; returns it.

    It lies in the data folder's packs, or with `built_in` among those of Belvedere. Raises BadInput when the name is
    taken or malformed, or when nothing in the file is a time.
    """
    if not NAME.fullmatch(name):
        raise BadInput(f"Pack name: found `{name}`, expected lower-case letters, digits and underscores.")
    if name in pack_folders():
        raise BadInput(f"There is already a pack `{name}` in {pack_folders()[name]}.")
    folder = (ROOT / "data" / "packs" if built_in else settings().home / "packs") / name
    source = open_source(file) if file else None
    made = skeleton(name, look(source.header, sample_of(source), name), source.name) if source else None
    folder.mkdir(parents=True)
    text = pack_text(made, source.name) if made and source else EMPTY.format(pack=name, title=quoted(title_of(name)))
    (folder / "pack.yaml").write_text(text, encoding="utf-8")
    (folder / "README.md").write_text(_readme(name, source.name if source else None), encoding="utf-8")
    if made and source:
        _write_mapping(folder, made, source)
        _write_sample(folder, made, source)
    load_pack(folder)
    return folder


def _readme(name: str, file: str | None) -> str:
    begun = f"Begun from {file}." if file else "Begun empty."
    return f"# {title_of(name)}\n\n{begun} Say here where the rows come from, how often, and who answers for them.\n"


def _write_mapping(folder: Path, made: Skeleton, source: Source) -> None:
    columns = tuple(
        Column(one.name, (one.source,), formats=(one.format,) if one.role == "time" and one.format else ("iso",))
        for one in made.of("key", "time", "dimension", "actor", "measure")
    )
    order = (Order(made.time.name, made.end.name),) if made.end else ()
    mapping = Mapping(
        f"{made.pack}.{made.pack}", columns, f"Files like {source.name}", (source.name,), place=_place(made),
        order=order, duplicates="update",
    )  # fmt: skip
    (folder / "mappings").mkdir()
    (folder / "mappings" / f"{made.pack}.yaml").write_text(mapping_text(mapping), encoding="utf-8")


def _place(made: Skeleton) -> Place | None:
    for one in made.of("point"):
        return Place(source=one.source, point=one.format or "(lat, lon)")
    lat, lon = made.of("lat"), made.of("lon")
    return Place(lat[0].source, lon[0].source) if lat and lon else None


def _write_sample(folder: Path, made: Skeleton, source: Source) -> None:
    sample = sample_of(source)
    rows = islice(zip(*(sample[name] for name in source.header), strict=True), SAMPLE_ROWS)
    (folder / "sample").mkdir()
    with (folder / "sample" / f"{made.pack}.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([source.header, *rows])
