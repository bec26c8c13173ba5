"""Are the tables of datasets made once, rightly, and without standing in anybody's way?"""

from __future__ import annotations

import dataclasses
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from data.database import owner_transaction, transaction
from data.errors import BadInput
from data.model import Dataset, Dimension, Measure
from data.tables import column_names, column_types, ensure_dataset, ensure_partitions, table_of
from services.model import load_pack
from tests.packs.small import write_pack
from tests.support import make_scope, make_workspace


@pytest.fixture
def pair(database: str, tmp_path: Path) -> tuple[Dataset, Dataset]:
    """A keyed and an append dataset in a schema of their own."""
    schema = f"s{uuid.uuid4().hex[:8]}"
    cases, visits = load_pack(write_pack(tmp_path)).datasets
    return dataclasses.replace(cases, pack=schema), dataclasses.replace(visits, pack=schema)


def rows(text: str, **values: Any) -> list[tuple[Any, ...]]:
    with owner_transaction() as tx:
        return tx.execute(text, values).fetchall()


def columns_of(dataset: Dataset) -> list[tuple[str, str]]:
    found = rows(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%(name)s) AND attnum > 0 ORDER BY attnum",
        name=dataset.qualified,
    )
    return [(name, kind) for name, kind in found]


def partitions_of(dataset: Dataset) -> list[str]:
    found = rows(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %(t)s::regclass", t=dataset.qualified
    )
    return sorted(name for (name,) in found)


def test_columns_stand_in_the_agreed_order_with_exact_types(pair: tuple[Dataset, Dataset]) -> None:
    for dataset in pair:
        ensure_dataset(dataset)
        assert columns_of(dataset) == list(column_types(dataset).items())
    names = [name for name, _ in columns_of(pair[0])]
    assert names == [
        "workspace_id", "case", "began", "looked", "ended", "kind", "town", "guess", "speed", "size", "hit", "person",
        "cost", "lat", "lon", "cell", "quality", "received_at",
    ]  # fmt: skip
    assert column_names(pair[0]) == tuple(names[1:-1])
    assert column_names(pair[1]) == ("at_time", "page", "quality")
    assert dict(columns_of(pair[0]))["cost"] == "numeric(18,2)"


def test_making_them_again_and_by_many_at_once_changes_nothing(pair: tuple[Dataset, Dataset]) -> None:
    def make(_: int) -> None:
        for dataset in pair:
            ensure_dataset(dataset)
        ensure_partitions(pair[1], date(2026, 1, 1), date(2026, 3, 1))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(make, range(6)))
    assert len(partitions_of(pair[1])) == 3


def test_a_new_column_is_added_and_a_changed_one_refused(pair: tuple[Dataset, Dataset]) -> None:
    cases, visits = pair
    for dataset in pair:
        ensure_dataset(dataset)
    ensure_partitions(visits, date(2026, 1, 1), date(2026, 1, 1))
    more = dataclasses.replace(visits, dimensions=(*visits.dimensions, Dimension("browser", "Browser")))
    ensure_dataset(more)
    assert ("browser", "text") in columns_of(more)
    finer = dataclasses.replace(cases, measures=(Measure("cost", "Cost", decimals=3),))
    with pytest.raises(BadInput, match=r"`cost` of .*: found type numeric\(18,2\) in the database"):
        ensure_dataset(finer)
    with pytest.raises(BadInput, match="lacks `other`"):
        ensure_dataset(dataclasses.replace(cases, key="other"))


def test_partitions_are_months_in_utc_and_take_the_rows_of_their_ends(pair: tuple[Dataset, Dataset]) -> None:
    visits = pair[1]
    ensure_dataset(visits)
    ensure_partitions(visits, date(2025, 12, 31), date(2026, 1, 1))
    ensure_partitions(visits, date(2025, 12, 31), date(2026, 1, 1))
    assert partitions_of(visits) == [f"{visits.qualified}_2025_12", f"{visits.qualified}_2026_01"]
    scope = make_scope(make_workspace())
    times = ["2025-12-01 00:00+00", "2025-12-31 23:59:59.999+00", "2026-01-01 00:00+00", "2026-01-31 23:59:59.999+00"]
    with transaction(scope) as tx:
        for at in times:
            tx.execute(
                f"INSERT INTO {visits.qualified} (workspace_id, at_time) VALUES (%s, %s)", (scope.workspace.id, at)
            )
    counts = [rows(f"SELECT count(*) FROM {name}")[0][0] for name in partitions_of(visits)]
    assert counts == [2, 2]


