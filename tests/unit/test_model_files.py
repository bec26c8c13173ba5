"""Are packs read as they are written, and is what is wrong named with file, line, found and expected?"""

from __future__ import annotations

from pathlib import Path

import pytest

from data.model import Band, Condition, Duration, LimitFlag, Match, Pack
from services.model import BadPack, load_pack
from tests.packs.small import GOOD, write_pack


def read(folder: Path, text: str = GOOD) -> Pack:
    return load_pack(write_pack(folder, text))


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(BadPack) as caught:
        read(folder, text)
    return str(caught.value).splitlines()


def test_a_pack_becomes_datasets_and_metrics_in_file_order(tmp_path: Path) -> None:
    pack = read(tmp_path)
    cases, visits = pack.datasets
    assert (cases.name, cases.kind, cases.key, cases.time, cases.actor) == ("cases", "keyed", "case", "began", "person")
    assert (visits.kind, visits.key, visits.place, cases.place) == ("append", None, False, True)
    assert [metric.name for metric in pack.metrics][:3] == ["cases_begun", "cases_ended", "cases_open"]
    assert cases.usual_delay_s == 7200 and visits.usual_delay_s == 86_400
    assert cases.keep_days is None and visits.keep_days == 90
    assert cases.durations == (Duration("length", "Length", "began", "ended"),)
    assert cases.flags == (
        LimitFlag("speed", "length", "kind", (("a", 24.0),), 48.0, "quick", "slow"),
        Band("size", "cost", (("small", 0.0), ("large", 100.0))),
        Match("hit", "guess", "kind", "hit", "missed"),
    )


def test_streams_are_the_primary_time_then_each_that_a_metric_uses_in_order_of_the_times(tmp_path: Path) -> None:
    assert read(tmp_path).datasets[0].streams == ("began", "ended")
    used = GOOD.replace("at: began\n    of: person", "at: looked\n    of: person")
    assert read(tmp_path / "more", used).datasets[0].streams == ("began", "looked", "ended")


def test_what_is_derived_is_a_dimension_with_its_words(tmp_path: Path) -> None:
    derived = [(found.name, found.values) for found in read(tmp_path).datasets[0].dimensions[-3:]]
    assert derived == [("speed", ("quick", "slow")), ("size", ("small", "large")), ("hit", ("hit", "missed"))]


def test_comparisons_keep_null_and_numbers(tmp_path: Path) -> None:
    metrics = {metric.name: metric for metric in read(tmp_path).metrics}
    assert metrics["slow_cases"].where == (
        Condition("kind", "in", ("a", None)),
        Condition("length", "over", (), 24.0),
        Condition("length", "at_most", (), 100.0),
    )
    assert metrics["cheap_share"].limit == Condition("cost", "under", (), 2.5)


def test_words_that_yaml_would_take_for_truth_stay_words(tmp_path: Path) -> None:
    values = (
        read(tmp_path, GOOD.replace("values: [a, b]", "values: [a, no, 007, yes]")).datasets[0].dimensions[0].values
    )
    assert values == ("a", "no", "007", "yes")


def test_a_pack_may_be_spread_over_files(tmp_path: Path) -> None:
    head, _, metrics = GOOD.partition("metrics:")
    folder = write_pack(tmp_path, head)
    (folder / "numbers.yaml").write_text("metrics:" + metrics)
    assert load_pack(folder) == read(tmp_path / "whole")
    (folder / "again.yaml").write_text("metrics:" + metrics)
    with pytest.raises(BadPack, match=r"numbers.yaml:2: `cases_begun`: is already in .*again.yaml:2"):
        load_pack(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    kind: keyed", "    knid: keyed", "pack.yaml:8: dataset `cases`: unknown field: found `knid`"),
        ("    kind: keyed", "    knid: keyed", "Did you mean `kind`?"),
        ("    kind: keyed", "    kind: keyd", "expected `append` or `keyed`. Did you mean `keyed`?"),
        ("    kind: keyed", "    kind: [keyed]", "dataset `cases`, field `kind`: found `a list`, expected `append`"),
        ("    key: case\n", "    key: case\n    key: other\n", "pack.yaml:10: `key`: is there twice."),
        ("    title: Cases\n", "", "dataset `cases`: field `title` is missing; expected a text"),
        ("usual_delay: 2h", "usual_delay: soon", "found `soon`, expected a span like `15m`, `2h` or `1d`"),
        ("keep: 90 days", "keep: for ever", "found `for ever`, expected a number of days, as in `90 days`"),
        ("keep: 90 days", "keep: 90 dys", "dataset `visits`, field `keep`: found `90 dys`"),
        ("keep: 90 days", "kep: 90 days", "found `kep`, expected"),
        ("keep: 90 days", "kep: 90 days", "Did you mean `keep`?"),
        ("place: true", "place: perhaps", "found `perhaps`, expected `true` or `false`"),
        ("decimals: 2", "decimals: 2.5", "found `2.5`, expected a whole number"),
        ("decimals: 2", "decimals: --2", "found `--2`, expected a whole number"),
        ("minimum: 0", "minimum: low", "found `low`, expected a number"),
        ("values: [a, b]", "values: a", "found `a`, expected a list of texts, as in [first, second]."),
        ("values: [a, b]", "values: [a, [b]]", "found a list, expected a text"),
        (
            "limits_hours: {a: 24}",
            "limits_hours: {a: long}",
            "field `limits_hours`, `a`: found `long`, expected a number",
        ),
        ("limits_hours: {a: 24}", "limits_hours: 24", "found `24`, expected names with a number each"),
        ("      began: Began", "      began: [Began]", "time `began`: found a list, expected the fields of a time"),
        ("    shape: count\n", "    shape: cuont\n", "metric `cases_begun`, field `shape`: found `cuont`"),
        ("metrics:\n", "metrics: none\nmore:\n", "field `metrics`: found `none`, expected named blocks"),
    ],
)
def test_a_departure_from_the_grammar_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    assert message in "\n".join(refused(tmp_path, GOOD.replace(old, new, 1)))


def test_every_finding_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    wrong = GOOD.replace("    kind: keyed", "    kind: keyd").replace("usual_delay: 2h", "usual_delay: soon")
    found = refused(tmp_path, wrong)
    lines = [int(one.split(":")[1]) for one in found]
    assert [wrong.splitlines()[line - 1].strip() for line in lines] == ["kind: keyd", "usual_delay: soon"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pack: [unclosed", "pack.yaml:2: YAML:"),
        ("just a text", "found `just a text`, expected named fields"),
        ("", "field `pack` is missing"),
    ],
)
def test_a_file_that_is_no_pack_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert message in "\n".join(refused(tmp_path, text + "\n"))
