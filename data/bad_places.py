"""What did the import say of the places of rows that have none?"""

from __future__ import annotations

from psycopg import sql as q

from data.database import transaction
from data.engine.asks import Predicate
from data.engine.oracle import condition
from data.model import Dataset
from data.types import Scope, TimeRange


def flags_of_missing(
    scope: Scope, dataset: Dataset, at: str, range: TimeRange, predicates: tuple[Predicate, ...]
) -> dict[str, int]:
    """How many rows without a place have each flag of the import that is about their place (`place_zero` and so on)."""
    with transaction(scope) as tx:
        where = [condition(tx, dataset, one) for one in predicates]
        statement = q.SQL(
            "SELECT flag, count(*) FROM {} CROSS JOIN LATERAL unnest(quality) AS flags (flag)"
            " WHERE workspace_id = {} AND {} >= {} AND {} < {} AND nullif(cell, 0) IS NULL"
            " AND starts_with(flag, 'place_') AND {} GROUP BY flag"
        ).format(
            q.Identifier(dataset.pack, dataset.name), q.Literal(scope.workspace.id), q.Identifier(at),
            q.Literal(range.from_at), q.Identifier(at), q.Literal(range.to_at),
            q.SQL(" AND ").join([q.SQL("true"), *where]),
        )  # fmt: skip
        return dict(tx.execute(statement).fetchall())