def test_vacuum_takes_its_time_with_rows_that_only_arrive(pair: tuple[Dataset, Dataset]) -> None:
    ensure_dataset(pair[1])
    ensure_partitions(pair[1], date(2026, 5, 1), date(2026, 5, 1))
    (part,) = partitions_of(pair[1])
    options = rows("SELECT reloptions FROM pg_class WHERE oid = to_regclass(%(part)s)", part=part)
    assert options == [(["autovacuum_vacuum_cost_delay=10"],)]


def test_a_partition_can_be_made_while_its_writer_waits_for_it(pair: tuple[Dataset, Dataset]) -> None:
    visits, scope = pair[1], make_scope(make_workspace())
    ensure_dataset(visits)
    ensure_partitions(visits, date(2026, 5, 1), date(2026, 5, 1))
    with transaction(scope) as tx:
        tx.execute("SET LOCAL lock_timeout = '5s'")
        insert = f"INSERT INTO {visits.qualified} (workspace_id, at_time) VALUES (%s, %s)"
        tx.execute(insert, (scope.workspace.id, "2026-05-02"))
        ensure_partitions(visits, date(2026, 6, 1), date(2026, 6, 1))
        tx.execute(insert, (scope.workspace.id, "2026-06-02"))
    assert len(partitions_of(visits)) == 2


def test_a_span_of_centuries_is_refused(pair: tuple[Dataset, Dataset]) -> None:
    ensure_dataset(pair[1])
    with pytest.raises(BadInput, match="monthly partitions"):
        ensure_partitions(pair[1], date(1700, 1, 1), date(2026, 1, 1))


def test_keyed_tables_have_no_partitions(pair: tuple[Dataset, Dataset]) -> None:
    ensure_dataset(pair[0])
    ensure_partitions(pair[0], date(2026, 1, 1), date(2026, 1, 1))
    assert partitions_of(pair[0]) == []


def test_rows_of_another_workspace_are_neither_seen_nor_written(pair: tuple[Dataset, Dataset]) -> None:
    cases, mine, theirs = pair[0], make_scope(make_workspace()), make_scope(make_workspace())
    ensure_dataset(cases)
    insert = f"INSERT INTO {cases.qualified} (workspace_id, \"case\", began) VALUES (%s, 'x', now())"
    with transaction(mine) as tx:
        tx.execute(insert, (mine.workspace.id,))
    with transaction(theirs) as tx:
        assert tx.execute(f"SELECT count(*) FROM {cases.qualified}").fetchone() == (0,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), transaction(theirs) as tx:
        tx.execute(insert, (mine.workspace.id,))


def test_a_partition_cannot_be_read_around_the_table(pair: tuple[Dataset, Dataset]) -> None:
    visits, scope = pair[1], make_scope(make_workspace())
    ensure_dataset(visits)
    ensure_partitions(visits, date(2026, 1, 1), date(2026, 1, 1))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), transaction(scope) as tx:
        tx.execute(f"SELECT * FROM {visits.qualified}_2026_01")


def test_words_of_sql_are_fine_as_names(pair: tuple[Dataset, Dataset]) -> None:
    odd = dataclasses.replace(
        pair[1], name="order", dimensions=(Dimension("select", "Select"), Dimension("user", "User"))
    )
    ensure_dataset(odd)
    ensure_partitions(odd, date(2026, 1, 1), date(2026, 1, 1))
    with owner_transaction() as tx:
        assert f'"{odd.pack}"."order"' in table_of(odd).as_string(tx)
