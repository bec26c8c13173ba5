"""Does each rule notice what it is there for, in words that help?"""

from __future__ import annotations

from pathlib import Path

import pytest

from services.model import BadPack, load_pack
from services.model.rules import RULES
from tests.packs.small import GOOD, write_pack

FOLDER = Path(__file__).parents[2] / "services" / "model" / "rules"
CASES: dict[str, list[tuple[str, str, str]]] = {
    "names": [
        ("  visits:", "  Visits Log:", "expected lower-case letters, digits and underscores. Write `visits_log`?"),
        ("pack: small", "pack: tiny", "found `tiny`, expected `small`, the folder's name"),
        ("  people_seen:", f"  {'p' * 61}:", "the name has 61 letters, expected at most 60"),
    ],
    "reserved": [
        ("      page: Page", "      cell: Cell", "`cell` is a column Belvedere adds itself"),
        ("  visits:", "  visits_2026_01:", "ends like a sequence or partition"),
        ("  people_seen:", "  town:", "`town` is a dimension of `cases`: a result row could not hold both"),
        ("  people_seen:", "  bucket:", "`bucket` is the time of a result row"),
    ],
    "duplicates": [
        ("      town: Town", "      began: Town", "`began` is already in"),
        ("title: Ended\n", "title: begun\n", "metric `cases_begun` has the title `begun` too"),
        ("values: [a, b]", "values: [a, b, a]", "`a` is there twice"),
    ],
    "keys": [
        ("    key: case\n", "", "field `key` is missing: rows of a keyed dataset are found by it"),
        ("    time: at_time\n", "    time: at_time\n    key: visit\n", "rows of an append dataset never change"),
    ],
    "times": [
        (
            "    time: began\n",
            "    time: begun\n",
            "found `begun`, expected `began`, `looked` or `ended`. Did you mean `began`?",
        ),
        ("from: began, to: ended", "from: began, to: closed", "duration `length`, field `to`: found `closed`"),
        ("from: began, to: ended", "from: ended, to: ended", "runs from `ended` to itself"),
        ("    at: began\n", "    at: start\n", "metric `cases_begun`, field `at`: found `start`"),
    ],
    "measures": [
        ("decimals: 2", "decimals: 9", "found 9, expected 0 to 6"),
        ("maximum: 1000", "maximum: 0", "found 0, expected more than the minimum 0"),
    ],
    "subscriptions": [
        ("dataset: visits, id", "dataset: visit, id", "Did you mean `visits`?"),
        ("doors/{page}", "doors/{pge}", "found `pge`, expected `workspace`, `at_time` or `page`. Did you mean `page`?"),
        ("{workspace}/doors", "doors", "which workspace? nothing says it"),
        ("id: nr}", "id: nr, workspace: north}", "both the topic and `workspace` say it"),
        ("doors/{page}", "#/{page}", "`#` stands for all further levels"),
        ("doors/{page}", "door{page}", "found the level `door{page}`"),
        ("doors/{page}", "{page}/{page}", "`{page}` is there twice"),
    ],
    "entities": [
        ("column: page, dataset: cases", "column: page, dataset: case", "Did you mean `cases`?"),
        ("column: page, dataset: cases, by: case", "column: page, dataset: visits", "`visits` has no key"),
        ("column: page,", "column: pge,", "found `pge`, expected "),
        ("by: case,", "by: cases,", "Did you mean `case`?"),
        ("related: {cases: town}", "related: {case: town}", "Did you mean `cases`?"),
        ("related: {cases: town}", "related: {cases: twn}", "Did you mean `town`?"),
        ("peers: kind\n", "peers: knd\n", "Did you mean `kind`?"),
        ("course: {dataset: cases", "course: {dataset: visits", "`visits` has no column `person`"),
        ("of: cost, unusual", "of: costs, unusual", "Did you mean `cost`?"),
        ("unusual: cases_begun", "unusual: case_begun", "Did you mean `cases_begun`?"),
        ("units: {a: euros}", "units: {c: euros}", "expected `a` or `b`"),
    ],
    "keeping": [
        ("keep: 90 days", "keep: 31 days", "dataset `visits`, field `keep`: found 31 days, expected 32 to 36,500"),
        ("keep: 90 days", "keep: 36501d", "found 36,501 days, expected 32 to 36,500"),
        ("usual_delay: 2h", "usual_delay: 2h\n    keep: 90 days", "`cases` follows a table"),
    ],
    "tracking": [
        (
            "{events: visits,",
            "{events: visit,",
            "field `events`: found `visit`, expected `cases` or `visits`. Did you mean `visits`?",
        ),
        (
            "engagement: visits}",
            "engagement: cases}",
            "`cases` is keyed; tracking adds events, so it needs `kind: append`",
        ),
    ],
    "sources": [
        ("    external: true\n", "", "source `cases`: found `cases`, expected nothing here"),
        ("sources:\n  cases:", "sources:\n  case:", "Did you mean `cases`?"),
        ("sources:\n  cases:", "sources:\n  case:", "`sources` says no table for `cases`"),
        ("    key: case\n    time: began", "    time: began", "so it has to be `kind: keyed`"),
        ("table: office.case\n", "table: a.b.c\n", "found `a.b.c`, expected `table` or `schema.table`"),
        ("table: office.town,", "table: town., ", "lookup `town_name`, field `table`: found `town.`"),
        ("town: town_name}", "twn: town_name}", "Did you mean `town`?"),
        ("{case: id, began", "{began", "`case` is missing: every row needs it"),
        ("    columns: {case: id, began: began_at, town: town_name}\n", "", "expected either `columns` or `mapping`"),
    ],
    "flags": [
        ("        of: length", "        of: duration", "flag `speed`, field `of`: found `duration`, expected `length`"),
        (
            "        by: kind",
            "        by: sort",
            "flag `speed`, field `by`: found `sort`, expected `kind`, `town` or `guess`",
        ),
        ("limits_hours: {a: 24}", "limits_hours: {c: 24}", "limit of `c`: found `c`, expected `a` or `b`"),
        ("limits_hours: {a: 24}", "limits_hours: {a: 0}", "found 0 hours, expected more than 0"),
        ("otherwise_hours: 48", "otherwise_hours: -1", "found -1, expected more than 0"),
        ("        over: slow", "        over: quick", "`quick` is the word for within the limit too"),
    ],
    "derived": [
        (
            "of: cost, lowest",
            "of: coast, lowest",
            "band `size`, field `of`: found `coast`, expected `cost` or `length`",
        ),
        ("{small: 0, large: 100}", "{small: 100, large: 100}", "expected bands in ascending order"),
        ("of: guess, truth: kind", "of: gess, truth: kind", "match `hit`, field `of`: found `gess`, expected `kind`"),
        ("of: guess, truth: kind", "of: kind, truth: kind", "`kind` is what was said too"),
        ("differs: missed", "differs: hit", "`hit` is the word for equal texts too"),
    ],
    "shapes": [
        ("    q: 0.9\n", "", "shape `percentile` needs `dataset`, `at`, `of` or `q`; `q` is missing"),
        (
            "    plus: cases_begun\n",
            "    plus: cases_begun\n    at: began\n",
            "shape `balance` has no `at`; it takes `plus` or `minus`",
        ),
    ],
    "references": [
        (
            "    dataset: cases\n",
            "    dataset: case\n",
            "found `case`, expected `cases` or `visits`. Did you mean `cases`?",
        ),
        ("    exposure: people", "    exposure: folk", "found `folk`, expected `people`"),
        ("numerator: slow_cases", "numerator: slow_case", "found `slow_case`, expected"),
        ("numerator: slow_cases", "numerator: slow_case", "Did you mean `slow_cases`?"),
        ("    of: cases_open", "    of: cases_opn", "Did you mean `cases_open`?"),
        (
            "    of: person",
            "    of: cost",
            "found `cost`, expected `kind`, `town`, `guess`, `speed`, `size`, `hit` or `person`",
        ),
        ("    of: cost\n    unit: euros", "    of: town\n    unit: euros", "found `town`, expected `cost` or `length`"),
        ("where: {kind:", "where: {sort:", "condition on `sort`: found `sort`, expected"),
    ],
    "comparisons": [
        ("{in: [a, null]}", "{over: 3}", "`kind` holds text, expected `in` or `not_in`"),
        ("length: {over: 24, at_most: 100}", "length: {in: [a]}", "`length` holds numbers, expected `over`, `under`"),
        ("{in: [a, null]}", "{in: [c]}", "found `c`, expected `a` or `b`"),
        ("{in: [a, null]}", "{in: []}", "the list is empty: no row could ever meet it"),
        ("{in: [a, null]}", "{}", "says no comparison, expected `in`"),
        ("limit: {under: 2.5}", "limit: {under: 2.5, over: 1}", "found `over` or `under`, expected exactly one of"),
        ("limit: {under: 2.5}", "limit: {in: [a]}", "found `in`, expected exactly one of"),
    ],
    "percentiles": [("    q: 0.9\n", "    q: 90\n", "found 90, expected a part between 0 and 1. Write `0.9`?")],
    "additivity": [
        ("numerator: slow_cases", "numerator: cost_mean", "`cost_mean` has the shape `average`, expected `count`"),
        ("minus: cases_ended", "minus: cases_begun", "counts the same rows by the same time as `cases_begun`"),
        ("    of: cases_open", "    of: cases_begun", "`cases_begun` has the shape `count`, expected `balance`"),
        (
            "    plus: slow_cases",
            "    plus: cost_mean",
            "`cases_ended` is in cases, `cost_mean` in euros: expected two",
        ),
        ("    plus: slow_cases", "    plus: cases_ended", "expected two metrics of one unit"),
    ],
    "cycles": [("    plus: cases_begun", "    plus: cases_open", "is defined by itself: `cases_open` -> `cases_open`")],
    "exposures": [
        ("dimension: town", "dimension: city", "exposure `people`, field `dimension`: found `city`"),
        ("north: 100", "north: 0", "amount of `north`: found 0, expected more than 0"),
        (
            "dimension: town, amounts: {north: 100, south: 50}",
            "dimension: kind, amounts: {c: 1}",
            "found `c`, expected `a` or `b`",
        ),
        (
            "dimension: town, amounts",
            "dimension: page, amounts",
            "is by `page`, which `cases` of `cases_begun` does not have",
        ),
        ("    per: 100\n", "    per: 0\n", "found 0, expected more than 0"),
    ],
    "units": [
        ("    format: integer", "    format: decimal", "a count is written as `integer`, found `decimal`"),
        (
            "    unit: hours\n    format: duration",
            "    unit: days\n    format: duration",
            "has the unit `hours`, found `days`",
        ),
        (
            "    of: cost\n    unit: euros\n    format: money",
            "    of: cost\n    unit: hours\n    format: duration",
            "`cost` expects no `duration`",
        ),
        (
            "    of: length\n    unit: hours\n    format: duration",
            "    of: length\n    unit: h\n    format: decimal",
            "`length` expects `duration`",
        ),
        ("    unit: cases\n", "", "field `unit` is missing"),
    ],
    "targets": [
        ("    target: 0.2", "    target: 20", "found 20, expected a fraction: 0.2 is shown as 20 %"),
        (
            "    better: neither\n",
            "    better: neither\n    target: 5\n",
            "`better: neither` says that no direction is good",
        ),
    ],
    "owners": [
        ("owner: Somebody\n", "", "has no owner: say `owner` here or for the whole pack"),
        ("    description: Cases that began.\n", "", "field `description` is missing: say what is counted"),
    ],
}


