"""What is a domain pack made of: datasets, their columns, and metrics over them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from data.ways import NO_TRACKING, Source, Subscription, Tracking

DatasetKind = Literal["append", "keyed"]
Shape = Literal[
    "count", "sum", "average", "min", "max", "percentile", "distinct", "ratio", "rate", "balance", "age", "share",
    "difference", "pace",
]  # fmt: skip
SHAPES: tuple[Shape, ...] = get_args(Shape)
Format = Literal["integer", "decimal", "percent", "duration", "money"]
Better = Literal["higher", "lower", "neither"]
Family = Literal["business", "operational", "technical", "experience"]


@dataclass(frozen=True, slots=True)
class Dimension:
    """A text column that splits and filters; `values` is its closed list in order, or () when open; `personal` marks
    personal data whose reading is audited and which is never offered as a breakdown to viewers."""

    name: str
    title: str
    description: str = ""
    values: tuple[str, ...] = ()
    personal: bool = False
    leaderboard: bool = True


@dataclass(frozen=True, slots=True)
class Measure:
    """A number column, kept exactly with `decimals` places: numeric(18, decimals) in rows, value * 10**decimals as
    int64 in segments."""

    name: str
    title: str
    unit: str = ""
    decimals: int = 0
    minimum: float | None = None
    maximum: float | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Duration:
    """Time from one time column to another: int64 milliseconds in segments, null while either is missing or to < from.
    It is no table column: the oracle computes it. Metrics over it are in hours."""

    name: str
    title: str
    from_time: str
    to_time: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class LimitFlag:
    """A text column derived at ingest: `over` when the duration exceeds the limit for the row's value of `by` (hours),
    `within` when it does not, null while the duration is null. Also listed among the dataset's dimensions."""

    name: str
    of: str
    by: str
    limits_hours: tuple[tuple[str, float], ...]
    otherwise_hours: float
    within: str = "within"
    over: str = "breached"


@dataclass(frozen=True, slots=True)
class Band:
    """A text column derived at ingest: the name of the band that a measure or duration (in hours) lies in. `lowest`
    names each band with its least value, ascending; null while the number is, or where it is below all bands."""

    name: str
    of: str
    lowest: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A text column derived at ingest: `same` when the texts of two dimensions are equal, else `differs`; null while
    the second one, the truth, is missing. A missing text beside a truth differs from it."""

    name: str
    of: str
    truth: str
    same: str = "right"
    differs: str = "wrong"


@dataclass(frozen=True, slots=True)
class Range:
    """A text column derived at ingest: `within` when a measure lies in the range for the row's value of `by`, ends
    included, else `outside`; null while the measure is, or where the value has no range. Each range is a value with its
    lower and its upper end, None where it is open."""

    name: str
    of: str
    by: str
    ranges: tuple[tuple[str, float | None, float | None], ...]
    within: str = "within"
    outside: str = "outside"


Derived = LimitFlag | Band | Match | Range


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """A timestamptz(3) column (UTC, floored to the millisecond at ingest)."""

    name: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table of one pack. `keyed` rows change and are found by `key`; `append` rows are events.

    `time` is the primary time column; `streams` are the time columns by which segments are kept (the primary one first,
    then each that a metric uses as its `at`). `actor` is a text column (who), dictionary-coded like a dimension.
    `flags` are the text columns derived at ingest, of all four kinds. `place` says whether the rows have lat, lon
    (double precision) and cell (bigint, H3 resolution 12). `usual_delay_s` is how old the newest row usually is before
    the data counts as late. Rows older than `keep_days` are removed where no workspace says otherwise (None: never).
    """

    id: int
    pack: str
    name: str
    title: str
    kind: DatasetKind
    key: str | None
    time: str
    times: tuple[TimeColumn, ...]
    dimensions: tuple[Dimension, ...]
    measures: tuple[Measure, ...]
    durations: tuple[Duration, ...]
    flags: tuple[Derived, ...]
    actor: str | None
    place: bool
    streams: tuple[str, ...]
    usual_delay_s: int = 86_400
    description: str = ""
    keep_days: int | None = None

    @property
    def qualified(self) -> str:
        """`pack.name`, as commands and the API take it."""
        return f"{self.pack}.{self.name}"

    def stream_no(self, time: str) -> int:
        """The number under which segments of this time column are stored."""
        return self.streams.index(time)


