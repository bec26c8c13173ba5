"""Does each rule of a mapping do to a text what it says, and tell what it did?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from data.errors import BadInput
from data.model import Dataset, Dimension, Measure, TimeColumn
from services.ingest.mappings.load import load_mapping
from services.ingest.parse import Parser
from services.ingest.records import Parsed, RawBatch

NOW = datetime(2024, 6, 1, tzinfo=UTC)
THINGS = Dataset(
    1, "test", "things", "Things", "keyed", "thing_id", "opened_at",
    (TimeColumn("opened_at", "Opened"), TimeColumn("closed_at", "Closed")),
    (Dimension("kind", "Kind"), Dimension("status", "Status", values=("open", "closed"))),
    (Measure("amount", "Amount", decimals=2, minimum=0),), (), (), "who", True, ("opened_at",),
)  # fmt: skip


def _parse(rules: str, zone: str = "America/New_York", needs_zone: bool = False, **columns: list[str | None]) -> Parsed:
    """Parse rows of which `columns` are given; key and opening are filled in. `rules` are lines under `columns`."""
    size = len(next(iter(columns.values())))
    given: dict[str, list[str | None]] = {
        "id": [str(i) for i in range(size)], "opened": ["2024-05-01T12:00:00Z"] * size,
    } | columns  # fmt: skip
    head = "dataset: test.things\ncolumns:\n  thing_id: id\n"
    head += "" if "  opened_at:" in rules else "  opened_at: opened\n"
    mapping = load_mapping(head + rules, THINGS)
    raw = RawBatch(
        "f.csv", {k: pa.array(v, pa.string()) for k, v in given.items()}, np.arange(2, size + 2), lambda i: f"raw {i}"
    )
    return Parser(THINGS, mapping, zone, NOW, needs_zone).parse(raw)


def _values(parsed: Parsed, name: str) -> list[Any]:
    column = parsed.columns[name]
    if isinstance(column, pa.Array):
        return list(column.to_pylist())
    return [None if v != v else v.item() for v in column] if column.dtype.kind == "f" else column.astype(str).tolist()


@pytest.mark.parametrize(
    ("rule", "found", "wanted"),
    [
        ("{from: k}", ["  a ", "NA", "", None], ["a", None, None, None]),
        ("{from: k, strip: false}", [" a "], [" a "]),
        ("{from: k, missing: [none, '-']}", ["none", "-", "NA"], [None, None, "NA"]),
        ("{from: k, case: upper}", ["été"], ["ÉTÉ"]),
        ("{from: k, case: title}", ["old TOWN"], ["Old Town"]),
        ("{from: k, case: sentence}", ["OLD town"], ["Old town"]),
        ("{from: k, replace: {_: ' ', 'No.': ''}}", ["a_b No.3"], ["a b 3"]),
        ("{from: k, regex: 'NYCC0*(\\d+)'}", ["NYCC07", "NYCC34"], ["7", "34"]),
        ("{from: k, regex: {pattern: '(a)(b)', to: '\\2-\\1'}}", ["ab"], ["b-a"]),
        ("{from: k, regex: {pattern: '.+', to: closed}, default: open}", ["x", ""], ["closed", "open"]),
        ("{from: k, whole: true}", ["20.0", "3.", "4.5", "x.0"], ["20", "3", "4.5", "x.0"]),
        ("{from: k, pad: 3}", ["7", "1234", None], ["007", "1234", None]),
        ("{from: k, pad: {width: 2, fill: x}}", ["a"], ["xa"]),
        ("{from: k, format: 'Ward {}!'}", ["7", None], ["Ward 7!", None]),
        ("{from: k, values: {No: nein, x: }}", ["No", "x", "other"], ["nein", None, "other"]),
        ("{constant: all}", ["a", "b"], ["all", "all"]),
        ("{from: k, default: none}", ["a", ""], ["a", "none"]),
    ],
)
def test_a_text_becomes_what_the_rule_says(rule: str, found: list[str | None], wanted: list[str | None]) -> None:
    parsed = _parse(f"  kind: {rule}\n", k=found)
    assert _values(parsed, "kind") == wanted and not parsed.rejects and not parsed.flags


def test_of_several_sources_the_first_that_is_present_counts_or_all_are_joined() -> None:
    columns: dict[str, list[str | None]] = {"a": ["1", " ", None], "b": ["2", "3", None]}
    assert _values(_parse("  kind: {from: [a, b]}\n", **columns), "kind") == ["1", "3", None]
    assert _values(_parse("  kind: {from: [a, b], join: '-'}\n", **columns), "kind") == ["1-2", "3", None]


@pytest.mark.parametrize(
    ("otherwise", "wanted", "flags", "rejected"),
    [
        ("reject", ["a"], {}, 1), ("flag", ["a", None], {"kind_not_allowed": 1}, 0),
        ("keep", ["a", "x"], {"kind_not_allowed": 1}, 0), ("default", ["a", "b"], {"kind_not_allowed": 1}, 0),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_settled_as_the_mapping_says(
    otherwise: str, wanted: list[str | None], flags: dict[str, int], rejected: int
) -> None:
    rule = f"{{from: k, default: b, allowed: {{values: [a, b], otherwise: {otherwise}}}}}"
    parsed = _parse(f"  kind: {rule}\n", k=["a", "x"])
    assert (_values(parsed, "kind"), parsed.flags, len(parsed.rejects)) == (wanted, flags, rejected)
    assert [q for q in parsed.columns["quality"] if q] == [[name] for name in flags]


def test_a_reject_says_where_what_and_what_else_was_expected() -> None:
    parsed = _parse("  kind: {from: k, allowed: [a, b]}\n", k=["a", " x ", "b"])
    (reject,) = parsed.rejects
    assert (reject.file_name, reject.line, reject.field, reject.reason) == ("f.csv", 3, "kind", "not allowed")
    assert (reject.found, reject.expected, reject.raw) == (" x ", "a, b", "raw 1")
    assert parsed.lines.tolist() == [2, 4]


def test_a_text_that_does_not_match_is_emptied_and_flagged() -> None:
    parsed = _parse("  kind: {from: k, regex: 'N(\\d\\d)', required: flag}\n", k=["N12", "N123", ""])
    assert _values(parsed, "kind") == ["12", None, None]
    assert parsed.flags == {"kind_unmatched": 1, "kind_missing": 1} and parsed.flagged == 2


def test_required_refuses_a_missing_text() -> None:
    parsed = _parse("  kind: {from: k, required: reject}\n", k=["a", " "])
    assert [(r.line, r.reason) for r in parsed.rejects] == [(3, "missing")]


def test_closed_values_of_the_dataset_hold_without_being_asked() -> None:
    parsed = _parse("  status: s\n", s=["open", "OPEN", None])
    assert [(r.line, r.expected) for r in parsed.rejects] == [(3, "open, closed")]


def test_long_texts_are_refused_or_cut() -> None:
    assert _parse("  kind: k\n", k=["ä" * 500, "ä" * 501]).rejects[0].expected == "at most 500 characters"
    parsed = _parse("  kind: {from: k, longest: 3, too_long: cut}\n", k=["äbcd", "abc"])
    assert _values(parsed, "kind") == ["äbc", "abc"] and parsed.flags == {"kind_cut": 1}


def test_a_nul_is_refused_because_the_database_cannot_hold_it() -> None:
    assert [r.reason for r in _parse("  kind: k\n", k=["a\x00b", "c"]).rejects] == ["holds a NUL character"]


@pytest.mark.parametrize(
    ("form", "found", "wanted"),
    [
        ("iso", "2024-05-31T14:05:06.1234567Z", "2024-05-31T14:05:06.123"),
        ("iso", "2024-05-31 14:05:06+02:00", "2024-05-31T12:05:06.000"),
        ("iso", "2024-05-31 14:05:06 UTC", "2024-05-31T14:05:06.000"),
        ("iso", "20240131", "2024-01-31T05:00:00.000"),
        ("iso", "2024-05-31T14:05", "2024-05-31T18:05:00.000"),
        ("iso", "2024-01-31", "2024-01-31T05:00:00.000"),
        ("%m/%d/%Y %I:%M:%S %p", "05/31/2024 02:51:52 PM", "2024-05-31T18:51:52.000"),
        ("%m/%d/%Y", "05/31/2024", "2024-05-31T04:00:00.000"),
        ("%d/%m/%Y %H:%M", "31/5/2024 14:05", "2024-05-31T18:05:00.000"),
        ("%Y-%m-%d %H:%M:%S%z", "2024-05-31 14:05:06-0400", "2024-05-31T18:05:06.000"),
        ("unix_s", "1717200000", "2024-06-01T00:00:00.000"),
        ("unix_ms", "1717200000123", "2024-06-01T00:00:00.123"),
    ],
)
def test_a_time_is_read_by_its_format(form: str, found: str, wanted: str) -> None:
    parsed = _parse(f"  opened_at: {{from: o, formats: ['{form}'], future: keep}}\n", o=[found])
    assert _values(parsed, "opened_at") == [wanted]


@pytest.mark.parametrize("found", ["2024", "2024-01", "20240", "soon", "2024-13-01", "2024-02-30", "24-01-01"])
def test_what_is_no_whole_date_is_no_time(found: str) -> None:
    assert [r.reason for r in _parse("  opened_at: o\n", o=[found]).rejects] == ["not a time"]


def test_several_formats_are_tried_in_turn() -> None:
    rule = "  opened_at: {from: o, formats: ['%m/%d/%Y', iso]}\n"
    parsed = _parse(rule, "UTC", o=["05/01/2024", "2024-05-02", "31/12/2023", "soon"])
    assert _values(parsed, "opened_at") == ["2024-05-01T00:00:00.000", "2024-05-02T00:00:00.000"]
    assert [(r.line, r.reason, r.found) for r in parsed.rejects] == [
        (4, "not a time", "31/12/2023"), (5, "not a time", "soon"),
    ]  # fmt: skip


def test_the_hour_that_comes_twice_is_its_first_pass_unless_the_mapping_says_otherwise() -> None:
    when: list[str | None] = ["2023-11-05 01:30:00", "2023-11-05 00:59:59"]
    first = _parse("  opened_at: o\n", o=when)
    assert _values(first, "opened_at") == ["2023-11-05T05:30:00.000", "2023-11-05T04:59:59.000"]
    assert first.flags == {"opened_at_ambiguous": 1}
    later = _parse("  opened_at: {from: o, ambiguous: later}\n", o=when)
    assert _values(later, "opened_at")[0] == "2023-11-05T06:30:00.000"
    refused = _parse("  opened_at: {from: o, ambiguous: reject}\n", o=when)
    assert [r.reason for r in refused.rejects] == ["a local time that comes twice"]


def test_a_time_that_no_clock_showed_moves_to_the_end_of_the_gap_or_is_refused() -> None:
    when: list[str | None] = ["2024-03-10 02:30:00"]
    moved = _parse("  opened_at: o\n", o=when)
    assert _values(moved, "opened_at") == ["2024-03-10T07:00:00.000"] and moved.flags == {"opened_at_nonexistent": 1}
    refused = _parse("  opened_at: {from: o, nonexistent: reject}\n", o=when)
    assert [r.reason for r in refused.rejects] == ["a local time that does not exist"]


def test_a_day_begins_at_its_first_instant_even_where_midnight_is_missing_or_comes_twice() -> None:
    missing = _parse("  opened_at: o\n", "America/Sao_Paulo", o=["2018-11-04"])
    assert _values(missing, "opened_at") == ["2018-11-04T03:00:00.000"] and not missing.flags
    twice = _parse("  opened_at: o\n", "America/Havana", o=["2023-11-05"])
    assert _values(twice, "opened_at") == ["2023-11-05T04:00:00.000"] and not twice.flags


def test_the_zone_of_a_column_comes_before_that_of_the_workspace() -> None:
    parsed = _parse("  opened_at: {from: o, timezone: Asia/Kolkata}\n", o=["2024-05-01 12:00"])
    assert _values(parsed, "opened_at") == ["2024-05-01T06:30:00.000"]


def test_times_without_a_zone_are_refused_where_a_zone_is_needed() -> None:
    parsed = _parse("  opened_at: o\n", needs_zone=True, o=["2024-05-01T12:00", "2024-05-01", "2024-05-01T12:00Z"])
    assert [r.reason for r in parsed.rejects] == ["a time without a zone"] * 2 and parsed.size == 1


def test_future_and_unbelievable_times_are_told() -> None:
    parsed = _parse("  opened_at: o\n", o=["2024-06-02", "1899-12-31", "2100-06-01", "2024-05-01"])
    assert parsed.flags == {"opened_at_in_future": 1}
    assert [(r.line, r.reason) for r in parsed.rejects] == [(3, "not a believable time"), (4, "not a believable time")]
    assert _parse("  opened_at: {from: o, future: reject}\n", o=["2024-06-02"]).rejects[0].reason == "in the future"


def test_an_unreadable_second_time_can_be_flagged_but_the_first_one_refuses_the_row() -> None:
    closed = _parse("  closed_at: {from: c, unreadable: flag}\n", c=["never"])
    assert closed.flags == {"closed_at_unreadable": 1} and _values(closed, "closed_at") == ["NaT"]
    opened = _parse("  opened_at: {from: o, unreadable: flag}\n", o=["never"])
    assert [(r.field, r.reason) for r in opened.rejects] == [("opened_at", "missing")]


@pytest.mark.parametrize(("otherwise", "kept"), [("flag", True), ("empty", False)])
def test_closed_before_opened_is_flagged(otherwise: str, kept: bool) -> None:
    rules = f"  closed_at: c\norder: [{{first: opened_at, then: closed_at, otherwise: {otherwise}}}]\n"
    parsed = _parse(rules, "UTC", c=["2024-04-30", "2024-05-02", None])
    assert parsed.flags == {"closed_at_before_opened_at": 1}
    assert _values(parsed, "closed_at")[0] == ("2024-04-30T00:00:00.000" if kept else "NaT")


def test_closed_before_opened_can_refuse_the_row() -> None:
    rules = "  closed_at: c\norder: [{first: opened_at, then: closed_at, otherwise: reject}]\n"
    parsed = _parse(rules, "UTC", c=["2024-04-30"])
    assert [(r.field, r.reason, r.found) for r in parsed.rejects] == [
        ("closed_at", "before opened_at", "2024-04-30 00:00:00.000 UTC")
    ]


@pytest.mark.parametrize(
    ("rule", "found", "wanted"),
    [
        ("n", ["1", "-0", "2.5", "1e3", None], [1, 0, 2.5, 1000, None]),
        ("{from: n, decimal: ',', thousands: '.'}", ["1.234,5"], [1234.5]),
        ("{from: n, range: {at_least: -5}}", ["-1"], [-1]),
    ],
)
def test_numbers_are_read(rule: str, found: list[str | None], wanted: list[float | None]) -> None:
    assert _values(_parse(f"  amount: {rule}\n", n=found), "amount") == wanted


def test_numbers_that_are_none_or_out_of_range_are_refused_or_flagged() -> None:
    parsed = _parse("  amount: n\n", n=["x", "-1", "1e15", "nan", "1_000", "5"])
    reasons = ["not a number", "out of range", "too large a number", "not a number"]
    assert [r.reason for r in parsed.rejects] == reasons and _values(parsed, "amount") == [None, 5]
    flagged = _parse("  amount: {from: n, range: {at_most: 3, otherwise: flag}, unreadable: flag}\n", n=["4", "x", "2"])
    assert flagged.flags == {"amount_out_of_range": 1, "amount_unreadable": 1}
    assert _values(flagged, "amount") == [None, None, 2]


def test_a_measure_can_be_the_product_of_two_columns() -> None:
    rules = "  amount: {from: n, factor: p, range: {at_least: -100, at_most: 100, otherwise: flag}}"
    parsed = _parse(rules, n=["6", "-2", "3", "", "50"], p=["2.55", "1.005", "", "4", "2.01"])
    assert [None if value is None else round(value, 4) for value in _values(parsed, "amount")] == [
        15.3, -2.01, None, None, None,
    ]  # fmt: skip
    assert parsed.flags == {"amount_out_of_range": 1}
    refused = _parse("  amount: {from: n, factor: p, decimal: ','}", n=["1,5", "x", "3"], p=["2", "2", "-1"])
    assert _values(refused, "amount") == [3.0]
    assert [(r.line, r.reason, r.found) for r in refused.rejects] == [
        (3, "not a number", "x"), (4, "out of range", "3 x -1"),
    ]  # fmt: skip


def test_only_a_measure_can_have_a_factor() -> None:
    with pytest.raises(BadInput, match=r"line 5: `columns.kind`: only a measure can have a `factor`"):
        _parse("  kind: {from: k, factor: p}", k=["a"], p=["1"])


PLACES = "place: {{from: p, point: '{point}', inside: {{south: 37, west: -123, north: 38, east: -122}}{more}}}\n"


@pytest.mark.parametrize(
    ("point", "text"),
    [
        ("(lat, lon)", "(37.5, -122.5)"),
        ("(lat, lon)", " ( 37.5 ,-122.5 ) "),
        ("POINT (lon lat)", "POINT (-122.5  37.5)"),
    ],
)
def test_a_point_is_read_by_its_template(point: str, text: str) -> None:
    parsed = _parse("  kind: p\n" + PLACES.format(point=point, more=""), p=[text])
    assert (_values(parsed, "lat"), _values(parsed, "lon"), parsed.flags) == ([37.5], [-122.5], {})


def test_points_that_cannot_be_are_emptied_and_flagged() -> None:
    found: list[str | None] = ["(0, 0)", "(-122.5, 37.5)", "(45, -122.5)", "somewhere", "", "(37.1, -122.9)"]
    parsed = _parse("  kind: p\n" + PLACES.format(point="(lat, lon)", more=""), p=found)
    assert parsed.flags == {"place_zero": 1, "place_swapped": 1, "place_outside": 1, "place_unreadable": 1}
    assert _values(parsed, "lat") == [None] * 5 + [37.1] and _values(parsed, "lon") == [None] * 5 + [-122.9]


def test_points_can_be_swapped_kept_or_refused() -> None:
    found: list[str | None] = ["(-122.5, 37.5)", "(45, -122.5)", "(0, 0)"]
    more = ", swapped: swap, outside: keep, zero: reject"
    parsed = _parse("  kind: p\n" + PLACES.format(point="(lat, lon)", more=more), p=found)
    assert _values(parsed, "lat") == [37.5, 45] and parsed.flags == {"place_swapped": 1, "place_outside": 1}
    assert [(r.field, r.reason, r.found) for r in parsed.rejects] == [("place", "the point 0, 0", "(0, 0)")]


def test_two_columns_make_a_point_and_half_of_one_is_none() -> None:
    columns: dict[str, list[str | None]] = {"y": ["1.5", "1.5", "91", "x"], "x": ["2", None, "2", "2"]}
    parsed = _parse("place: {lat: y, lon: x}\n", **columns)
    assert _values(parsed, "lat") == [1.5, None, None, None]
    assert parsed.flags == {"place_unreadable": 2, "place_swapped": 1}


def test_a_row_with_several_problems_is_refused_once() -> None:
    parsed = _parse("  kind: {from: k, required: reject}\n  amount: n\n", k=["", "a"], n=["x", "1"])
    assert [(r.line, r.field) for r in parsed.rejects] == [(2, "kind")] and parsed.size == 1
