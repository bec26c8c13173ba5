"""Are the rows of a body the ones that were sent, with the lines they stood on?"""

from __future__ import annotations

import pytest

from services.api.errors import BadField, WrongType
from services.api.payloads import read_payload

ROWS = [{"a": 1, "b": "x"}, {"a": None, "b": "ü"}]


@pytest.mark.parametrize(
    "body", ['[{"a":1,"b":"x"},{"a":null,"b":"ü"}]', '{"rows":[{"a":1,"b":"x"},{"a":null,"b":"ü"}]}']
)
def test_json_is_an_array_or_an_object_with_rows(body: str) -> None:
    payload = read_payload("application/json; charset=utf-8", body.encode())
    assert payload.rows == ROWS
    assert list(payload.lines) == [1, 2]


def test_ndjson_keeps_line_numbers_across_empty_and_bad_lines() -> None:
    payload = read_payload("application/x-ndjson", b'{"a":1}\r\n\n{"a":\n{"a":2}\n')
    assert payload.rows == [{"a": 1}, {"a": 2}]
    assert list(payload.lines) == [1, 4]
    assert [(bad.line, bad.found) for bad in payload.bad] == [(3, '{"a":')]


def test_csv_knows_quotes_lines_and_missing_values() -> None:
    payload = read_payload("text/csv", b'a,b\n1,"two\nlines"\n,x\n1,2,3\n9,z\n')
    assert payload.rows == [{"a": "1", "b": "two\nlines"}, {"a": None, "b": "x"}, {"a": "9", "b": "z"}]
    assert list(payload.lines) == [2, 4, 6]
    assert [(bad.line, bad.found, bad.expected) for bad in payload.bad] == [
        (5, "3 fields", "2 fields, as in the first line")
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_may_be_parted_by_what_its_header_is(delimiter: str) -> None:
    body = f"\ufeffa{delimiter}b\n1{delimiter}2\n".encode()
    assert read_payload("text/csv", body).rows == [{"a": "1", "b": "2"}]


def test_another_charset_is_read_when_it_is_named() -> None:
    assert read_payload("text/csv; charset=latin-1", "a\nü\n".encode("latin-1")).rows == [{"a": "ü"}]


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("application/json", b'{"a":1}', "rows"),
        ("application/json", b'"rows"', "rows"),
        ("application/json", b"[{]", "body"),
        ("application/json", b"[NaN]", "body"),
        ("application/json", b"[" * 100_000, "body"),
        ("text/csv", b"a,a\n1,2\n", "header"),
        ("text/csv", b'a\n"open', "body"),
        ("text/csv", b"\xff\xfe", "body"),
        ("text/csv; charset=klingon", b"a\n1\n", "body"),
    ],
)
def test_a_body_that_cannot_be_read_says_where(kind: str, body: bytes, field: str) -> None:
    with pytest.raises(BadField) as refused:
        read_payload(kind, body)
    assert refused.value.field == field


@pytest.mark.parametrize("kind", ["", "text/xml", "application/octet-stream"])
def test_other_types_are_refused_with_the_ones_that_are_taken(kind: str) -> None:
    with pytest.raises(WrongType, match="application/json, application/x-ndjson, text/csv"):
        read_payload(kind, b"")
