"""What do requests and answers consist of, for the reference and for checking what comes in?

Answers are written as they are, without passing through these models: the tests compare the two.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from data.model import Better, DatasetKind, Family, Format, Shape
from data.types import Compare, EngineName, Grain
from services.api import examples


def example(content: Any, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The `responses` entry that shows an example."""
    return {status: {"content": {"application/json": {"example": content}}}}


class ErrorBody(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(extra="allow")
    code: str = Field(description="A fixed word for programs, like `bad_input`.")
    message: str = Field(description="A sentence for people: what was found and what is expected.")
    field: str | None = Field(None, description="The part of the input that is wrong.")


class ErrorAnswer(BaseModel):
    """The form of every error."""

    error: ErrorBody


class QueryBody(BaseModel):
    """A question; the same JSON as `manage.py query` takes. Other names are refused."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": examples.QUERY})
    metrics: list[str] = Field(description="Names of metrics, with their pack or without it where that is clear.")
    range: dict[str, Any] = Field(
        description='`{"last": "30d"}` (m, h, d), `{"from": "2026-01-01", "to": "2026-02-01"}` (`to` is not included; '
        'dates are local days), or `{"period": "this_month"}`.'
    )
    grain: Grain | None = Field(None, description="Split by time, in the workspace's own time zone.")
    by: list[str] = Field([], description="Up to two dimensions to split by.", max_length=2)
    where: dict[str, Any] | list[Any] | None = Field(
        None, description='Conditions on dimensions: `{"category": ["Noise"]}`.'
    )
    compare: Compare | None = Field(None, description="Adds `<metric>__previous` from this earlier period.")
    top: int | None = Field(None, ge=1, description="Keep so many groups; the others are pooled in one row.")
    exact: bool = Field(False, description="Exact percentiles instead of those within 1 %.")


class QueryAnswer(BaseModel):
    """The rows of an answer, and how fresh and how they were made."""

    rows: list[dict[str, Any]] = Field(
        description="One object a bucket and group: `bucket` (ISO 8601 in the workspace's zone), each dimension (null "
        "is missing), each metric (null is nothing to say), `<metric>__previous`; `__incomplete` marks the running "
        'bucket, `__kind` "other" the pooled rest.'
    )
    as_of: datetime | None = Field(description="Time of the newest row.")
    received_at: datetime | None = Field(description="When data last came in.")
    engine: EngineName
    elapsed_ms: float
    versions: dict[str, int] = Field(description="Data version of each dataset that was asked.")
    plan: dict[str, Any] = Field(description="How it was answered.")
    cannot_tell: dict[str, str] = Field(description="Metrics without an answer, with the reason.")


class CatalogueEntry(BaseModel):
    """One metric."""

    metric: str = Field(description="Name with its pack, as queries take it.")
    pack: str
    name: str
    title: str
    description: str
    shape: Shape
    unit: str
    format: Format = Field(description="Percent values are fractions, durations are hours.")
    better: Better
    target: float | None
    dataset: str | None = Field(description="Null when it is computed from other metrics.")
    family: Family
    owner: str
    decimals: int


class PackEntry(BaseModel):
    """One domain."""

    name: str
    title: str
    description: str
    datasets: list[str]
    metrics: list[str]


class DatasetEntry(BaseModel):
    """One dataset with its columns and the state of its data."""

    dataset: str
    title: str
    description: str
    kind: DatasetKind
    key: str | None
    time: str
    times: list[dict[str, Any]]
    dimensions: list[dict[str, Any]]
    measures: list[dict[str, Any]]
    durations: list[dict[str, Any]]
    actor: str | None
    place: bool
    omitted: list[str] = Field(description="Columns with personal data that this caller does not see.")
    rows: int
    version: int
    as_of: datetime | None
    received_at: datetime | None
    usual_delay_s: int


class ValueEntry(BaseModel):
    """One value of a dimension."""

    value: str | None
    rows: int | None


class TileEntry(BaseModel):
    """One metric of a dashboard."""

    metric: str
    title: str
    family: Family
    value: float | int | None
    previous: float | int | None
    change: float | None = Field(description="Relative change; for percent formats the difference of the fractions.")
    direction: Literal["up", "down", "flat"] | None
    tone: Literal["good", "bad", "neutral"] | None = Field(description="Whether the change is one for the better.")
    unit: str
    format: Format
    better: Better
    target: float | None
    on_target: bool | None
    as_of: datetime | None
    age_s: float | None = Field(description="Age of the newest row behind the metric.")
    late: bool = Field(description="Whether that is older than data of its kind usually is.")
    reason: str | None = Field(description="Why there is no value.")


class PackTiles(BaseModel):
    """The tiles of one pack."""

    pack: str
    title: str
    tiles: list[TileEntry]


class Dashboard(BaseModel):
    """The tiles of every pack of the workspace."""

    workspace: str
    days: int
    from_: datetime = Field(alias="from")
    to: datetime
    compare: Compare | None
    packs: list[PackTiles]


class RowsAnswer(BaseModel):
    """A page of rows."""

    dataset: str
    from_: datetime = Field(alias="from")
    to: datetime
    filters: list[str] = Field(description="The conditions in words.")
    columns: list[str]
    omitted: list[str] = Field(description="Columns with personal data that were left out.")
    total: int | None
    as_of: datetime | None
    rows: list[dict[str, Any]]
    next: str | None = Field(description="Give it as `after` for the next page; null on the last.")


class RejectEntry(BaseModel):
    """A row that was not taken."""

    line: int | None = Field(description="Position in a JSON array, line of NDJSON or CSV; from 1.")
    field: str
    reason: str
    found: str | None
    expected: str


class IngestAnswer(BaseModel):
    """What became of a batch: read = inserted + updated + unchanged + rejected."""

    dataset: str
    key: str = Field(description="Under which the batch was counted.")
    repeated: bool = Field(description="This batch had been taken before; nothing was written now.")
    version: int | None = Field(description="Data version after the batch.")
    read: int
    inserted: int
    updated: int
    unchanged: int
    rejected: int
    flagged: int
    seconds: float
    rejects: list[RejectEntry] = Field(description="The first 1,000 of them.")


class SpooledAnswer(BaseModel):
    """A batch that is kept on disk because the database does not answer."""

    spooled: Literal[True]
    dataset: str
    key: str = Field(description="Under which the batch will count, once.")
    read: int = Field(description="Rows that are kept. They are checked when they are written.")
    bytes: int
    message: str
    seconds: float


class ComponentEntry(BaseModel):
    """One part of the application."""

    name: str
    state: Literal["healthy", "warning", "critical", "down"]
    message: str
    seconds: float | None = None


class HealthAnswer(BaseModel):
    """The state of the whole is that of its worst part."""

    state: Literal["healthy", "warning", "critical", "down"]
    components: list[ComponentEntry]


class PieceEntry(BaseModel):
    """A piece of the past with the worst that was found in it."""

    from_: datetime = Field(alias="from")
    to: datetime
    state: Literal["healthy", "cannot tell", "warning", "critical", "down"] | None = Field(
        description="None when nobody looked."
    )


class HealthLine(BaseModel):
    """One component as it is now, and how it was."""

    name: str
    title: str
    state: Literal["healthy", "cannot tell", "warning", "critical", "down"]
    message: str
    value: float | None = Field(description="What was compared with the thresholds.")
    unit: str | None
    warning: float | None
    critical: float | None
    measured_at: datetime | None
    since: datetime | None = Field(description="From when on looks found the same; none when only just.")
    todo: str | None = Field(description="What can be done, when it needs attention.")
    past: list[PieceEntry]


class HealthBoardAnswer(BaseModel):
    """Every component, the worst first, and one sentence about all."""

    state: Literal["healthy", "cannot tell", "warning", "critical", "down"]
    sentence: str
    components: list[HealthLine]
