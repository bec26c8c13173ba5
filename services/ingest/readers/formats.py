"""What kind of file is this, and which streams of records does it hold?"""

from __future__ import annotations

import gzip
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from data.errors import BadInput

Format = Literal["delimited", "json lines", "parquet", "epanet"]
READABLE = "CSV or TSV, JSON lines, EPANET networks, Parquet, and all but the last also as .gz; or a .zip of them"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip file within an archive"),
    (b"BZh", "a bzip2 file"), (b"\xfd7zXZ", "an xz file"), (b"\x28\xb5\x2f\xfd", "a zstandard file"),
    (b"7z\xbc\xaf", "a 7-Zip file"), (b"Rar!", "a RAR file"), (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"), (b"SQLite format 3", "an SQLite database"),
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"),
)  # fmt: skip


_NO_TEXT = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))
# A heading of EPANET's file format alone on a line; a JSON array has none of these words.
_NETWORK = re.compile(rb"^\s*\[(TITLE|JUNCTIONS|RESERVOIRS|TANKS|PIPES|OPTIONS)\]\s*$", re.IGNORECASE | re.MULTILINE)
Open = Callable[[], AbstractContextManager[IO[bytes]]]


class File:
    """A file on disk that knows how far it was read."""

    def __init__(self, path: Path) -> None:
        self.path, self.size = path, path.stat().st_size
        self._handle: IO[bytes] | None = None

    def open(self) -> IO[bytes]:
        """From its beginning."""
        self._handle = self.path.open("rb")
        return self._handle

    def share(self) -> float:
        """The part of its bytes that is read, 0 to 1."""
        if self._handle is None or not self.size:
            return 0.0
        return 1.0 if self._handle.closed else min(1.0, self._handle.tell() / self.size)


@dataclass(frozen=True, slots=True)
class Member:
    """One stream of records: a file, or a file within an archive. `open` starts it from its beginning, decompressed;
    for Parquet it can seek."""

    name: str
    format: Format
    open: Open


def find_members(file: File, shown: str) -> list[Member]:
    """The streams of records in a file, judged by its first bytes and not by its name.

    `shown` stands for the file in messages. Raises BadInput when there is nothing that can be read.
    """
    head = _head(file.open)
    if not head:
        raise BadInput(f"{shown}: the file is empty.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):  # the second is of one without members
        return list(_zip_members(file, shown))
    return [_member(shown, head, file.open)]


def _zip_members(file: File, shown: str) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(file.path) as archive:
            entries = [e for e in archive.infolist() if not e.is_dir() and not _is_clutter(e.filename)]
    except zipfile.BadZipFile as error:
        raise BadInput(f"{shown}: a damaged zip file: {error}.") from error
    if any(e.filename == "[Content_Types].xml" for e in entries):
        raise BadInput(f"{shown}: found an Excel or Word file; expected {READABLE}. Save the sheet as CSV.")
    if not entries:
        raise BadInput(f"{shown}: the zip file holds no files.")
    for entry in entries:
        if entry.flag_bits & 1:
            raise BadInput(f"{shown}/{entry.filename}: found an encrypted file; expected one without a password.")
        opener = _entry_opener(file, entry.filename)
        head = _head(opener)
        if not head:
            raise BadInput(f"{shown}/{entry.filename}: the file is empty.")
        yield _member(f"{shown}/{entry.filename}", head, opener)


def _entry_opener(file: File, entry: str) -> Open:
    @contextmanager
    def unpacked() -> Iterator[IO[bytes]]:
        with file.open() as raw, zipfile.ZipFile(raw) as archive, archive.open(entry) as stream:
            yield stream

    return unpacked


def _is_clutter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1].startswith(".")


def _head(opener: Open) -> bytes:
    with opener() as stream:
        return stream.read(4096)


def _member(name: str, head: bytes, opener: Open) -> Member:
    if head.startswith(b"\x1f\x8b"):
        return _gzip_member(name, opener)
    if head.startswith(b"PAR1"):
        return Member(name, "parquet", opener)
    _refuse_others(name, head)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _NETWORK.search(head):
        return Member(name, "epanet", opener)
    if start.startswith(b"["):
        raise BadInput(f"{name}: found a JSON array; expected JSON lines, one object a line.")
    if start.startswith((b"<!DOCTYPE", b"<html", b"<?xml")):
        raise BadInput(f"{name}: found a web page or XML; expected {READABLE}.")
    strange = len(head) - len(head.translate(None, _NO_TEXT))
    if strange * 20 > len(head) and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput(f"{name}: found bytes that are no text; expected {READABLE}.")
    return Member(name, "json lines" if start.startswith(b"{") else "delimited", opener)


def _refuse_others(name: str, head: bytes) -> None:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise BadInput(f"{name}: found {kind}; expected {READABLE}.")


def _gzip_member(name: str, opener: Open) -> Member:
    @contextmanager
    def unpacked() -> Iterator[IO[bytes]]:
        with opener() as raw, gzip.GzipFile(fileobj=raw) as stream:
            yield cast(IO[bytes], stream)

    try:
        head = _head(unpacked)
    except (OSError, EOFError) as error:
        raise BadInput(f"{name}: a damaged gzip file: {error}.") from error
    if not head:
        raise BadInput(f"{name}: the file is empty.")
    inner = _member(name, head, unpacked)
    if inner.format == "parquet":
        raise BadInput(f"{name}: found Parquet within gzip; expected it as it is: Parquet is compressed inside.")
    return inner
