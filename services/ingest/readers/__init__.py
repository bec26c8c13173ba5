"""How is a file of any readable format read in batches of columns of text?"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.errors import BadInput
from services.ingest.mappings.grammar import Mapping
from services.ingest.readers.delimited import DelimitedReader
from services.ingest.readers.epanet import EpanetReader
from services.ingest.readers.formats import File, Member, find_members
from services.ingest.readers.json_lines import JsonLinesReader
from services.ingest.readers.parquet import ParquetReader
from services.ingest.records import RawBatch

Reader = DelimitedReader | JsonLinesReader | ParquetReader | EpanetReader


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is understood: its readers, one for each member of an archive, all with the same columns."""

    name: str
    file: File
    readers: tuple[Reader, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The names of its columns."""
        return self.readers[0].header

    def batches(self) -> Iterator[RawBatch]:
        """Its records in batches, in file order. Raises BadInput where the file turns out to be damaged, and when it
        holds a header and nothing else."""
        read = 0
        for reader in self.readers:
            try:
                for batch in reader.batches():
                    read += batch.read
                    yield batch
            except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, UnicodeDecodeError) as error:
                after = f" after {read:,} records" if read else ""
                raise BadInput(f"{reader.member.name}: the file is damaged or cut off{after}: {error}.") from error
        if not read:
            raise BadInput(f"{self.name}: found a header and no records.")


def open_source(path: Path, name: str = "", mapping: Mapping | None = None) -> Source:
    """Find out what a file is and how it is written, unless the mapping declares encoding and delimiter.

    `name` stands for the file in messages; what is no text in it becomes `?`. Raises BadInput that says what was found
    and expected.
    """
    if not path.is_file():
        raise BadInput(f"No file {path}.")
    file, name = File(path), (name or path.name).encode("utf-8", "replace").decode()
    try:
        readers = tuple(_reader(member, mapping) for member in find_members(file, name))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadInput(f"{name}: the file is damaged or cut off: {error}.") from error
    first = readers[0]
    for other in readers[1:]:
        if set(other.header) != set(first.header):
            raise BadInput(
                f"{other.member.name}: found the columns {', '.join(other.header)}; expected those of "
                f"{first.member.name}: {', '.join(first.header)}."
            )
    return Source(name, file, readers)


def _reader(member: Member, mapping: Mapping | None) -> Reader:
    if member.format == "parquet":
        return ParquetReader(member)
    encoding = mapping.encoding if mapping else None
    if member.format == "epanet":
        return EpanetReader(member, encoding)
    if member.format == "json lines":
        return JsonLinesReader(member, encoding)
    return DelimitedReader(member, encoding, mapping.delimiter if mapping else None)
