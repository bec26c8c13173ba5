"""How does a file become rows, a whole batch at a time, so that it can be killed anywhere and taken up again?"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import data.imports
from data.database import transaction
from data.engine.batches import Batch, write_batch
from data.errors import BelvedereError
from data.imports import ImportRecord, NewImport
from data.model import Dataset
from data.types import Scope
from services.ingest.ahead import one_ahead
from services.ingest.guess import choose_mapping
from services.ingest.mappings.grammar import Mapping, as_dict, mapping_hash
from services.ingest.mappings.load import check_sources
from services.ingest.once import once_for
from services.ingest.parse import Parser
from services.ingest.readers import Source, open_source
from services.ingest.records import ROWS_A_BATCH, ImportSummary, Parsed, Progress
from services.model import current, enable_pack, find_dataset
from services.people import record, require

Report = Callable[[Progress], None]
COUNTED = ("read", "inserted", "updated", "unchanged", "rejected", "flagged")


@dataclass(frozen=True, slots=True)
class _Work:
    scope: Scope
    dataset: Dataset
    source: Source
    parser: Parser
    file_hash: str
    mapping_hash: str

    def batch_key(self, record: ImportRecord, number: int) -> str:
        """Under which a batch is written once. Events of a file count once however often the file is imported; rows
        with a key are compared with what is there, each time anew."""
        if self.dataset.kind == "append":
            return f"import:{self.file_hash}:{self.mapping_hash}:{number}"
        return f"import:{record.id}:{number}"


@dataclass(frozen=True, slots=True)
class _Ready:
    """A batch that can be written: its number in the file, its rows, how many records it had and repeat others."""

    number: int
    parsed: Parsed
    read: int
    repeats: int
    share: float


def import_file(
    scope: Scope, dataset_name: str, path: Path, mapping: Mapping | None, progress: Report | None, now: datetime,
    file_name: str = "",
) -> ImportSummary:  # fmt: skip
    """Import a file into a dataset; without a mapping the shipped one that fits is taken, or one is guessed.

    Every batch is one transaction. An import of the same file by the same mapping that did not reach its end is taken
    up where it stopped; the summary is of the whole file. Raises NotAllowed, BadInput, UnknownName, DatabaseDown.
    """
    require(scope, "write")
    started = perf_counter()
    dataset = find_dataset(current(), dataset_name)
    source = open_source(path, file_name, mapping)
    mapping = mapping or choose_mapping(source, dataset)
    check_sources(mapping, source.header, source.name)
    parser = Parser(dataset, mapping, scope.workspace.timezone, now)
    work = _Work(scope, dataset, source, parser, _hash(path), mapping_hash(mapping, parser.timezone, ROWS_A_BATCH)[:32])
    wanted = NewImport(dataset.id, source.name, work.file_hash, work.mapping_hash, as_dict(mapping))
    enable_pack(scope, dataset.pack)
    with data.imports.claimed(scope, wanted) as begun, _marked(scope, begun):
        counts = _write_batches(work, begun, progress)
        rejects = data.imports.write_rejects_csv(scope, begun.id) if counts["rejected"] else None
        _finish(work, begun, counts, mapping)
    return ImportSummary(
        begun.id, **{name: counts[name] for name in COUNTED}, seconds=round(perf_counter() - started, 3),
        rejects_file=str(rejects) if rejects else None, flags=counts["flags"], mapping=mapping.name,
    )  # fmt: skip


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


@contextmanager
def _marked(scope: Scope, begun: ImportRecord) -> Iterator[None]:
    """An import that ends early is marked as failed, with the reason, unless the database is gone too."""
    reason = "interrupted"
    try:
        yield
        reason = ""
    except BelvedereError as error:
        reason = str(error)
        raise
    finally:
        if reason:
            _mark_failed(scope, begun, reason)


def _mark_failed(scope: Scope, begun: ImportRecord, reason: str) -> None:
    try:
        with transaction(scope) as tx:
            data.imports.finish(tx, scope, begun.id, "failed", reason)
    except BelvedereError:
        return  # it stays marked as running, and nobody holds it: the next attempt takes it up all the same


def _write_batches(work: _Work, begun: ImportRecord, progress: Report | None) -> dict[str, Any]:
    counts: dict[str, Any] = dict.fromkeys(COUNTED, 0) | {"flags": {}} | begun.counts
    with closing(one_ahead(_ready_batches(work, begun.next_batch))) as batches:
        for batch in batches:
            _write_batch(work, begun, batch, counts)
            if progress is not None:
                progress(Progress(batch.share, counts["read"]))
    return counts


def _ready_batches(work: _Work, next_batch: int) -> Generator[_Ready, None, None]:
    """The batches from a number on. Those before are read again, because they decide which rows repeat a key."""
    once = once_for(work.parser, work.source)
    for number, raw in enumerate(work.source.batches()):
        if number >= next_batch or once.remembers:
            parsed, repeats = once.sift(work.parser.parse(raw), raw)
            if number >= next_batch:
                yield _Ready(number, parsed, raw.read, repeats, work.source.file.share())


def _write_batch(work: _Work, begun: ImportRecord, batch: _Ready, counts: dict[str, Any]) -> None:
    """Write rows, rejects and the new counts in one transaction; `counts` changes only when it is committed."""
    parsed, key = batch.parsed, work.batch_key(begun, batch.number)
    with transaction(work.scope) as tx:
        inserted = updated = 0
        if parsed.size:
            result = write_batch(tx, work.scope, Batch(work.dataset, key, parsed.columns))
            inserted, updated = (0, 0) if result.repeated else (result.inserted, result.updated)
        new = _added(counts, {
            "read": batch.read, "inserted": inserted, "updated": updated, "rejected": len(parsed.rejects),
            "unchanged": parsed.size + batch.repeats - inserted - updated, "flagged": parsed.flagged,
        }, parsed.flags)  # fmt: skip
        data.imports.add_rejects(tx, work.scope, work.dataset.id, parsed.rejects, begun.id, key)
        data.imports.advance(tx, work.scope, begun.id, batch.number + 1, new)
    counts.update(new)


def _added(counts: dict[str, Any], more: dict[str, int], flags: dict[str, int]) -> dict[str, Any]:
    total = {name: counts[name] + more[name] for name in COUNTED}
    return total | {"flags": dict(Counter(counts["flags"]) + Counter(flags))}


def _finish(work: _Work, begun: ImportRecord, counts: dict[str, Any], mapping: Mapping) -> None:
    detail = {name: counts[name] for name in COUNTED} | {"dataset": work.dataset.qualified, "mapping": mapping.name}
    with transaction(work.scope) as tx:
        data.imports.finish(tx, work.scope, begun.id, "done")
        record(tx, work.scope, "imported", work.source.name, detail | {"import": begun.id})
