"""Which tables and partitions does a dataset have, and how are they made from its definition?

Rows are the truth: raw rows live here, everything else is rebuilt from them. Append tables are partitioned by month; no
table carries an index beside its primary key and a BRIN on time, because each further one slows COPY several times.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

from psycopg import sql as q
from psycopg.types.json import Jsonb

from data.database import APP_ROLE, Transaction, database_url, owner_transaction
from data.errors import BadInput
from data.model import Dataset
from data.statements import sql

WRITER_ROLE = "belvedere_writer"
MOST_MONTHS = 2400
_VACUUM_PAUSE_MS = 10
"""Vacuum writes every page that was added again, and to the log: at its usual pace of 2 ms writers wait for it."""
_known_months: dict[tuple[str, str, date], bool] = {}  # whether rows can be copied straight into the partition
_known_lock = threading.Lock()


def column_types(dataset: Dataset) -> dict[str, str]:
    """Type of every column of the dataset's table, in the table's order."""
    types = {"workspace_id": "integer"}
    types |= {dataset.key: "text"} if dataset.key else {"id": "bigint"}
    types |= {time.name: "timestamp(3) with time zone" for time in dataset.times}
    types |= {dimension.name: "text" for dimension in dataset.dimensions}
    types |= {dataset.actor: "text"} if dataset.actor else {}
    types |= {measure.name: f"numeric(18,{measure.decimals})" for measure in dataset.measures}
    if dataset.place:
        types |= {"lat": "double precision", "lon": "double precision", "cell": "bigint"}
    return types | {"quality": "text[]", "received_at": "timestamp(3) with time zone"}


def column_names(dataset: Dataset) -> tuple[str, ...]:
    """The columns a batch fills, in the table's order: all but workspace_id, id and received_at."""
    return tuple(name for name in column_types(dataset) if name not in ("workspace_id", "id", "received_at"))


def table_of(dataset: Dataset) -> q.Identifier:
    """The dataset's table, quoted."""
    return q.Identifier(dataset.pack, dataset.name)


def _quoted(dataset: Dataset) -> str:
    return f'"{dataset.pack}"."{dataset.name}"'


def register_dataset(pack: str, name: str, definition: dict[str, Any]) -> int:
    """Record the definition of a dataset; returns its id, which stays the same."""
    with owner_transaction() as tx:
        values = {"pack": pack, "name": name, "definition": Jsonb(definition)}
        row = tx.execute(sql("register_dataset"), values).fetchone()
    assert row is not None
    return int(row[0])


def registered_datasets() -> dict[tuple[str, str], tuple[int, dict[str, Any]]]:
    """(id, definition) of every registered dataset, by (pack, name)."""
    with owner_transaction() as tx:
        return {(pack, name): (id, found) for pack, name, id, found in tx.execute(sql("registered_datasets"))}


def ensure_dataset(dataset: Dataset) -> None:
    """Make the dataset's schema and table, or add the columns its table lacks; does nothing the second time.

    Raises BadInput when a column is there with another type: its stored values would mean something else.
    """
    with owner_transaction() as tx:
        tx.execute(sql("lock_definitions"))
        found = dict(tx.execute(sql("table_columns"), {"table": _quoted(dataset)}).fetchall())
        if not found:
            _create(tx, dataset)
            _forget_months(dataset)
        else:
            _add_columns(tx, dataset, found)
        if dataset.kind == "append":
            _open_to_writer(tx, dataset)


def _create(tx: Transaction, dataset: Dataset) -> None:
    schema, role = q.Identifier(dataset.pack), q.Identifier(APP_ROLE)
    tx.execute(q.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
    tx.execute(q.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
    if dataset.kind == "append":
        tx.execute(q.SQL("CREATE SEQUENCE IF NOT EXISTS {}").format(_sequence(dataset)))
        tx.execute(q.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(_sequence(dataset), role))
    tx.execute(_create_table(dataset))
    if dataset.kind == "append":
        tx.execute(q.SQL("ALTER SEQUENCE {} OWNED BY {}.id").format(_sequence(dataset), table_of(dataset)))
    brin = q.SQL("CREATE INDEX ON {} USING brin ({}) WITH (autosummarize = on)")
    tx.execute(brin.format(table_of(dataset), q.Identifier(dataset.time)))
    tx.execute(q.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table_of(dataset)))
    tx.execute(_policy(dataset))
    grant = q.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}")
    tx.execute(grant.format(table_of(dataset), role))