@dataclass(frozen=True, slots=True)
class Condition:
    """One `where` line of a metric: a named comparison on a dimension (in, not_in) or on a measure or duration (over,
    under, at_least, at_most; durations in hours)."""

    column: str
    op: Literal["in", "not_in", "over", "under", "at_least", "at_most"]
    values: tuple[str | None, ...] = ()
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One definition that serves every page, rule, report and call.

    Base shapes (count, sum, average, min, max, percentile, distinct, share) name `dataset`, `at` (a time column) and,
    but for count, `of` (measure, duration; for distinct a dimension or the actor). `ratio` has numerator and
    denominator, `balance` and `difference` plus and minus, `rate`, `pace` and `age` name another metric in `of`; a pace
    is for each `each_s` seconds of the time asked about. `share` is the part of the non-null values of `of` that meets
    `limit` (a Condition). Percent formats hold fractions (0.25 is shown as 25 %).
    """

    pack: str
    name: str
    title: str
    description: str
    shape: Shape
    unit: str
    format: Format
    better: Better
    family: Family
    owner: str
    target: float | None = None
    dataset: str | None = None
    at: str | None = None
    of: str | None = None
    q: float | None = None
    where: tuple[Condition, ...] = ()
    limit: Condition | None = None
    numerator: str | None = None
    denominator: str | None = None
    plus: str | None = None
    minus: str | None = None
    exposure: str | None = None
    per: float = 1.0
    decimals: int = 1
    each_s: int = 60

    @property
    def qualified(self) -> str:
        """`pack.name`."""
        return f"{self.pack}.{self.name}"


@dataclass(frozen=True, slots=True)
class Exposure:
    """A denominator from outside the rows: an amount (people, km) for each value of one dimension."""

    name: str
    title: str
    unit: str
    dimension: str
    amounts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Course:
    """The measure `of` of a dataset that each thing of a kind has over time. `unusual` names a metric that counts its
    unusual rows; `units` are the units of the measure by the value of the entity's `peers`."""

    dataset: str
    of: str
    unusual: str | None = None
    units: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of thing or person that can be looked at one at a time.

    Rows name it in the text column `column`. `dataset` is the keyed dataset with a row for each, where there is one, in
    which it is found by the column `by`. It is compared with those of the same value of `peers`. `related` are other
    datasets whose rows have to do with it because they have the same value in a column: (dataset, column). A thing that
    is a line on the map has its points in the text column `line` and its length in the measure `length`, in metres.
    """

    name: str
    title: str
    many: str
    column: str
    dataset: str | None = None
    by: str | None = None
    peers: str | None = None
    course: Course | None = None
    related: tuple[tuple[str, str], ...] = ()
    description: str = ""
    line: str | None = None
    length: str | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    """A domain: its datasets, metrics, exposures and entities, each by its short name in file order, and how rows come
    in."""

    name: str
    title: str
    description: str
    datasets: tuple[Dataset, ...]
    metrics: tuple[Metric, ...]
    exposures: tuple[Exposure, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    sources: tuple[Source, ...] = ()
    tracking: Tracking = NO_TRACKING
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """All packs that are loaded."""

    packs: tuple[Pack, ...]

    def datasets(self) -> dict[str, Dataset]:
        """Datasets by qualified name."""
        return {d.qualified: d for p in self.packs for d in p.datasets}

    def metrics(self) -> dict[str, Metric]:
        """Metrics by qualified name."""
        return {m.qualified: m for p in self.packs for m in p.metrics}

    def pack(self, name: str) -> Pack:
        """The pack of that name; KeyError when there is none."""
        return next(p for p in self.packs if p.name == name)
