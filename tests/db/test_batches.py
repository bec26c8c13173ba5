"""Is a batch all there, once, and nothing else, whatever happens around it?"""

from __future__ import annotations

import contextlib
import json
import threading
from datetime import UTC, date, datetime, timedelta

import numpy as np
import psycopg
import pyarrow as pa
import pytest

from data.database import transaction
from data.engine.batches import Batch, delete_keys, write_batch
from data.engine.verify import verify
from data.errors import BadInput
from data.model import Dataset
from data.types import Scope
from tests.db.ledger import START, case, columns, content, event, hours, installed, segments, state, stored, write
from tests.support import make_scope, make_workspace


class Undone(Exception):
    """Raised to roll a transaction back."""


def write_and_undo(scope: Scope, dataset: Dataset, key: str, rows: list[dict[str, object]]) -> None:
    with contextlib.suppress(Undone), transaction(scope) as tx:
        write_batch(tx, scope, Batch(dataset, key, columns(rows)))
        raise Undone


@pytest.fixture
def cases(database: str) -> Dataset:
    return installed(database)[0]


@pytest.fixture
def events(database: str) -> Dataset:
    return installed(database)[1]


def clean(scope: Scope, dataset: Dataset) -> bool:
    return verify(scope, dataset).mismatches == []


def test_rows_arrive_in_the_table_with_their_types(scope: Scope, events: Dataset) -> None:
    rows = [event(kind="größe", amount=-12345.678), event(kind=None, amount=None, person=None, lat=None, lon=None)]
    assert write(scope, events, "1", rows).inserted == 2
    found = stored(scope, events, "at, kind, amount::text, person, lat, lon, cell IS NULL, quality")
    assert found == [
        (START, "größe", "-12345.678", "p1", 40.7, -74.0, False, None),
        (START, None, None, None, None, None, True, None),
    ]


@pytest.mark.parametrize("amount", [0.0, 0.001, -0.001, 9999.999, 10000.0, 123456789012.345, 99999999999999.999])
def test_numbers_are_exact(scope: Scope, events: Dataset, amount: float) -> None:
    scaled = np.array([round(amount * 1000)])
    with transaction(scope) as tx:
        write_batch(tx, scope, Batch(events, "1", columns([event()]) | {"amount": scaled}))
    assert stored(scope, events, "(amount * 1000)::bigint") == [(int(scaled[0]),)]
    assert [row["m:amount"] for row in content(scope, events)] == [int(scaled[0])]


def test_segments_hold_the_same_rows_by_local_day(scope: Scope, events: Dataset) -> None:
    write(scope, events, "1", [event(at=START), event(at=START + hours(24), kind="b", amount=None)])
    found = sorted(content(scope, events), key=lambda row: row["day"])
    assert [(row["day"], row["t"], row["d:kind"], row["a"], row["m:amount"]) for row in found] == [
        (date(2026, 3, 7), 7 * 3_600_000, "a", "p1", 125),
        (date(2026, 3, 8), 7 * 3_600_000, "b", "p1", None),  # eight o'clock on a day that skips two o'clock
    ]
    assert clean(scope, events)


def test_the_cell_is_the_one_of_h3(scope: Scope, events: Dataset) -> None:
    from h3.api.basic_int import latlng_to_cell

    write(scope, events, "1", [event(), event(lat=-33.9, lon=151.2), event(lat=1.0, lon=None)])
    expected = [latlng_to_cell(40.7, -74.0, 12), latlng_to_cell(-33.9, 151.2, 12), None]
    assert [cell for (cell,) in stored(scope, events, "cell")] == expected
    assert {row["p"] for row in content(scope, events)} == {None if c is None else str(c) for c in expected}


def test_limit_flags_are_derived_from_the_limit_of_each_row(scope: Scope, cases: Dataset) -> None:
    ends = {"none": None, "red_in_time": hours(2), "red_late": hours(2.001), "blue": hours(3), "wrong": -hours(1)}
    rows = [
        case(key, closed_at=None if end is None else START + end, colour="blue" if key == "blue" else "red")
        for key, end in ends.items()
    ]
    write(scope, cases, "1", rows)
    flags = dict(stored(scope, cases, "case_id, late"))
    assert flags == {"none": None, "red_in_time": "within", "red_late": "breached", "blue": "within", "wrong": None}
    lengths = {row["m:open_time"] for row in content(scope, cases, stream=1)}
    assert lengths == {7_200_000, 7_203_600, 10_800_000, None}


