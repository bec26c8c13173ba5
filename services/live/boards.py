"""Which tiles, breakdowns and event stream does a pack offer on the Live page?"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

from data.model import Dataset, Dimension, Family, Metric, Model, Pack
from data.types import Filter

FAMILY_TITLES: dict[Family, str] = {
    "business": "Business", "operational": "Operations", "experience": "Experience", "technical": "Data",
}  # fmt: skip
OVERVIEW = "overview"
_HEADLINES: dict[Family, int] = {"business": 4, "operational": 4, "experience": 2, "technical": 0}
STREAM_COLUMNS = 5
_KEEPS_COMING_S = 7200


@dataclass(frozen=True, slots=True)
class Board:
    """What one pack can show: its metrics by family."""

    pack: Pack
    families: tuple[tuple[Family, tuple[Metric, ...]], ...]

    def metrics(self) -> tuple[Metric, ...]:
        """All metrics in the order of their tiles."""
        return tuple(m for _, members in self.families for m in members)

    def family(self, name: str) -> tuple[Metric, ...]:
        """The metrics of one family; for any other name the overview, a few of each."""
        chosen = next((members for family, members in self.families if family == name), None)
        return chosen or tuple(m for family, members in self.families for m in _headlines(members, _HEADLINES[family]))

    def events(self, known: Container[str]) -> Dataset:
        """The dataset whose newest rows are shown, among those with rows: the first of events that keep coming,
        else the first of events, else the first."""
        filled = [d for d in self.pack.datasets if d.qualified in known] or list(self.pack.datasets)
        events = [d for d in filled if d.kind == "append"]
        return next((d for d in events if d.usual_delay_s <= _KEEPS_COMING_S), next(iter(events), filled[0]))

    def metric(self, name: str) -> Metric:
        """The metric of that qualified or bare name, or the first one when there is no such."""
        everything = self.metrics()
        return next((m for m in everything if name in (m.qualified, m.name)), everything[0])


def boards(model: Model, filled: Container[str]) -> tuple[Board, ...]:
    """The boards of the model's packs, each with the metrics whose datasets are among the `filled` (qualified names).

    A metric over a dataset without any rows would show a zero that means nothing.
    """
    found = (_board(pack, filled) for pack in model.packs)
    return tuple(board for board in found if board.families)


def _board(pack: Pack, filled: Container[str]) -> Board:
    known = [m for m in pack.metrics if all(d.qualified in filled for d in datasets_of(pack, m))]
    by_family = {f: tuple(m for m in known if m.family == f) for f in FAMILY_TITLES}
    return Board(pack, tuple((family, members) for family, members in by_family.items() if members))


def _headlines(members: tuple[Metric, ...], most: int) -> tuple[Metric, ...]:
    """The most telling metrics: one of each shape, those with a target first, so that an overview is not all counts."""
    by_target = sorted(members, key=lambda m: m.target is None)
    firsts = {m.shape: m for m in reversed(by_target)}
    ranked = sorted(by_target, key=lambda m: firsts[m.shape] is not m)
    chosen = {m.name for m in ranked[:most]}
    return tuple(m for m in members if m.name in chosen)


def datasets_of(pack: Pack, metric: Metric) -> tuple[Dataset, ...]:
    """The datasets whose rows a metric counts, through ratios, balances, rates and ages, without repeats."""
    if metric.dataset:
        return tuple(d for d in pack.datasets if metric.dataset in (d.name, d.qualified))
    parts = (metric.numerator, metric.denominator, metric.plus, metric.minus, metric.of)
    found: dict[str, Dataset] = {}
    for part in parts:
        for dataset in datasets_of(pack, _part(pack, part)) if part else ():
            found[dataset.name] = dataset
    return tuple(found.values())


def _part(pack: Pack, name: str) -> Metric:
    return next(m for m in pack.metrics if name in (m.name, m.qualified))


def dimensions_of(pack: Pack, metric: Metric) -> tuple[Dimension, ...]:
    """The dimensions by which a metric can be split and filtered: those of all its datasets that are not personal."""
    sources = datasets_of(pack, metric)
    names = [{d.name for d in source.dimensions} for source in sources]
    shared = set.intersection(*names) if names else set()
    return tuple(d for d in sources[0].dimensions if d.name in shared and not d.personal) if sources else ()


def leaderboards_of(pack: Pack, metric: Metric) -> tuple[Dimension, ...]:
    """The dimensions of a metric that get a leaderboard."""
    return tuple(d for d in dimensions_of(pack, metric) if d.leaderboard)


def takes(pack: Pack, metric: Metric, where: tuple[Filter, ...]) -> bool:
    """Whether every filter is on a dimension that the metric has."""
    names = {d.name for d in dimensions_of(pack, metric)}
    return all(f.dimension in names for f in where)


def filterable(board: Board) -> tuple[tuple[str, Dimension], ...]:
    """Every dimension that any metric of the board can be filtered by, with the dataset its values are read from."""
    found: dict[str, tuple[str, Dimension]] = {}
    used = {d.name for m in board.metrics() for d in datasets_of(board.pack, m)}
    for dataset in (d for d in board.pack.datasets if d.name in used):
        for dimension in dataset.dimensions:
            if dimension.leaderboard and not dimension.personal:
                found.setdefault(dimension.name, (dataset.qualified, dimension))
    return tuple(found.values())


def title_of(board: Board, dimension: str) -> str:
    """What a dimension is called."""
    found = (d.title for source in board.pack.datasets for d in source.dimensions if d.name == dimension)
    return next(found, dimension.replace("_", " ").capitalize())


def sentence_of(board: Board, condition: Filter) -> str:
    """A filter as people read it, with the dimension's title: `Service level is breached`."""
    return replace(condition, dimension=title_of(board, condition.dimension)).sentence()


def rows_source(pack: Pack, metric: Metric) -> tuple[Dataset, str, tuple[Filter, ...]]:
    """The dataset, time column and filters that list the rows behind a metric.

    A ratio lists its denominator, a balance what it adds, a rate or age what it measures. Only conditions on dimensions
    become filters; limits on measures and durations do not narrow the list.
    """
    part = metric.denominator or metric.plus or (None if metric.dataset else metric.of)
    if part:
        return rows_source(pack, _part(pack, part))
    dataset = datasets_of(pack, metric)[0]
    names = {d.name for d in dataset.dimensions}
    where = tuple(
        Filter(c.column, c.op, c.values) for c in metric.where if c.column in names and c.op in ("in", "not_in")
    )
    return dataset, metric.at or dataset.time, where


def stream_columns(dataset: Dataset) -> tuple[tuple[str, str], ...]:
    """The columns of the event stream as (name, title): the time, then the first that tell rows apart."""
    time = next(t for t in dataset.times if t.name == dataset.time)
    dimensions = [d for d in dataset.dimensions if not d.personal][: STREAM_COLUMNS - 1]
    return ((time.name, time.title), *((d.name, d.title) for d in dimensions))
