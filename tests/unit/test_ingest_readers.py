"""Are records, their lines and their texts what stands in the file, whatever its format?"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import BadInput
from services.ingest.mappings.grammar import Mapping
from services.ingest.readers import open_source
from services.ingest.readers.delimited import DelimitedReader
from services.ingest.readers.formats import Member
from services.ingest.records import RawBatch


def _file(folder: Path, content: bytes | str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _only(path: Path, mapping: Mapping | None = None) -> RawBatch:
    (batch,) = open_source(path, mapping=mapping).batches()
    return batch


def _rows(batch: RawBatch) -> list[tuple[str | None, ...]]:
    return list(zip(*(column.to_pylist() for column in batch.columns.values()), strict=True))


def test_a_record_with_quoted_newlines_has_the_line_on_which_it_starts(tmp_path: Path) -> None:
    batch = _only(_file(tmp_path, 'a,b\n1,"x\ny\nz"\n2,plain\n\n3,"q ""r"" s"\n'))
    assert batch.lines.tolist() == [2, 5, 7]
    assert _rows(batch) == [("1", "x\ny\nz"), ("2", "plain"), ("3", 'q "r" s')]
    assert batch.raw(0) == '1,"x\ny\nz"'


def test_windows_line_ends_count_once(tmp_path: Path) -> None:
    batch = _only(_file(tmp_path, 'a,b\r\n1,"x\r\ny"\r\n2,z\r\n'))
    assert batch.lines.tolist() == [2, 4] and batch.raw(1) == "2,z"


def test_a_quote_within_a_text_is_a_quote(tmp_path: Path) -> None:
    batch = _only(_file(tmp_path, 'a,b\n1,5" pipe\n2,x\n3,4" pipe'))
    assert [row[1] for row in _rows(batch)] == ['5" pipe', "x", '4" pipe'] and not batch.refused


def test_records_of_another_width_are_refused_with_their_line(tmp_path: Path) -> None:
    batch = _only(_file(tmp_path, "a,b\n1,2\n1,2,3\n4\n5,6\n"))
    assert [(r.line, r.reason, r.found) for r in batch.refused] == [
        (3, "wrong number of fields", "3"), (4, "wrong number of fields", "1"),
    ]  # fmt: skip
    assert batch.refused[0].raw == "1,2,3" and batch.lines.tolist() == [2, 5] and batch.read == 4


def test_a_quote_that_never_closes_is_refused(tmp_path: Path) -> None:
    batch = _only(_file(tmp_path, 'a,b\n1,2\n3,"open\n4,5\n'))
    assert [(r.line, r.reason) for r in batch.refused] == [(3, "a quote that never closes")]
    assert _rows(batch) == [("1", "2")]


def test_a_byte_of_another_encoding_refuses_its_record_alone(tmp_path: Path) -> None:
    start = b"a,b\n" + b"1,plain\n" * 600_000  # beyond what is looked at to find the encoding
    batches = list(open_source(_file(tmp_path, start + b"2,caf\xe9\n3,good\n")).batches())
    refused = [r for batch in batches for r in batch.refused]
    assert [(r.line, r.reason) for r in refused] == [(600_002, "bytes that do not belong to the encoding")]
    assert sum(batch.size for batch in batches) == 600_001


@pytest.mark.parametrize(
    ("encoding", "found"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252"), ("utf-16", "utf-16")]
)
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str, found: str) -> None:
    path = _file(tmp_path, "näme,b\nCafé – €,2\n".encode(encoding))
    source = open_source(path)
    assert source.readers[0].encoding == found
    assert source.header == ("näme", "b") and _rows(_only(path)) == [("Café – €", "2")]


def test_bytes_that_cp1252_does_not_know_are_latin_1(tmp_path: Path) -> None:
    assert open_source(_file(tmp_path, b"a,b\n\x81,2\n")).readers[0].encoding == "latin-1"


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    lines = [["a", "b", "c"], ["1,5", "x; y", "z"], ["2", "3\t4", "5|6"]]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(lines)
    assert _rows(_only(_file(tmp_path, out.getvalue()))) == [tuple(line) for line in lines[1:]]


def test_what_is_no_encoding_of_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="expected one such as utf-8"):
        open_source(_file(tmp_path, b"a,b\n1,2\n"), mapping=Mapping("d", (), encoding="hex"))


def test_a_declared_delimiter_and_encoding_win(tmp_path: Path) -> None:
    mapping = Mapping("d", (), encoding="cp850", delimiter="#")
    assert _rows(_only(_file(tmp_path, "a#b\nn\x84r,x#2\n".encode("latin-1")), mapping)) == [("när,x", "2")]
    with pytest.raises(BadInput, match="`encoding`: found 'utf-9'"):
        open_source(_file(tmp_path, "a,b\n1,2\n"), mapping=Mapping("d", (), encoding="utf-9"))


def test_header_names_are_made_distinct(tmp_path: Path) -> None:
    assert open_source(_file(tmp_path, ",a,a,a\n1,2,3,4\n")).header == ("column 1", "a", "a (2)", "a (3)")


def test_batches_are_cut_alike_whatever_the_lines_look_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.readers.delimited.ROWS_A_BATCH", 3)
    text = 'a,b\n1,x\n\n2,"y\nz"\nbad\n3,x\n4,x\n5,x\n6,x\n'
    batches = list(open_source(_file(tmp_path, text)).batches())
    assert [batch.read for batch in batches] == [3, 3, 1]
    assert [batch.lines.tolist() for batch in batches] == [[2, 4], [7, 8, 9], [10]]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00\r")), min_size=3, max_size=3)))
def test_any_rows_that_are_written_as_csv_are_read_again(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["a", "b", "c"], *rows])
    content = out.getvalue().encode()
    reader = DelimitedReader(Member("x", "delimited", lambda: io.BytesIO(content)), "utf-8", ",")
    batches = list(reader.batches())
    assert [row for batch in batches for row in _rows(batch)] == [tuple(row) for row in rows]
    starts = [line for batch in batches for line in batch.lines.tolist()]
    heights = [sum(cell.count("\n") for cell in row) + 1 for row in rows]
    assert starts == [2 + sum(heights[:i]) for i in range(len(rows))]


def test_gzip_and_every_member_of_a_zip_are_read(tmp_path: Path) -> None:
    zipped = _file(tmp_path, gzip.compress(b"a,b\n1,2\n"), "x.csv.gz")
    assert _rows(_only(zipped)) == [("1", "2")]
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.csv", "a,b\n1,2\n")
        archive.writestr("__MACOSX/._one.csv", "clutter")
        archive.writestr("in/two.csv.gz", gzip.compress(b"b,a\n4,3\n"))
    batches = list(open_source(path).batches())
    assert [batch.file_name for batch in batches] == ["x.zip/one.csv", "x.zip/in/two.csv.gz"]
    assert [batch.columns["a"].to_pylist() for batch in batches] == [["1"], ["3"]]


def test_members_of_a_zip_with_other_columns_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.csv", "a,b\n1,2\n")
        archive.writestr("two.csv", "c,d\n1,2\n")
    with pytest.raises(BadInput, match=r"x.zip/two.csv: found the columns c, d; expected those of x.zip/one.csv: a, b"):
        open_source(path)


def test_json_lines_keep_numbers_as_they_are_written(tmp_path: Path) -> None:
    lines = ['{"a": 1.50, "b": "x", "c": true}', "", '{"a": 12345678901234567890, "b": null}']
    batch = _only(_file(tmp_path, "\n".join(lines), "x.jsonl"))
    assert _rows(batch) == [("1.50", "x", "true"), ("12345678901234567890", None, None)]
    assert batch.lines.tolist() == [1, 3]


def test_json_lines_that_are_no_flat_objects_are_refused(tmp_path: Path) -> None:
    batch = _only(_file(tmp_path, '{"a": 1}\n{"a": [1]}\n{"a"\n[1]\n{"a": 2}\n', "x.jsonl"))
    assert [r.line for r in batch.refused] == [2, 3, 4] and batch.lines.tolist() == [1, 5]
    assert "within `a`" in batch.refused[0].reason and "not JSON" in batch.refused[1].reason


def test_half_a_character_in_json_refuses_its_line(tmp_path: Path) -> None:
    batch = _only(_file(tmp_path, '{"a": "x\\ud800"}\n{"a": "\\ud83d\\ude00"}\n', "x.jsonl"))
    assert [r.reason for r in batch.refused] == ["half a character within `a`"] and _rows(batch) == [("😀",)]


def test_a_field_without_end_is_refused_and_reading_goes_on(tmp_path: Path) -> None:
    endless = '9,"' + "x\n" * 600_000
    batches = list(open_source(_file(tmp_path, f"a,b\n1,2\n{endless}3,4\n5,6\n")).batches())
    refused = [r for batch in batches for r in batch.refused]
    assert (refused[0].line, refused[0].reason[:20]) == (3, "not readable as CSV:")
    assert all(r.reason == "wrong number of fields" for r in refused[1:])
    assert [row for batch in batches for row in _rows(batch)] == [("1", "2"), ("3", "4"), ("5", "6")]


def test_parquet_values_become_text_and_times_iso(tmp_path: Path) -> None:
    table = pa.table({
        "local": pa.array([datetime(2024, 3, 31, 14, 5, 0, 250_000), None]), "ward": [20.0, 3.5],
        "zoned": pa.array([datetime(2024, 3, 31, tzinfo=UTC)] * 2, pa.timestamp("ns", "America/Chicago")),
        "day": [date(2024, 3, 31), None], "kind": pa.array(["a", None]).dictionary_encode(), "yes": [True, None],
        "nested": [[1], [2]],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "x.parquet")
    source = open_source(tmp_path / "x.parquet")
    (batch,) = source.batches()
    assert _rows(batch) == [
        ("2024-03-31T14:05:00.250000", "20", "2024-03-31T00:00:00.000000Z", "2024-03-31", "a", "true"),
        (None, "3.5", "2024-03-31T00:00:00.000000Z", None, None, None),
    ]
    assert batch.lines.tolist() == [1, 2] and batch.typed == {"local", "zoned", "day"}
    assert json.loads(batch.raw(1))["ward"] == "3.5"


def test_a_parquet_file_with_one_name_twice_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table([pa.array(["1"]), pa.array(["2"])], names=["a", "a"]), tmp_path / "x.parquet")
    with pytest.raises(BadInput, match="found the column `a` more than once"):
        open_source(tmp_path / "x.parquet")


def test_a_file_cut_off_says_after_how_many_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.readers.delimited.ROWS_A_BATCH", 1_000)
    monkeypatch.setattr("services.ingest.readers.encodings.SAMPLE", 1_000)
    text = "".join(f"{i},{i * i}\n" for i in range(20_000))
    whole = gzip.compress(f"a,b\n{text}".encode(), mtime=0)
    with pytest.raises(BadInput, match=r"cut off after 1\d,000 records"):
        list(open_source(_file(tmp_path, whole[:-20_000])).batches())


def test_parquet_row_groups_do_not_change_how_batches_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.readers.parquet.ROWS_A_BATCH", 4)
    pq.write_table(pa.table({"a": range(10)}), tmp_path / "x.parquet", row_group_size=3)
    batches = list(open_source(tmp_path / "x.parquet").batches())
    assert [batch.lines.tolist() for batch in batches] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"a,b\n", "a header and no records"),
        (b"\n\n", "the file is empty"),
        (b",,\n1,2,3\n", "no column names"),
        (b'[{"a": 1}]', "found a JSON array; expected JSON lines"),
        (b"<!DOCTYPE html><p>", "found a web page"),
        (b"%PDF-1.7", "found a PDF"),
        (b"PAR1 no parquet", "a damaged Parquet file"),
        (b"PK\x03\x04 no zip", "a damaged zip file"),
        (b"\x1f\x8b no gzip", "damaged"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 9000, mtime=0)[:-30], "damaged or cut off"),
        (b"BZh91AY&SY", "found a bzip2 file; expected CSV"),
        (b"\x00\x01\x02\x03", "bytes that are no text"),
        (bytes(range(256)) * 20, "bytes that are no text"),
        (b"PK\x05\x06" + bytes(18), "the zip file holds no files"),
        (gzip.compress(b"PK\x03\x04", mtime=0), "found a zip file within an archive"),
        (b"a" * (2 << 20), "line 1: no header: field larger than"),
        (b"x\n" + b"a" * (33 << 20), "line 2: found 32 MiB without an end of line"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        list(open_source(_file(tmp_path, content, "data.bin")).batches())


def test_an_excel_file_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
    with pytest.raises(BadInput, match="Save the sheet as CSV"):
        open_source(path)


def test_how_far_a_file_was_read_grows_to_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.readers.delimited.ROWS_A_BATCH", 20_000)
    source = open_source(_file(tmp_path, b"a,b\n" + b"1,2\n" * 100_000))
    shares = [source.file.share() for _ in source.batches()]
    assert shares == sorted(shares) and 0 < shares[0] < 0.5 and shares[-1] == 1.0