def test_a_repeated_key_gives_the_first_result_and_changes_nothing(scope: Scope, events: Dataset) -> None:
    first = write(scope, events, "same", [event(), event()])
    before = state(scope, events)
    again = write(scope, events, "same", [event(kind="other")] * 5)
    assert again.repeated and (again.inserted, again.version) == (first.inserted, first.version)
    assert state(scope, events) == before and len(stored(scope, events, "id")) == 2


def test_a_rolled_back_batch_leaves_nothing_and_its_key_free(scope: Scope, events: Dataset) -> None:
    write_and_undo(scope, events, "1", [event(kind="new here")])
    assert state(scope, events)["version"] == 0 and segments(scope, events) == []
    assert not write(scope, events, "1", [event(kind="new here"), event(kind="newer")]).repeated
    assert clean(scope, events)


def test_the_version_grows_only_when_something_changed(scope: Scope, cases: Dataset) -> None:
    rows = [case("a"), case("b", cost=None)]
    assert write(scope, cases, "1", rows).version == 1
    result = write(scope, cases, "2", rows)
    assert (result.inserted, result.updated, result.unchanged, result.version) == (0, 0, 2, 1)
    assert write(scope, cases, "3", [case("a", cost=2.0), case("b", cost=None)]).version == 2
    assert state(scope, cases)["rows"] == 2


def test_a_changed_row_takes_its_old_version_back_in_every_stream(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case("a"), case("b")])
    result = write(scope, cases, "2", [case("a", closed_at=START + hours(30), colour="blue"), case("c"), case("b")])
    assert (result.inserted, result.updated, result.unchanged) == (1, 1, 1)
    assert sorted(str(row["d:colour"]) for row in content(scope, cases)) == ["blue", "red", "red"]
    assert [(row["day"], row["d:late"]) for row in content(scope, cases, stream=1)] == [(date(2026, 3, 8), "breached")]
    assert clean(scope, cases)


def test_the_last_of_equal_keys_in_a_batch_wins(scope: Scope, cases: Dataset) -> None:
    result = write(scope, cases, "1", [case("a", cost=1.0), case("b"), case("a", cost=2.0), case("a", cost=3.25)])
    assert result.inserted == 2
    assert stored(scope, cases, "case_id, cost::float8") == [("b", 1.5), ("a", 3.25)]
    assert clean(scope, cases)


def test_a_row_that_loses_its_second_time_leaves_that_stream(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case("a", closed_at=START + hours(1))])
    write(scope, cases, "2", [case("a", closed_at=None)])
    assert content(scope, cases, stream=1) == [] and len(content(scope, cases)) == 1
    assert clean(scope, cases)


def test_a_change_of_quality_alone_is_a_change(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case("a")])
    assert write(scope, cases, "2", [case("a", quality=["cost", "größe"])]).updated == 1
    assert stored(scope, cases, "quality") == [(["cost", "größe"],)]


def test_deleted_keys_are_gone_from_rows_and_segments(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case(key, closed_at=START + hours(1)) for key in ("a", "b", "c'; --")])
    with transaction(scope) as tx:
        assert delete_keys(tx, scope, cases, ["c'; --", "a", "a", "not there"]) == 2
    assert stored(scope, cases, "case_id") == [("b",)]
    assert len(content(scope, cases)) == len(content(scope, cases, stream=1)) == 1
    assert (state(scope, cases)["rows"], state(scope, cases)["version"]) == (1, 2)
    assert clean(scope, cases)


def test_deleting_nothing_changes_nothing(scope: Scope, cases: Dataset) -> None:
    write(scope, cases, "1", [case("a")])
    with transaction(scope) as tx:
        assert delete_keys(tx, scope, cases, []) == 0
        assert delete_keys(tx, scope, cases, ["zzz"]) == 0
    assert state(scope, cases)["version"] == 1


def test_the_newest_time_does_not_lie_in_the_future(scope: Scope, events: Dataset) -> None:
    soon = datetime.now(UTC) + timedelta(days=2)
    write(scope, events, "1", [event(), event(at=START + hours(5)), event(at=soon)])
    assert state(scope, events)["newest_at"] == START + hours(5)


