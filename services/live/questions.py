"""Which questions, answered in one pass, hold every number of the Live page?"""

from __future__ import annotations

from dataclasses import dataclass

from data.model import Dimension, Metric
from data.types import Filter, MetricQuery
from services.live.boards import Board, leaderboards_of, takes
from services.live.choices import Choice

TOP = 7


@dataclass(frozen=True, slots=True)
class Questions:
    """The queries of a page and what each is for: `queries` is totals, sparklines, main series, then one a dimension.

    `shown` are the metrics of the tiles that can be asked under the filters; `left_out` those that cannot. `counts`
    count the rows themselves, asked with the totals: they tell whether the range holds any.
    """

    queries: tuple[MetricQuery, ...]
    main: Metric
    shown: tuple[Metric, ...]
    left_out: tuple[Metric, ...]
    dimensions: tuple[Dimension, ...]
    counts: tuple[Metric, ...] = ()


def questions(board: Board, choice: Choice, family: str) -> Questions:
    """The questions behind the tiles of one family, the main series and its leaderboards.

    A leaderboard is asked without the filter on its own dimension, so that its other values can be seen and picked.
    """
    tiles = board.family(family)
    shown = tuple(m for m in tiles if takes(board.pack, m, choice.where))
    left_out = tuple(m for m in tiles if m not in shown)
    main = board.metric(choice.metric)
    names = tuple(m.qualified for m in shown)
    counts = tuple(m for m in board.metrics() if m.shape == "count" and not m.where)
    counts = tuple(m for m in counts if takes(board.pack, m, choice.where))
    queries: list[MetricQuery] = []
    if shown:
        totals = tuple(dict.fromkeys((*names, *(m.qualified for m in counts))))
        queries.append(MetricQuery(totals, choice.range, where=choice.where, compare=choice.compare))
        queries.append(MetricQuery(names, choice.range, grain=choice.grain, where=choice.where))
    dimensions: tuple[Dimension, ...] = ()
    if takes(board.pack, main, choice.where):
        asked = (main.qualified,)
        queries.append(MetricQuery(asked, choice.range, grain=choice.grain, where=choice.where, compare=choice.compare))
        dimensions = leaderboards_of(board.pack, main)
        for dimension in dimensions:
            where = _without(choice.where, dimension.name)
            queries.append(MetricQuery(asked, choice.range, by=(dimension.name,), where=where, top=TOP))
    return Questions(tuple(queries), main, shown, left_out, dimensions, counts)


def _without(where: tuple[Filter, ...], dimension: str) -> tuple[Filter, ...]:
    return tuple(f for f in where if f.dimension != dimension)
