"""Is a metric or dataset found by its name, and is the nearest one suggested?"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from data.errors import BadInput, UnknownName
from data.model import Model
from services.model import definition, find_dataset, find_metric, load_pack
from tests.packs.small import GOOD, write_pack


@pytest.fixture
def model(tmp_path: Path) -> Model:
    other = GOOD.replace("pack: small", "pack: other").replace("  cases_open:", "  others_open:")
    other = other.replace("of: cases_open", "of: others_open")
    return Model((load_pack(write_pack(tmp_path)), load_pack(write_pack(tmp_path, other, "other"))))


def test_a_qualified_name_and_a_bare_name_that_is_there_once_are_found(model: Model) -> None:
    assert find_metric(model, "other.people_seen").qualified == "other.people_seen"
    assert find_metric(model, "cases_open").qualified == "small.cases_open"
    assert find_dataset(model, "small.visits").qualified == "small.visits"


def test_a_bare_name_in_two_packs_has_to_be_qualified(model: Model) -> None:
    with pytest.raises(BadInput, match=r"say `small.people_seen` or `other.people_seen`"):
        find_metric(model, "people_seen")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("small.peple_seen", "No metric `peple_seen` in `small`. Did you mean `people_seen`?"),
        ("others_opne", "No metric `others_opne`. Did you mean `others_open`?"),
        ("smal.people_seen", "No metric `smal.people_seen`. Did you mean `small.people_seen`?"),
        ("zzz", "No metric `zzz`."),
    ],
)
def test_an_unknown_name_suggests_the_nearest(model: Model, name: str, message: str) -> None:
    with pytest.raises(UnknownName) as caught:
        find_metric(model, name)
    assert str(caught.value) == message


def test_a_definition_is_the_same_whatever_the_id(model: Model) -> None:
    cases = find_dataset(model, "small.cases")
    assert definition(cases) == definition(dataclasses.replace(cases, id=7))
    assert definition(cases)["flags"][0]["limits_hours"] == [["a", 24.0]]
