"""In which encoding is a text file written, and which are its lines?"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import partial
from typing import IO, TextIO

from data.errors import BadInput

SAMPLE = 4 << 20
LONGEST_LINE = 32 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def find_encoding(stream: IO[bytes], wanted: str | None, name: str) -> str:
    """The encoding that was declared, or the one its first 4 MiB show: by a byte order mark, else UTF-8, else the
    Western code page cp1252, else latin-1. Raises BadInput for a declared one that does not exist."""
    if wanted is not None:
        try:
            "".encode(wanted)  # `hex` and others that Python knows are none of text
            return codecs.lookup(wanted).name
        except LookupError:
            expected = "one such as utf-8, cp1252, latin-1"
            raise BadInput(f"{name}: `encoding`: found {wanted!r}; expected {expected}.") from None
    sample = stream.read(SAMPLE)
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    for encoding in ("utf-8", "cp1252"):
        try:
            # an incremental decoder does not mind a character cut off at the end of the sample
            codecs.getincrementaldecoder(encoding)().decode(sample, final=len(sample) < SAMPLE)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def lines_of(text: TextIO, name: str) -> Iterator[str]:
    """The lines of a text, one in memory at a time. Raises BadInput where one does not end: then it is no table."""
    for number, line in enumerate(iter(partial(text.readline, LONGEST_LINE), ""), 1):
        if len(line) == LONGEST_LINE:
            raise BadInput(f"{name}, line {number}: found {LONGEST_LINE >> 20} MiB without an end of line.")
        yield line


def is_broken(text: str) -> bool:
    """Whether a text holds lone surrogates, which stand for bytes that could not be decoded."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
