"""Which fields say how rows come into a dataset by MQTT or from an existing table, and what do they describe?"""

from __future__ import annotations

from data.ways import Lookup, Source, Subscription, Tracking
from services.model.forms import Block, Field
from services.model.reading import Form

OVERLAP_S = 60

SUBSCRIPTION = Block(
    "subscription",
    "MQTT topics whose messages are rows of a dataset: a JSON object, or a list of them, in each message.",
    (
        Field(
            "topic",
            "text",
            "Topic filter. A level `{name}` becomes that field of the row, `{workspace}` says the workspace; `+` and "
            "`#` as in MQTT.",
            required=True,
        ),
        Field("dataset", "name", "Dataset of the pack that gets the rows.", required=True),
        Field("workspace", "text", "Workspace of all rows, where the topic does not say it."),
        Field("id", "name", "Field that names a message; without one it is known by its topic and content."),
        Field("mapping", "name", "Mapping file of the pack by which rows are read; without one by column names."),
    ),
)
TRACKING = Block(
    "tracking",
    "Datasets of events to which the API's tracking calls write.",
    (
        Field("events", "name", "Dataset that gets what is sent to `/api/v1/events`."),
        Field("engagement", "name", "Dataset that gets what is sent to `/api/v1/engagement`."),
    ),
)
LOOKUP = Block(
    "lookup",
    "A value that stands in another table of the same database.",
    (
        Field("from", "text", "Column of the followed table that holds the key.", required=True),
        Field("table", "text", "The other table, with its schema where that is not `public`.", required=True),
        Field("key", "text", "Column of the other table that is looked up; `id` unless said."),
        Field("value", "text", "Column of the other table that is wanted.", required=True),
    ),
)
SOURCE = Block(
    "source",
    "An existing table that an external dataset follows. It is read in read-only transactions and never written.",
    (
        Field("table", "text", "Table or view, with its schema where that is not `public`.", required=True),
        Field("key", "text", "Column that finds a row; `id` unless said."),
        Field("watermark", "text", "Column that grows when a row is added or changed: `updated_at`.", required=True),
        Field("workspace", "text", "Workspace that gets the rows.", required=True),
        Field("database", "name", "Name in the setting `external_databases`; Belvedere's own database unless said."),
        Field("columns", "texts", "For each column of the dataset, the column or lookup it is read from."),
        Field("lookups", "blocks", "Values from other tables, by a name of your choice.", inner=LOOKUP),
        Field("mapping", "name", "Mapping file of the pack with rules, in place of `columns`."),
        Field("overlap", "span", "How far behind the watermark rows are read again; `60s` unless said."),
    ),
)


def build_subscription(name: str, form: Form) -> Subscription:
    """The subscription of a well-formed node."""
    maybe = {field: form.maybe(field) for field in ("workspace", "id", "mapping")}
    return Subscription(name, form.text("topic"), form.text("dataset"), **maybe)


def build_tracking(form: Form | None) -> Tracking:
    """The tracking of a well-formed node, or none."""
    return Tracking(form.maybe("events"), form.maybe("engagement")) if form else Tracking()


def build_source(dataset: str, form: Form) -> Source:
    """The source of a well-formed node."""
    lookups = tuple(
        Lookup(name, inner.text("from"), inner.text("table"), inner.text("key", "id"), inner.text("value"))
        for name, inner in form.forms("lookups").items()
    )
    return Source(
        dataset, form.text("table"), form.text("key", "id"), form.text("watermark"), form.text("workspace"),
        tuple(form.texts("columns").items()), lookups, form.maybe("mapping"), form.maybe("database"),
        form.span("overlap", OVERLAP_S),
    )  # fmt: skip
