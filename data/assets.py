"""Where do the things of a keyed dataset lie, and which lines do they follow?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql as q

from data.database import transaction
from data.model import Dataset
from data.tables import table_of
from data.types import Scope


@dataclass(frozen=True, slots=True)
class Asset:
    """One thing: its name, its place (None where it has none), the points of its line and its length in metres as its
    row has them, and the texts of the columns that were asked for."""

    name: str
    lat: float | None
    lon: float | None
    line: str
    length_m: float | None
    texts: tuple[str, ...]


def register_of(scope: Scope, dataset: Dataset, by: str, length: str | None) -> list[tuple[str, float | None]]:
    """Every thing of a dataset of the active workspace by name, with its length in metres. Raises DatabaseDown."""
    statement = q.SQL("SELECT {}, {} FROM {} WHERE workspace_id = {} AND {} IS NOT NULL ORDER BY 1").format(
        q.Identifier(by), _column(length), table_of(dataset), q.Literal(scope.workspace.id), q.Identifier(by)
    )
    with transaction(scope) as tx:
        rows = tx.execute(statement).fetchall()
    return [(str(name), None if metres is None else float(metres)) for name, metres in rows]


def assets_of(
    scope: Scope, dataset: Dataset, by: str, line: str | None, length: str | None, texts: Sequence[str],
    names: Sequence[str] | None = None,
) -> list[Asset]:  # fmt: skip
    """The things of a dataset of the active workspace by name: those with these names, or all. Raises DatabaseDown."""
    place = ("lat", "lon") if dataset.place else (None, None)
    columns = [_column(name) for name in (by, *place, line, length, *texts)]
    named = q.SQL("IS NOT NULL") if names is None else q.SQL("= ANY(%(names)s)")
    statement = q.SQL("SELECT {} FROM {} WHERE workspace_id = {} AND {} {} ORDER BY {}").format(
        q.SQL(", ").join(columns), table_of(dataset), q.Literal(scope.workspace.id), q.Identifier(by), named,
        q.Identifier(by),
    )  # fmt: skip
    with transaction(scope) as tx:
        rows = tx.execute(statement, None if names is None else {"names": list(names)}).fetchall()
    return [
        Asset(
            str(name), lat, lon, points or "", None if metres is None else float(metres),
            tuple("" if text is None else str(text) for text in more),
        )
        for name, lat, lon, points, metres, *more in rows
    ]  # fmt: skip


def _column(name: str | None) -> q.Composable:
    return q.Identifier(name) if name else q.SQL("NULL")


def places_of(
    scope: Scope, dataset: Dataset, column: str, names: Sequence[str], most: int
) -> list[tuple[str, float, float]]:
    """Where the rows of a dataset lie that name one of these things in a column: (name, latitude, longitude), each
    place once, and of each thing at most so many, the newest."""
    statement = q.SQL(
        "SELECT name, lat, lon FROM (SELECT {name} AS name, lat, lon,"
        " row_number() OVER (PARTITION BY {name} ORDER BY max({at}) DESC, lat, lon) AS place"
        " FROM {table} WHERE workspace_id = {workspace} AND {name} = ANY(%(names)s) AND cell IS NOT NULL"
        " GROUP BY {name}, lat, lon) AS places WHERE place <= {most}"
    ).format(
        name=q.Identifier(column), at=q.Identifier(dataset.time), table=table_of(dataset),
        workspace=q.Literal(scope.workspace.id), most=q.Literal(most),
    )  # fmt: skip
    with transaction(scope) as tx:
        rows = tx.execute(statement, {"names": list(names)}).fetchall()
    return [(str(name), float(lat), float(lon)) for name, lat, lon in rows]
