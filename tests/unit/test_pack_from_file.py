"""Is a pack guessed from a file as a person would begin it?"""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import BadInput
from data.model import Dataset, Pack
from services.ingest import Mapping, load_mapping_file
from services.model import load_pack
from services.packs import check_pack, create_pack
from services.packs.skeletons import quoted
from tests.support import settings_of

ORDERS = "\n".join(
    ["id,Order No,CreatedAt,Paid at,Amount (EUR),Items,Zip,no,Customer,Where,Note,Empty,2nd Name"]
    + [
        f"{i},A{i:04},03/{i % 28 + 1:02}/2026 08:15 PM,2026-04-{i % 28 + 1:02},{i * 1.25:.2f},{i % 4},{10000 + i % 40},"
        f'{["yes", "no"][i % 2]},c{i % 60},"(41.{i:03}, -90.{i:03})",{"words " * 20}{i},,x{i % 3}'
        for i in range(200)
    ]
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> object:
    with settings_of(BELVEDERE_HOME=str(tmp_path / "home")):
        yield tmp_path


def begun(home: Path, text: str, name: str = "orders") -> tuple[Pack, Mapping]:
    (home / "file.csv").write_text(text + "\n")
    folder = create_pack(name, home / "file.csv")
    return load_pack(folder), load_mapping_file(folder / "mappings" / f"{name}.yaml")


def names(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    parts = {"times": dataset.times, "dimensions": dataset.dimensions, "measures": dataset.measures}
    return {kind: tuple(one.name for one in found) for kind, found in parts.items()}


def test_each_column_gets_the_role_it_looks_like(home: Path) -> None:
    pack, _ = begun(home, ORDERS)
    (dataset,) = pack.datasets
    assert (dataset.kind, dataset.key, dataset.time, dataset.actor, dataset.place) == (
        "keyed", "orders_id", "created_at", "customer", True,
    )  # fmt: skip
    assert names(dataset) == {
        "times": ("created_at", "paid_at"),
        "dimensions": ("items", "zip", "no", "orders_2nd_name"),
        "measures": ("amount_eur",),
    }
    assert dataset.measures[0].decimals == 2


def test_what_is_left_out_is_said_with_its_reason(home: Path) -> None:
    begun(home, ORDERS)
    text = (home / "home/packs/orders/pack.yaml").read_text()
    for line in ("left out: Note (long text)", "left out: Empty (empty in the sample)", "left out: Order No (almost"):
        assert line in text


def test_the_mapping_reads_the_very_columns_by_their_formats(home: Path) -> None:
    _, mapping = begun(home, ORDERS)
    created = mapping.column("created_at")
    assert created is not None and (created.sources, created.formats) == (("CreatedAt",), ("%m/%d/%Y %I:%M %p",))
    assert mapping.place is not None and (mapping.place.source, mapping.place.point) == ("Where", "(lat, lon)")


def test_rows_without_a_key_become_events(home: Path) -> None:
    pack, _ = begun(home, "when,page\n2026-01-01 10:00,home\n2026-01-01 10:00,home", "clicks")
    assert (pack.datasets[0].kind, [metric.shape for metric in pack.metrics]) == ("append", ["count"])


def test_cases_that_end_get_a_balance_and_a_duration(home: Path) -> None:
    text = "case number,opened,closed\n" + "\n".join(f"{i},2026-01-{i:02},2026-02-{i:02}" for i in range(1, 20))
    pack, _ = begun(home, text, "permits")
    assert {metric.name: metric.shape for metric in pack.metrics} == {
        "permits_count": "count", "permits_closed": "count", "permits_open": "balance",
        "time_to_closed_median": "percentile",
    }  # fmt: skip


def test_a_file_without_a_time_is_refused_and_leaves_nothing(home: Path) -> None:
    (home / "file.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadInput, match=r"file.csv: no column looks like a time.* Found: a, b"):
        create_pack("things", home / "file.csv")
    assert not (home / "home/packs/things").exists()


@pytest.mark.parametrize("name", ["Trees", "2trees", "my-trees", ""])
def test_a_name_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="expected lower-case letters"):
        create_pack(name)


def test_a_name_that_is_taken_is_refused(home: Path) -> None:
    with pytest.raises(BadInput, match="already a pack `grievance`"):
        create_pack("grievance")
    create_pack("mine")
    with pytest.raises(BadInput, match="already a pack `mine`"):
        create_pack("mine")


def test_a_pack_begun_from_nothing_is_right(home: Path) -> None:
    create_pack("mine")
    checked = check_pack("mine")
    assert checked.problems == () and [metric.name for metric in checked.pack.metrics] == ["mine_count"]


def test_a_check_finds_a_broken_mapping_a_stray_sample_and_a_missing_readme(home: Path) -> None:
    folder = create_pack("mine")
    (folder / "README.md").unlink()
    (folder / "mappings").mkdir()
    (folder / "mappings" / "a.yaml").write_text("dataset: mine.mine\ncolumns: {occured_at: when}\n")
    (folder / "sample").mkdir()
    (folder / "sample" / "other.csv").write_text("a\n1\n")
    found = "\n".join(check_pack("mine").problems)
    assert "README.md: is missing" in found and "Did you mean `occurred_at`" in found
    assert "the name is none of the datasets mine" in found


@pytest.mark.parametrize(
    ("text", "written"),
    [("Ward", "Ward"), ("no", '"no"'), ("a: b", '"a: b"'), ("0.5", "0.5"), ("5", '"5"'), ("It's", '"It\'s"')],
)
def test_texts_are_quoted_where_yaml_would_read_something_else(text: str, written: str) -> None:
    assert quoted(text) == written
