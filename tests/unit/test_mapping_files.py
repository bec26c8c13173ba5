"""Does a mapping file say exactly what it means, and is it told what is wrong with it?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from data.errors import BadInput
from services.ingest.mappings.find import find_shipped, shipped_mappings
from services.ingest.mappings.grammar import (
    Allowed,
    Column,
    Mapping,
    Order,
    Pad,
    Place,
    Range,
    Regex,
    as_dict,
    mapping_hash,
)  # fmt: skip
from services.ingest.mappings.load import check_sources, load_mapping, load_mapping_file, mapping_of, targets
from services.ingest.mappings.write import mapping_text
from services.model import find_dataset, load_model

COMPLAINTS = find_dataset(load_model(), "grievance.complaints")
HEAD = "dataset: grievance.complaints\ncolumns:\n  complaint_id: id\n  opened_at: o\n"
FULL = Mapping(
    "grievance.complaints",
    (
        Column("complaint_id", ("id",)),
        Column("opened_at", ("o",), formats=("%m/%d/%Y", "iso"), timezone="America/Chicago", ambiguous="later",
               nonexistent="reject", future="reject"),
        Column("category", ("a", "b"), join=" ", strip=False, missing=("-",), case="title", replace=(("x", ""),),
               regex=Regex("(.)", r"\1", "keep"), whole=True, pad=Pad(3, "x"), format="<{}>",
               values=(("No", None), ("a", "b")), default="d", allowed=Allowed(("d", "e"), "default"),
               required="flag", longest=20, too_long="cut"),
        Column("status", constant="open"),
        Column("satisfaction", ("s",), unreadable="flag", decimal=",", thousands=".", range=Range(1, 5, "flag")),
    ),
    "A title", ("a*", "b*"), "UTC", "update",
    Place(source="p", point="POINT (lon lat)", inside=(1, 2, 3, 4), zero="keep", swapped="swap", outside="reject"),
    (Order("opened_at", "closed_at", "empty"),), "cp1252", ";",
)  # fmt: skip


def _without_lines(mapping: Mapping) -> Mapping:
    place = mapping.place and dataclasses.replace(mapping.place, line=0)
    return dataclasses.replace(
        mapping, columns=tuple(dataclasses.replace(c, line=0) for c in mapping.columns), place=place,
        order=tuple(dataclasses.replace(o, line=0) for o in mapping.order),
    )  # fmt: skip


def test_a_mapping_that_is_written_down_is_read_as_the_same() -> None:
    assert _without_lines(load_mapping(mapping_text(FULL), COMPLAINTS)) == FULL
    assert _without_lines(mapping_of(as_dict(FULL), COMPLAINTS)) == FULL


def test_short_forms_mean_the_long_ones() -> None:
    short = load_mapping(HEAD + "  category: {from: a, regex: 'x(.)', pad: 2, allowed: [p, q]}\n")
    column = short.column("category")
    assert column is not None and column.regex == Regex("x(.)") and column.pad == Pad(2)
    assert column.allowed == Allowed(("p", "q"), "reject")


def test_yaml_words_stay_the_text_that_is_written() -> None:
    column = load_mapping(HEAD + "  category: {from: a, values: {No: Yes, 007: 1.50, on: null}}\n").column("category")
    assert column is not None and column.values == (("No", "Yes"), ("007", "1.50"), ("on", None))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "m.yaml: the mapping is empty"),
        ("a: [1", "m.yaml, line 1: not YAML"),
        (f"columns: {'[' * 1000}", "m.yaml: YAML nested too deeply"),
        ("columns: {}", "line 1: ``: found a block of fields; expected the field `dataset`"),
        (HEAD + "  categroy: c\n", r"line 5: `columns.categroy`: no such column .* Did you mean `category`\?"),
        (HEAD + "  category: {form: c}\n", r"line 5: `columns.category.form`: .* Did you mean `format`\?"),
        (HEAD + "  category: {from: c, requird: flag}\n", r"Did you mean `required`\?"),
        (HEAD + "  category: {case: upper}\n", "line 5: `columns.category`: .*; expected either `from` or `constant`"),
        (HEAD + "  category:\n    from: c\n    case: big\n", "line 7: `columns.category.case`: found .big.; expe"),
        (HEAD + "  category: {from: c, required: reject, required: flag}\n", "`required` a second time"),
        (HEAD + "  category: {from: c, regex: '(a'}\n", "expected a regular expression"),
        (HEAD + "  category: {from: c, regex: {to: x}}\n", "expected the field `pattern`"),
        (HEAD + "  category: {from: c, pad: zero}\n", "`columns.category.pad`: found 'zero'; expected a whole number"),
        (HEAD + "  category: {from: c, format: abc}\n", "expected a text with one {}"),
        (HEAD + "  category: {from: c, strip: maybe}\n", "found 'maybe'; expected true or false"),
        (HEAD + "  category: {from: c, values: [a]}\n", "found a list; expected a block"),
        (HEAD + "  category: {from: c, values: {a: [b]}}\n", "expected a text, or null for missing"),
        (HEAD + "  satisfaction: {from: s, range: {at_least: one}}\n", "found 'one'; expected a number"),
        (HEAD + "timezone: America/New_Yrok\n", "line 5: `timezone`: found 'America/New_Yrok'; expected a time zone"),
        (HEAD + "place: {lat: y}\n", "expected either `lat` and `lon`, or `from` with `point`"),
        (HEAD + "place: {east: y, north: x}\n", "or `east` and `north` with `utm`"),
        (HEAD + "place: {east: y, north: x, utm: {zone: 61}}\n", "expected a UTM `zone` from 1 to 60"),
        (HEAD + "place: {east: y, north: x, utm: {zone: 17, hemisphere: up}}\n", "expected north or south"),
        (HEAD + "place: {from: p, point: '(y, x)'}\n", "expected a `point` with `lat` and `lon` once each"),
        (HEAD + "place: {lat: y, lon: x, inside: {south: 3, west: 1, north: 2, east: 4}}\n", "south below north"),
        (HEAD + "place: {lat: y, lon: x, inside: {south: 3}}\n", "expected the field `west`"),
        (HEAD + "order: [{first: opened_at, then: closd_at}]\n", r"line 5: `order`: .* Did you mean `closed_at`\?"),
        ("dataset: grievance.complaints\ncolumns: {complaint_id: i}\n", "nothing for `opened_at`, which every row"),
        ("dataset: water.readings\ncolumns: {complaint_id: i}\n", "found a mapping for water.readings; expected"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        load_mapping(text, COMPLAINTS, "m.yaml")


def test_a_place_for_a_dataset_without_one_is_told() -> None:
    events = find_dataset(load_model(), "grievance.complaint_events")
    text = "dataset: grievance.complaint_events\ncolumns: {occurred_at: o}\nplace: {lat: a, lon: b}\n"
    with pytest.raises(BadInput, match=r"line 3: `place`: grievance.complaint_events has no place"):
        load_mapping(text, events)


def test_derived_columns_cannot_be_filled() -> None:
    assert "sla" not in targets(COMPLAINTS)
    with pytest.raises(BadInput, match=r"`columns.sla`: no such column"):
        load_mapping(HEAD + "  sla: s\n", COMPLAINTS)


def test_a_source_column_that_the_file_lacks_is_told_with_the_nearest() -> None:
    mapping = load_mapping(HEAD + "  category: complaint_typ\n", COMPLAINTS, "m.yaml")
    with pytest.raises(BadInput, match=r"f.csv: no column `complaint_typ`, which m.yaml, line 5 reads; .*Did you mean"):
        check_sources(mapping, ("id", "o", "complaint_type"), "f.csv")


def test_a_missing_mapping_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No mapping file"):
        load_mapping_file(tmp_path / "none.yaml")


def test_the_hash_knows_rules_zone_and_batches_but_not_the_title() -> None:
    base = mapping_hash(FULL, "UTC", 10)
    assert mapping_hash(dataclasses.replace(FULL, title="Other", files=()), "UTC", 10) == base
    others = {
        mapping_hash(FULL, "Europe/Paris", 10), mapping_hash(FULL, "UTC", 20),
        mapping_hash(dataclasses.replace(FULL, duplicates="reject"), "UTC", 10),
    }  # fmt: skip
    assert base not in others and len(others) == 3


def test_every_shipped_mapping_fits_its_dataset() -> None:
    assert [m.name for m in shipped_mappings(COMPLAINTS)] == [
        "chicago_sanitation.yaml", "nyc_council_cases.yaml", "sf311.yaml",
    ]  # fmt: skip


def test_a_shipped_mapping_is_found_by_the_header_and_the_file_name_decides_between_two() -> None:
    header = ["unique_key", "account", "opendate", "closedate", "complaint_type", "descriptor", "council_dist", "zip"]
    found = find_shipped("anything.csv", header, COMPLAINTS)
    assert found is not None and found.name == "nyc_council_cases.yaml"
    assert find_shipped("nyc_council_cases.csv", header[1:], COMPLAINTS) is None
