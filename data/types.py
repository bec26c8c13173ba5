"""What do a viewer, a question and an answer look like, whichever layer holds them?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Role = Literal["viewer", "analyst", "manager", "operator", "administrator"]
ROLES: tuple[Role, ...] = ("viewer", "analyst", "manager", "operator", "administrator")
Grain = Literal["minute", "hour", "day", "week", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = ("minute", "hour", "day", "week", "month", "quarter", "year")
Compare = Literal["previous", "weekday", "year"]
COMPARES: tuple[Compare, ...] = ("previous", "weekday", "year")
EngineName = Literal["segments", "sql"]
WorkspaceKind = Literal["organisation", "municipality", "department"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """One isolated tenant: an organisation, municipality or department with its own time zone."""

    id: int
    slug: str
    name: str
    kind: WorkspaceKind
    parent_id: int | None
    timezone: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks, and which workspaces may be seen; there is no way to read without one.

    `workspace` is the active one (its zone buckets time); `workspace_ids` are all that row-level security lets through.
    `session_id` is the hash of the session's secret in hex, never the secret. `abilities` narrows what the role may do
    (an API token); None is all of it.
    """

    account_id: int | None
    account: str
    role: Role
    workspace: Workspace
    workspace_ids: tuple[int, ...]
    via: Literal["session", "token", "command", "worker"] = "session"
    session_id: str = ""
    abilities: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A half-open range [from_at, to_at) of UTC instants."""

    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a dimension; None among the values means "missing".

    `in` and `not_in` compare whole values, `contains` compares a part without regard to case. `inside` is for `place`
    alone: its one value is `[west, south, east, north]` or a GeoJSON polygon as text.
    """

    dimension: str
    op: Literal["in", "not_in", "contains", "inside"]
    values: tuple[str | None, ...]

    def sentence(self) -> str:
        """The condition as people read it: `category is Noise or Water`."""
        if self.op == "inside":
            return "place is inside the chosen area"
        shown = " or ".join("missing" if v is None else v for v in self.values)
        verb = {"in": "is", "not_in": "is not", "contains": "contains"}[self.op]
        return f"{self.dimension} {verb} {shown}"


@dataclass(frozen=True, slots=True)
class Order:
    """Rows by a column, the smallest or the largest value first; as text `cost` or `-cost`."""

    column: str
    is_ascending: bool = True

    def __str__(self) -> str:
        return self.column if self.is_ascending else f"-{self.column}"

    @classmethod
    def read(cls, text: str | None) -> Order | None:
        """The order of a text; none of an empty one."""
        return cls(text.removeprefix("-"), not text.startswith("-")) if text else None


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One question: metrics over a range, split by time (`grain`) and up to two dimensions (`by`).

    Metrics are qualified names (`grievance.complaints_opened`). `top` keeps the N largest groups by the first metric
    over the whole range and pools the rest into one row marked `"__kind": "other"`; `exact` asks for exact percentiles.
    """

    metrics: tuple[str, ...]
    range: TimeRange
    grain: Grain | None = None
    by: tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    compare: Compare | None = None
    top: int | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class MetricResult:
    """The answer to one MetricQuery.

    `rows`: one dict a bucket and group, ordered by bucket, then by the first metric descending. Keys: `bucket` (ISO
    8601 in the workspace's zone; only with a grain), each dimension (str, or None for missing), each metric as it was
    asked for (int, float or None where there is nothing to say), `<metric>__previous` when compared, `__incomplete`
    True on the bucket that `now` falls in, `__kind` "other" and `__members` (how many groups) on the pooled row. With a
    grain and no `by`, every bucket of the range is there. `cannot_tell` maps a metric that has no answer to the reason.
    `as_of` is the time of the newest row (not in the future) of the datasets asked, `received_at` the last commit;
    `versions` the data versions by dataset, `plan` a readable description of how it was answered.
    """

    rows: list[dict[str, Any]]
    as_of: datetime | None
    received_at: datetime | None
    engine: EngineName
    elapsed_ms: float
    versions: dict[str, int] = field(default_factory=dict)
    plan: dict[str, Any] = field(default_factory=dict)
    cannot_tell: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CannotTell:
    """An analysis that has no honest answer, with the reason as a sentence."""

    reason: str
