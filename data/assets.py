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


def assets_of(
    scope: Scope, dataset: Dataset, by: str, line: str | None, length: str | None, texts: Sequence[str], most: int
) -> list[Asset]:
    """The things of a dataset of the active workspace by name, at most so many. Raises DatabaseDown."""
    place = ("lat", "lon") if dataset.place else (None, None)
    columns = [_column(name) for name in (by, *place, line, length, *texts)]
    statement = q.SQL("SELECT {} FROM {} WHERE workspace_id = {} AND {} IS NOT NULL ORDER BY {} LIMIT {}").format(
        q.SQL(", ").join(columns), table_of(dataset), q.Literal(scope.workspace.id), q.Identifier(by),
        q.Identifier(by), q.Literal(most),
    )  # fmt: skip
    with transaction(scope) as tx:
        rows = tx.execute(statement).fetchall()
    return [
        Asset(
            str(name), lat, lon, points or "", None if metres is None else float(metres),
            tuple("" if text is None else str(text) for text in more),
        )
        for name, lat, lon, points, metres, *more in rows
    ]  # fmt: skip


def _column(name: str | None) -> q.Composable:
    return q.Identifier(name) if name else q.SQL("NULL")


def places_of(scope: Scope, dataset: Dataset, column: str, most: int) -> list[tuple[str, float, float]]:
    """Where the rows of a dataset lie that name something in a column: (name, latitude, longitude), each once."""
    statement = q.SQL(
        "SELECT DISTINCT {name}, lat, lon FROM {table} WHERE workspace_id = {workspace}"
        " AND {name} IS NOT NULL AND cell IS NOT NULL LIMIT {most}"
    ).format(
        name=q.Identifier(column), table=table_of(dataset), workspace=q.Literal(scope.workspace.id),
        most=q.Literal(most),
    )  # fmt: skip
    with transaction(scope) as tx:
        return [(str(name), float(lat), float(lon)) for name, lat, lon in tx.execute(statement).fetchall()]
