"""Which rows are behind a number, and what is said above them?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from data.database import transaction
from data.model import Dataset
from data.orders import MOST_SORTED
from data.types import Filter, Order, Scope, TimeRange
from services import exports, metrics, people
from services.formats import plural, span
from services.live.boards import Board, rows_source, sentence_of
from services.live.choices import Choice
from services.queries import resolve_range

PAGE_ROWS = 50
DOWNLOAD = "/api/v1/rows/download"
_LAST = ("quality", "received_at")


@dataclass(frozen=True, slots=True)
class Drill:
    """A list of rows: of which dataset, by which time, in which range and under which filters.

    `areas` name the boundaries of its filter by place, where it has some, for addresses that must not be long.
    """

    title: str
    dataset: Dataset
    at: str
    range: TimeRange
    where: tuple[Filter, ...]
    sentence: str
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of rows: `columns` are (name, title), times local without a zone; `hidden` are columns not allowed.
    `can_sort` says whether they are few enough to be put in another order."""

    columns: tuple[tuple[str, str], ...]
    lines: list[dict[str, Any]]
    total: int
    next: str | None
    hidden: tuple[str, ...]
    can_sort: bool


def drill(
    board: Board, choice: Choice, metric: str, bucket: tuple[str, str] | None, scope: Scope,
    place: tuple[Filter, ...] = (), areas: tuple[str, ...] = (),
) -> Drill:  # fmt: skip
    """The rows behind a metric under the page's filters, in its range or in one bucket of it (local start and end), and
    in the part of the map that filters by hexagon or `place` mean."""
    found = board.metric(metric)
    dataset, at, own = rows_source(board.pack, found)
    shown = choice.range
    if bucket:
        shown = resolve_range({"from": bucket[0], "to": bucket[1]}, scope.workspace.timezone, choice.range.to_at)
    names = {d.name for d in dataset.dimensions}
    where = (*own, *(f for f in choice.where if f.dimension in names and f not in own), *place)
    time = next(t.title for t in dataset.times if t.name == at)
    days = span(shown.from_at, shown.to_at, scope.workspace.timezone)
    conditions = "".join(f", {_said(board, f)}" for f in where)
    sentence = f"{dataset.title}, {time.lower()} {days}{conditions}"
    return Drill(f"Rows behind: {found.title}", dataset, at, shown, where, sentence, areas)


def _said(board: Board, found: Filter) -> str:
    if not found.dimension.startswith("cell:"):
        return sentence_of(board, found)
    if None in found.values:
        return "place is missing"
    return f"place is in {plural(len(found.values), 'chosen hexagon')}"


def order_said(dataset: Dataset, order: Order) -> str:
    """An order in words: `Cost, largest first`."""
    numbers = {m.name for m in dataset.measures} | {"id", "lat", "lon"}
    times = {t.name for t in dataset.times} | {"received_at"}
    ways = ("smallest first", "largest first") if order.column in numbers else ("A to Z", "Z to A")
    ways = ("earliest first", "latest first") if order.column in times else ways
    return f"{title_of(dataset, order.column)}, {ways[0] if order.is_ascending else ways[1]}"


def turned(order: Order | None, column: str) -> Order | None:
    """The order after a click on the head of a column: upwards, then downwards, then the newest first again."""
    if order is None or order.column != column:
        return Order(column)
    return Order(column, False) if order.is_ascending else None


def read(scope: Scope, wanted: Drill, after: str | None, order: Order | None = None, limit: int = PAGE_ROWS) -> Rows:
    """A page of the rows, newest first without another order; personal columns only for those who may see them, and
    then audited."""
    people.require(scope, "rows")
    exports.require_visible(scope, wanted.dataset, {f.dimension for f in wanted.where}, order)
    page = metrics.rows(scope, wanted.dataset.qualified, wanted.range, wanted.where, limit, after, wanted.at, order)
    hidden = exports.hidden_columns(scope, wanted.dataset)
    if not hidden and page.rows and exports.personal_columns(wanted.dataset):
        with transaction(scope) as tx:
            people.record(tx, scope, "read_personal", wanted.dataset.qualified, {"rows": len(page.rows)})
    names = [c for c in page.columns if c not in hidden and c not in _LAST]
    names += [c for c in page.columns if c in _LAST]
    zone = ZoneInfo(scope.workspace.timezone)
    lines = [
        {n: _plain(value, zone) for n, value in zip(page.columns, row, strict=True) if n in names} for row in page.rows
    ]
    return Rows(
        tuple((n, title_of(wanted.dataset, n)) for n in names), lines, page.total, page.next,
        tuple(sorted(title_of(wanted.dataset, n) for n in hidden)), page.total <= MOST_SORTED,
    )  # fmt: skip


def titles_of(dataset: Dataset) -> dict[str, str]:
    """What each column is called, by its name."""
    titles = {c.name: c.title for c in dataset.times} | {c.name: c.title for c in dataset.dimensions}
    titles |= {c.name: c.title for c in dataset.measures}
    return titles | {"lat": "Latitude", "lon": "Longitude", "received_at": "Received"}


def title_of(dataset: Dataset, column: str) -> str:
    """What a column is called."""
    return titles_of(dataset).get(column, column.replace("_", " ").capitalize())


def _plain(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None)
    return ", ".join(value) if isinstance(value, list) else value


def download_address(scope: Scope, wanted: Drill, order: Order | None = None) -> str:
    """The address that streams all these rows as CSV, oldest first without another order."""
    where: dict[str, Any] = {}
    for found in wanted.where:
        named = wanted.areas if found.op == "inside" else ()
        condition, other = {"inside": list(named)} if named else _condition(found), where.get(found.dimension)
        is_both = isinstance(condition, list) and isinstance(other, list)
        where[found.dimension] = [v for v in other or [] if v in condition] if is_both else condition
    return f"{DOWNLOAD}?" + urlencode(
        {
            "dataset": wanted.dataset.qualified, "at": wanted.at, "from": wanted.range.from_at.isoformat(),
            "to": wanted.range.to_at.isoformat(), "where": json.dumps(where), "format": "csv",
            "workspace": scope.workspace.slug,
        } | ({"sort": str(order)} if order else {})
    )  # fmt: skip


def _condition(found: Filter) -> list[str | None] | dict[str, Any]:
    if found.op == "in":
        return list(found.values)
    if found.op == "inside":
        return {"inside": json.loads(str(found.values[0]))}
    return {"not" if found.op == "not_in" else "contains": list(found.values)}
