"""How does somebody download the rows behind a number: as CSV, JSON, JSON lines or Parquet, however many there are?"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic_core import to_json

from data.database import transaction
from data.errors import unknown
from data.exports import Selection, Wanted, arrow_types, export
from data.model import Dataset
from data.types import Filter, Order, Scope, TimeRange
from services import people
from services.exports.visible import audited_filters, personal_columns, require_visible, visible_columns
from services.observing import timed

RowFormat = Literal["csv", "jsonl", "json", "parquet"]
FORMATS: tuple[RowFormat, ...] = get_args(RowFormat)
MEDIA_TYPES: dict[RowFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class Request:
    """Which rows: those whose time `at` (the dataset's own when empty) lies in the range and that meet the filters,
    oldest first without an order of their own."""

    dataset: Dataset
    range: TimeRange
    where: tuple[Filter, ...] = ()
    at: str = ""
    form: RowFormat = "csv"
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """An open download: what it is called and holds, and its bytes. Columns in `omitted` were left out as personal;
    `order` is as text, empty for the oldest first."""

    file_name: str
    media_type: str
    rows: int
    as_of: datetime | None
    filters: tuple[str, ...]
    columns: tuple[str, ...]
    omitted: tuple[str, ...]
    order: str
    chunks: Iterator[bytes]


@contextmanager
def download(scope: Scope, request: Request, now: datetime) -> Iterator[Download]:
    """The rows as a stream of bytes; the export is audited before the first of them.

    Raises NotAllowed without the ability `export` and for a filter on a hidden column or an order by one, UnknownName
    for a column that is not there, BadInput for more rows than can be ordered, DatabaseDown. All rows are those of one
    moment; leaving the block ends the statement behind them.
    """
    people.require(scope, "export")
    dataset = request.dataset
    if request.form not in FORMATS:
        raise unknown("format", request.form, FORMATS)
    order = str(request.order or "")
    require_visible(scope, dataset, {f.dimension for f in request.where}, request.order)
    shown, omitted = visible_columns(scope, dataset)
    wanted = _wanted(request, shown)
    written: Literal["csv", "json"] = "json" if request.form in ("json", "jsonl") else "csv"
    who = {"form": request.form, "dataset": dataset.qualified, "account": scope.account}
    with timed("exports", "done", "failed", **who) as noted, export(scope, wanted, written) as found:
        sentences = tuple(f.sentence() for f in request.where)
        noted["rows"] = found.rows
        _record(scope, request, found, shown)
        about = _about(request, found, sentences, shown, omitted)
        chunks = _WRITERS[request.form](dataset, shown, found.blocks, about)
        name = file_name(scope.workspace.slug, dataset, request.range, request.form, now)
        yield Download(
            name, MEDIA_TYPES[request.form], found.rows, found.as_of, sentences, shown, omitted, order, chunks
        )  # fmt: skip


def _wanted(request: Request, columns: tuple[str, ...]) -> Wanted:
    from data.engine.shapes import predicates_of
    from data.engine.splits import filter_columns

    known = filter_columns(request.dataset)
    for condition in request.where:
        if condition.dimension not in known:
            raise unknown("dimension", condition.dimension, known, request.dataset.qualified)
    at = request.at or request.dataset.time
    return Wanted(request.dataset, at, request.range, predicates_of(request.where), columns, request.order)


def _record(scope: Scope, request: Request, found: Selection, columns: Sequence[str]) -> None:
    personal = sorted(personal_columns(request.dataset) & set(columns))
    detail = {
        "rows": found.rows, "format": request.form, "from": request.range.from_at.isoformat(),
        "to": request.range.to_at.isoformat(), "filters": audited_filters(request.dataset, request.where),
        "personal_columns": personal, "order": str(request.order or ""),
    }  # fmt: skip
    with transaction(scope) as tx:
        people.record(tx, scope, "exported", request.dataset.qualified, detail)


def _about(
    request: Request, found: Selection, sentences: Sequence[str], columns: Sequence[str], omitted: Sequence[str]
) -> dict[str, Any]:
    return {
        "dataset": request.dataset.qualified, "from": request.range.from_at, "to": request.range.to_at,
        "filters": list(sentences), "order": str(request.order or ""), "as_of": found.as_of, "total": found.rows,
        "columns": list(columns), "omitted": list(omitted),
    }  # fmt: skip


def file_name(workspace: str, dataset: Dataset, span: TimeRange, form: RowFormat, now: datetime) -> str:
    """`demo-complaints-20260101-20260201.csv`: plain letters, so that every browser keeps it."""
    last = min(span.to_at, now)
    return re.sub(r"[^A-Za-z0-9._-]", "-", f"{workspace}-{dataset.name}-{span.from_at:%Y%m%d}-{last:%Y%m%d}.{form}")


Writer = Callable[[Dataset, Sequence[str], Iterator[bytes], dict[str, Any]], Iterator[bytes]]


def _as_they_are(_: Dataset, __: Sequence[str], blocks: Iterator[bytes], ___: dict[str, Any]) -> Iterator[bytes]:
    return blocks


def _json(_: Dataset, __: Sequence[str], blocks: Iterator[bytes], about: dict[str, Any]) -> Iterator[bytes]:
    """One document: what it holds, and then its rows, each on a line."""
    yield to_json(about)[:-1] + b',"rows":['
    separator = b"\n"
    for block in blocks:
        yield separator + block.removesuffix(b"\n").replace(b"\n", b",\n")
        separator = b",\n"
    yield b"\n]}\n"


def _parquet(
    dataset: Dataset, columns: Sequence[str], blocks: Iterator[bytes], about: dict[str, Any]
) -> Iterator[bytes]:
    import pyarrow as pa
    from pyarrow import csv, parquet

    types = arrow_types(dataset, tuple(columns))
    schema = pa.schema(list(types.items()), metadata={"belvedere": to_json(about)})
    convert = csv.ConvertOptions(
        column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    sink = _Drain()
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        reader = csv.open_csv(
            _Source(blocks),
            read_options=csv.ReadOptions(use_threads=False, block_size=4 << 20),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=convert,
        )
        for batch in reader:
            writer.write_batch(batch)
            yield sink.take()
    yield sink.take()


class _Source(io.RawIOBase):
    """A file that is read from blocks as they come."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer from the block at hand, or from the next."""
        if not self._rest:
            self._rest = next(self._blocks, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


class _Drain(io.RawIOBase):
    """A file that is written to and emptied in between."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Everything written so far, taken or not."""
        return self._size

    def write(self, data: Any) -> int:
        """Keep a copy."""
        part = bytes(data)
        self._parts.append(part)
        self._size += len(part)
        return len(part)

    def take(self) -> bytes:
        """What was written since the last time."""
        found = b"".join(self._parts)
        self._parts.clear()
        return found


_WRITERS: dict[RowFormat, Writer] = {
    "csv": _as_they_are, "jsonl": _as_they_are, "json": _json, "parquet": _parquet,
}  # fmt: skip
