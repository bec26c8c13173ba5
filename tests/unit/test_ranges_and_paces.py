"""Is a range or a pace that cannot be computed refused, in words that help?"""

from __future__ import annotations

from pathlib import Path

import pytest

from data.model import Range
from services.model import BadPack, load_pack
from tests.packs.small import GOOD, write_pack

RANGE = """\
    ranges:
      fair: {title: Fair, of: cost, by: kind, ranges: {a: {at_least: 1, at_most: 5}, b: {at_most: 9}}}
"""
PACE = """\
  begun_hourly:
    title: Begun an hour
    description: Cases begun for each hour.
    shape: pace
    of: cases_begun
    each: 1h
    unit: cases an hour
    format: decimal
    better: higher
    family: technical
"""
TEXT = GOOD.replace("    place: true\n", RANGE + "    place: true\n", 1) + PACE


def test_a_pack_may_have_both(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path, TEXT))
    cases = pack.datasets[0]
    assert Range("fair", "cost", "kind", (("a", 1.0, 5.0), ("b", None, 9.0))) in cases.flags
    assert cases.dimensions[-1].values == ("within", "outside")
    assert next(metric.each_s for metric in pack.metrics if metric.name == "begun_hourly") == 3600


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("of: cost, by: kind", "of: length, by: kind", "range `fair`, field `of`: found `length`, expected `cost`"),
        ("of: cost, by: kind", "of: cost, by: sort", "range `fair`, field `by`: found `sort`, expected `kind`"),
        ("ranges: {a: {at_least", "ranges: {c: {at_least", "found `c`, expected `a` or `b`"),
        ("at_least: 1, at_most: 5", "at_least: 6, at_most: 5", "found 6 to 5, expected the lower end first"),
        ("at_least: 1, at_most: 5", "at_least: 1, at_mots: 5", "found `at_mots`, expected `at_least` or `at_most`"),
        ("at_least: 1, at_most: 5", "least: 1", "expected `at_least`, `at_most` or both"),
        ("b: {at_most: 9}}}", "b: {at_most: 9}}, outside: within}", "`within` is the word for inside the range too"),
        (
            "    of: cases_begun\n    each",
            "    of: people_seen\n    each",
            "has the shape `distinct`, expected `count`",
        ),
        ("    each: 1h", "    each: soon", "field `each`: found `soon`, expected a span"),
        ("    each: 1h", "    per: 3", "shape `pace` has no `per`; it takes `of` or `each`"),
        ("    of: cases_begun\n    each", "    of: cases_begn\n    each", "Did you mean `cases_begun`?"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(BadPack) as caught:
        load_pack(write_pack(tmp_path, TEXT.replace(old, new, 1)))
    assert message in str(caught.value)