def _open_to_writer(tx: Transaction, dataset: Dataset) -> None:
    """Let the writer's role copy rows into all partitions; those made by older versions are brought up to it."""
    if not _has_writer(tx):
        return
    schema, role = q.Identifier(dataset.pack), q.Identifier(WRITER_ROLE)
    tx.execute(q.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
    for name, is_open in _partitions(tx, dataset).items():
        if not is_open:
            _open_partition(tx, dataset, q.Identifier(dataset.pack, name))


def _has_writer(tx: Transaction) -> bool:
    return tx.execute(sql("has_writer"), {"role": WRITER_ROLE}).fetchone() == (True,)


def _open_partition(tx: Transaction, dataset: Dataset, part: q.Identifier) -> None:
    """Policies of the table do not cover a partition that is named itself, and COPY is not allowed where they do.

    So the writer may give every column but the workspace, which is the active one of the transaction.
    """
    active = "split_part(current_setting('belvedere.workspaces'), ',', 1)::int"
    columns = q.SQL(", ").join(map(q.Identifier, _copied(dataset)))
    tx.execute(q.SQL("ALTER TABLE {} ALTER workspace_id SET DEFAULT " + active).format(part))
    tx.execute(q.SQL("GRANT INSERT ({}) ON {} TO {}").format(columns, part, q.Identifier(WRITER_ROLE)))


def _copied(dataset: Dataset) -> list[str]:
    return ["id", *column_names(dataset)]


def _partitions(tx: Transaction, dataset: Dataset) -> dict[str, bool]:
    """Names of the partitions, and whether the writer may fill all columns of each."""
    values = {"table": _quoted(dataset), "role": WRITER_ROLE, "columns": _copied(dataset)}
    return dict(tx.execute(sql("table_partitions"), values).fetchall())


def _sequence(dataset: Dataset) -> q.Identifier:
    return q.Identifier(dataset.pack, f"{dataset.name}_id")


def sequence_name(dataset: Dataset) -> str:
    """The sequence behind the ids of an append dataset, as text."""
    return f'"{dataset.pack}"."{dataset.name}_id"'


def _policy(dataset: Dataset) -> q.Composed:
    visible = q.SQL("workspace_id = ANY ((SELECT belvedere.visible_workspaces())::int[])")
    return q.SQL("CREATE POLICY of_workspace ON {} TO {} USING ({}) WITH CHECK ({})").format(
        table_of(dataset), q.Identifier(APP_ROLE), visible, visible
    )


def _create_table(dataset: Dataset) -> q.Composed:
    columns = [_column(dataset, name, kind) for name, kind in column_types(dataset).items()]
    key = [dataset.key] if dataset.key else [dataset.time, "id"]
    primary = q.SQL(", ").join(q.Identifier(name) for name in ["workspace_id", *key])
    columns.append(q.SQL("PRIMARY KEY ({})").format(primary))
    body = q.SQL("CREATE TABLE {} ({})").format(table_of(dataset), q.SQL(", ").join(columns))
    if dataset.kind == "append":
        body += q.SQL(" PARTITION BY RANGE ({})").format(q.Identifier(dataset.time))
    return body


def _column(dataset: Dataset, name: str, kind: str) -> q.Composed:
    column = q.Identifier(name) + q.SQL(" ") + q.SQL(kind)  # from column_types, no input
    if name == "received_at":
        column += q.SQL(" NOT NULL DEFAULT now()")
    elif name == "id":
        sequence = q.Literal(sequence_name(dataset))
        column += q.SQL(" NOT NULL DEFAULT nextval({}::regclass)").format(sequence)
    elif name in ("workspace_id", dataset.key, dataset.time):
        column += q.SQL(" NOT NULL")
    return column


def _add_columns(tx: Transaction, dataset: Dataset, found: dict[str, str]) -> None:
    for name, kind in column_types(dataset).items():
        if name not in found:
            if name in ("workspace_id", "id", dataset.key, dataset.time):
                raise BadInput(f"Table {dataset.qualified} lacks `{name}`: a key or primary time cannot be added.")
            add = q.SQL("ALTER TABLE {} ADD COLUMN {}").format(table_of(dataset), _column(dataset, name, kind))
            tx.execute(add)
        elif found[name] != kind:
            raise BadInput(
                f"Column `{name}` of {dataset.qualified}: found type {found[name]} in the database, expected {kind}. "
                "Give the changed column a new name, or move the rows first."
            )


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    number = first.year * 12 + first.month - 1
    end = last.year * 12 + last.month - 1
    if end - number >= MOST_MONTHS:
        raise BadInput(f"Times from {first} to {last} would need {end - number + 1} monthly partitions.")
    for month in range(number, end + 1):
        yield date(month // 12, month % 12 + 1, 1), date((month + 1) // 12, (month + 1) % 12 + 1, 1)


def ensure_partitions(dataset: Dataset, first: date, last: date) -> None:
    """Make the monthly partitions (UTC) for rows from `first` to `last`, both included. Keyed datasets have none.

    Runs in a transaction of its own. It attaches instead of creating in place: that lock lets other writers and this
    caller's own open transaction go on, where CREATE TABLE ... PARTITION OF would wait for both.
    """
    if dataset.kind == "keyed":
        return
    months = dict(_months(first, last))
    with _known_lock:
        missing = [m for m in months if (database_url(), dataset.qualified, m) not in _known_months]
    if not missing:
        return
    with owner_transaction() as tx:
        tx.execute(sql("lock_definitions"))
        has_writer, there = _has_writer(tx), _partitions(tx, dataset)
        found = {m: there.get(_partition_name(dataset, m)) for m in missing}
        for month, is_open in found.items():
            if is_open is None:
                _attach(tx, dataset, month, months[month], has_writer)
    with _known_lock:
        for month, is_open in found.items():
            _known_months[database_url(), dataset.qualified, month] = has_writer if is_open is None else is_open


def open_partition(dataset: Dataset, month: date) -> q.Identifier | None:
    """The partition of a month (its first day), if rows can be copied straight into it as WRITER_ROLE.

    `ensure_partitions` has been called for the month.
    """
    with _known_lock:
        is_open = _known_months.get((database_url(), dataset.qualified, month), False)
    return partition_of(dataset, month) if is_open else None


def partition_of(dataset: Dataset, month: date) -> q.Identifier:
    """The partition of a UTC month (its first day), quoted; it is there once rows of the month were written."""
    return q.Identifier(dataset.pack, _partition_name(dataset, month))


def _partition_name(dataset: Dataset, month: date) -> str:
    return f"{dataset.name}_{month:%Y_%m}"


def _attach(tx: Transaction, dataset: Dataset, start: date, end: date, has_writer: bool) -> None:
    parent, part = table_of(dataset), partition_of(dataset, start)
    make = "CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING STORAGE) WITH (autovacuum_vacuum_cost_delay = {})"
    tx.execute(q.SQL(make).format(part, parent, q.Literal(_VACUUM_PAUSE_MS)))
    if has_writer:
        _open_partition(tx, dataset, part)
    bounds = [q.Literal(f"{day.isoformat()} 00:00:00+00") for day in (start, end)]
    tx.execute(q.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(parent, part, *bounds))


def _forget_months(dataset: Dataset) -> None:
    with _known_lock:
        for key in [k for k in _known_months if k[:2] == (database_url(), dataset.qualified)]:
            del _known_months[key]


def add_pack(tx: Transaction, workspace_id: int, pack: str) -> None:
    """The workspace uses the pack from now on."""
    tx.execute(sql("enable_pack"), {"workspace": workspace_id, "pack": pack})


def pack_names(tx: Transaction, workspace_id: int) -> tuple[str, ...]:
    """Names of the packs that the workspace was given or has rows of."""
    return tuple(name for (name,) in tx.execute(sql("packs_of_workspace"), {"workspace": workspace_id}))