def test_listeners_hear_of_the_new_version(scope: Scope, events: Dataset, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as listener:
        listener.execute("LISTEN belvedere_data")
        write(scope, events, "1", [event()])
        heard = [json.loads(n.payload) for n in listener.notifies(timeout=60, stop_after=1)]
    assert heard == [{"workspace": scope.workspace.id, "dataset": events.id, "version": 1}]


def test_columns_may_come_as_arrow_numpy_or_lists(scope: Scope, events: Dataset) -> None:
    ms = np.array([START.replace(tzinfo=None)], "datetime64[us]") + np.array([1999], "timedelta64[us]")
    for number, at in enumerate(
        [ms, ms.astype("datetime64[ms]"), pa.array(ms), ms.astype("datetime64[ms]").view(np.int64)]
    ):
        batch = columns([event()]) | {
            "at": at,
            "kind": pa.array(["a"]).dictionary_encode(),
            "person": pa.array([None], "string"),
        }
        with transaction(scope) as tx:
            write_batch(tx, scope, Batch(events, str(number), batch))
    assert stored(scope, events, "DISTINCT at, kind, person") == [(START + timedelta(milliseconds=1), "a", None)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": None}, "no column `kind`"),
        ({"at": [None]}, "no `at`"),
        ({"amount": [1.0, 2.0]}, "2 values, expected 1"),
        ({"amount": [1e19]}, "18 digits"),
        ({"lat": [91.0]}, "latitude"),
        ({"kind": ["a\0b"]}, "NUL"),
        ({"at": np.array([10**15])}, "years 1 to 9999"),
    ],
)
def test_a_batch_that_cannot_be_is_refused(
    scope: Scope, events: Dataset, change: dict[str, object], words: str
) -> None:
    with pytest.raises(BadInput, match=words), transaction(scope) as tx:
        write_batch(tx, scope, Batch(events, "1", columns([event()]) | change))


def test_an_empty_batch_is_remembered_and_changes_nothing(scope: Scope, events: Dataset) -> None:
    empty = {name: [] for name in event()}
    with transaction(scope) as tx:
        assert write_batch(tx, scope, Batch(events, "1", empty)).inserted == 0
    assert write(scope, events, "1", [event()]).repeated and state(scope, events)["version"] == 0


def test_a_workspace_neither_sees_nor_changes_its_neighbour(scope: Scope, cases: Dataset) -> None:
    neighbour = make_scope(make_workspace())
    write(scope, cases, "1", [case("a")])
    write(neighbour, cases, "1", [case("a", cost=9.0)])
    with transaction(neighbour) as tx:
        delete_keys(tx, neighbour, cases, ["a"])
    assert len(content(scope, cases)) == 1 and clean(scope, cases) and clean(neighbour, cases)


def test_nobody_writes_into_a_workspace_outside_their_scope(scope: Scope, events: Dataset) -> None:
    stranger = Scope(None, "s", "administrator", scope.workspace, (make_workspace().id,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), transaction(stranger) as tx:
        write_batch(tx, stranger, Batch(events, "1", columns([event()])))


def test_writers_at_the_same_time_lose_nothing(scope: Scope, cases: Dataset, events: Dataset) -> None:
    def work(number: int) -> None:
        for i in range(6):
            write(scope, events, f"{number}-{i}", [event(kind=f"k{number}{i}", at=START + hours(i))] * 5)
            write(
                scope, cases, f"{number}-{i}", [case(f"c{j}", cost=float(number)) for j in range(number, number + 20)]
            )

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored(scope, events, "id")) == 120 and state(scope, events)["version"] == 24
    assert clean(scope, events) and clean(scope, cases)


def test_the_same_batch_sent_twice_at_once_counts_once(scope: Scope, events: Dataset) -> None:
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(write(scope, events, "same", [event()]))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(r.repeated for r in results) == [False, True, True, True]
    assert len(stored(scope, events, "id")) == 1 and clean(scope, events)


@pytest.mark.parametrize("kind", ["cases", "events"])
def test_several_batches_of_one_transaction_are_each_there_once(
    scope: Scope, cases: Dataset, events: Dataset, kind: str
) -> None:
    dataset = cases if kind == "cases" else events
    with transaction(scope) as tx:
        for number in range(3):
            row = case(f"k{number}") if kind == "cases" else event(amount=float(number))
            assert write_batch(tx, scope, Batch(dataset, str(number), columns([row]))).inserted == 1
    assert len(stored(scope, dataset, "person")) == 3 and clean(scope, dataset)


def test_months_get_their_partitions_while_the_transaction_is_open(scope: Scope, events: Dataset) -> None:
    with transaction(scope) as tx:
        for month in (1, 7):
            at = datetime(2031, month, 3, tzinfo=UTC)
            write_batch(tx, scope, Batch(events, str(month), columns([event(at=at)])))
    assert len(stored(scope, events, "id")) == 2 and clean(scope, events)