def test_every_rule_is_a_file_is_in_the_list_and_has_a_case() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert {rule.__module__.rpartition(".")[2] for rule in RULES} == files == set(CASES)


@pytest.mark.parametrize(
    ("rule", "old", "new", "message"), [(rule, *case) for rule, cases in CASES.items() for case in cases]
)
def test_a_rule_notices(tmp_path: Path, rule: str, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(BadPack) as caught:
        load_pack(write_pack(tmp_path, GOOD.replace(old, new, 1)))
    assert message in str(caught.value)
    assert all(problem.place.line > 0 for problem in caught.value.problems)


@pytest.mark.parametrize("name", ["public", "information_schema", "belvedere", "jobs", "pg_small"])
def test_a_pack_cannot_take_the_name_of_a_schema_in_use(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadPack, match="is a schema of its own"):
        load_pack(write_pack(tmp_path, GOOD.replace("pack: small", f"pack: {name}"), name))


def test_a_longer_cycle_is_shown_whole(tmp_path: Path) -> None:
    text = GOOD.replace("numerator: slow_cases", "numerator: begun_per_100").replace("of: cases_begun", "of: slow_part")
    with pytest.raises(BadPack, match="`slow_part` -> `begun_per_100` -> `slow_part`"):
        load_pack(write_pack(tmp_path, text))
