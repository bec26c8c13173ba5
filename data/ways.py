"""By which ways beside HTTP and files do rows come into a dataset, as its pack declares them?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subscription:
    """MQTT topics whose messages are rows of a dataset.

    `topic` is a filter in which `{name}` stands for a level that becomes a field of the row; `{workspace}` is the slug
    of the workspace, unless `workspace` says it once for all. `id` is the field that names a message; without one it is
    known by its topic and content. `mapping` names a mapping file of the pack; without one the fields have the names of
    the dataset's columns.
    """

    name: str
    topic: str
    dataset: str
    workspace: str | None = None
    id: str | None = None
    mapping: str | None = None


@dataclass(frozen=True, slots=True)
class Tracking:
    """Datasets that the event tracking calls of the API write to: what people do, and how they use what is there."""

    events: str | None = None
    engagement: str | None = None


NO_TRACKING = Tracking()


@dataclass(frozen=True, slots=True)
class Lookup:
    """A value of another table: `column` of the followed one holds the `key` of the row whose `value` is meant."""

    name: str
    column: str
    table: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Source:
    """A table of somebody else's database whose rows a keyed dataset follows, read and never written.

    `columns` says for each column of the dataset which column or lookup of the source it is; a `mapping` of the pack
    says it with rules. `database` names one of the setting `external_databases`; None is Belvedere's own. `overlap_s`
    is how far behind the watermark rows are read again, because transactions end later than they begin.
    """

    dataset: str
    table: str
    key: str
    watermark: str
    workspace: str
    columns: tuple[tuple[str, str], ...] = ()
    lookups: tuple[Lookup, ...] = ()
    mapping: str | None = None
    database: str | None = None
    overlap_s: int = 60
