"""Which fields may a pack's YAML have, and what does each mean?

The only list of them: reading, messages and docs/reference/grammar.md all come from here. There are no evaluated
expressions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from data.model import SHAPES, Better, DatasetKind, Family, Format, Shape
from services.model.forms import Block, Field
from services.model.ways import LOOKUP, SOURCE, SUBSCRIPTION, TRACKING


def _title(what: str) -> tuple[Field, ...]:
    return (
        Field("title", "text", f"{what} as people read it; sentence case.", required=True),
        Field("description", "text", "One or two sentences for the data dictionary."),
    )


TIME = Block("time", "A time column. A bare text is its title.", _title("The time"), short="title")
DIMENSION = Block(
    "dimension",
    "A text column. A bare text is its title.",
    (
        *_title("The dimension"),
        Field("values", "names", "The closed list of values in order, or nothing when any text may come."),
        Field("personal", "flag", "Personal data: reading is audited, and viewers are not offered it as a breakdown."),
        Field("leaderboard", "flag", "Shown as a breakdown on Live; `true` unless said."),
    ),
    short="title",
)
MEASURE = Block(
    "measure",
    "A number column, kept exactly.",
    (
        *_title("The measure"),
        Field("unit", "text", "What one is, in the plural: `points`, `litres`."),
        Field("decimals", "integer", "Places after the point that are kept; 0 unless said, at most 6."),
        Field("minimum", "number", "The least value that is believed."),
        Field("maximum", "number", "The greatest value that is believed."),
    ),
    short="title",
)
DURATION = Block(
    "duration",
    "Time from one time column to another, in hours; empty while either is missing or out of order.",
    (
        *_title("The duration"),
        Field("from", "name", "Time column it starts at.", required=True),
        Field("to", "name", "Time column it ends at.", required=True),
    ),
)
LIMIT = Block(
    "flag",
    "A text column derived at ingest: is a duration within the limit for the row's value of another dimension?",
    (
        *_title("The flag"),
        Field("of", "name", "The duration.", required=True),
        Field("by", "name", "The dimension whose value picks the limit.", required=True),
        Field("limits_hours", "amounts", "Limit in hours for each value.", required=True),
        Field("otherwise_hours", "number", "Limit in hours for every other value and for none.", required=True),
        Field("within", "text", "Word for within the limit; `within` unless said."),
        Field("over", "text", "Word for over the limit; `breached` unless said."),
    ),
)
BAND = Block(
    "band",
    "A text column derived at ingest: in which band lies a measure or a duration? Empty while the number is missing.",
    (
        *_title("The band"),
        Field("of", "name", "The measure or duration.", required=True),
        Field("lowest", "amounts", "Least value of each band, in hours for a duration, ascending.", required=True),
    ),
)
MATCH = Block(
    "match",
    "A text column derived at ingest: is the text of a dimension the true one? Empty while the truth is missing; where "
    "there is a truth, a missing text is not the true one.",
    (
        *_title("The match"),
        Field("of", "name", "Dimension of what was said.", required=True),
        Field("truth", "name", "Dimension of the truth.", required=True),
        Field("same", "text", "Word for equal texts; `right` unless said."),
        Field("differs", "text", "Word for different ones; `wrong` unless said."),
    ),
)
RANGE = Block(
    "range",
    "A text column derived at ingest: does a measure lie in the range for the row's value of another dimension? Empty "
    "while the measure is missing and for values without a range.",
    (
        *_title("The range"),
        Field("of", "name", "The measure.", required=True),
        Field("by", "name", "The dimension whose value picks the range.", required=True),
        Field("ranges", "tables", "For each value `at_least`, `at_most` or both, ends included.", required=True),
        Field("within", "text", "Word for inside the range; `within` unless said."),
        Field("outside", "text", "Word for outside of it; `outside` unless said."),
    ),
)
DATASET = Block(
    "dataset",
    "A table: `append` rows are events, `keyed` rows are cases that change.",
    (
        *_title("The dataset"),
        Field("kind", "choice", "Do rows change?", required=True, choices=get_args(DatasetKind)),
        Field("key", "name", "Text column that finds a row; only and always for keyed datasets."),
        Field("time", "name", "The primary time column: when a row begins to exist. Never empty.", required=True),
        Field("times", "blocks", "All time columns, in order of a row's life.", required=True, inner=TIME),
        Field("dimensions", "blocks", "Text columns that split and filter.", inner=DIMENSION),
        Field("actor", "name", "Text column that says who; counted by `distinct`."),
        Field("measures", "blocks", "Number columns.", inner=MEASURE),
        Field("durations", "blocks", "Times from one time column to another, derived.", inner=DURATION),
        Field("flags", "blocks", "Text columns derived from a duration and its limit.", inner=LIMIT),
        Field("bands", "blocks", "Text columns derived from the size of a number.", inner=BAND),
        Field("matches", "blocks", "Text columns derived from two texts that should be equal.", inner=MATCH),
        Field("ranges", "blocks", "Text columns derived from a measure and the range it should lie in.", inner=RANGE),
        Field("place", "flag", "Have the rows a latitude and a longitude (`lat`, `lon`)?"),
        Field("external", "flag", "Are its rows those of an existing table? `sources` says which."),
        Field("usual_delay", "span", "Age at which the newest row counts as late; `1d` unless said."),
        Field("keep", "days", "Older rows are removed, unless a workspace says otherwise; for ever unless said."),
    ),
)
COMPARISON = Block(
    "comparison",
    "Named comparisons; several for one column must all hold. Durations are in hours.",
    (
        Field("in", "names", "The dimension has one of these values; `null` is missing."),
        Field("not_in", "names", "The dimension has none of these values."),
        Field("over", "number", "The number is greater."),
        Field("under", "number", "The number is smaller."),
        Field("at_least", "number", "The number is this or greater."),
        Field("at_most", "number", "The number is this or smaller."),
    ),
)
METRIC = Block(
    "metric",
    "One number. Which fields it needs follows from its shape.",
    (
        *_title("The metric"),
        Field("shape", "choice", "How it is computed.", required=True, choices=SHAPES),
        Field("dataset", "name", "Dataset it counts over."),
        Field("at", "name", "Time column that decides into which bucket a row falls."),
        Field("of", "name", "Column or metric it is about."),
        Field("q", "number", "Percentile between 0 and 1, exclusive: 0.9."),
        Field("where", "blocks", "Rows that count: a comparison for each column; all must hold.", inner=COMPARISON),
        Field("limit", "block", "For share: the comparison a value must meet.", inner=COMPARISON),
        Field("numerator", "name", "Metric above the line of a ratio."),
        Field("denominator", "name", "Metric below the line of a ratio."),
        Field("plus", "name", "Metric that adds to a balance, or from which a difference takes."),
        Field("minus", "name", "Metric that takes from a balance or a difference."),
        Field("exposure", "name", "Exposure that a rate divides by."),
        Field("each", "span", "A pace is for each such span of time; `1m` unless said."),
        Field("per", "number", "A rate is for this many units of its exposure; 1 unless said."),
        Field("unit", "text", "What one is, in the plural: `complaints`; `hours` for durations, `%` for percent."),
        Field("format", "choice", "How it is written.", required=True, choices=get_args(Format)),
        Field("decimals", "integer", "Places shown; 1 unless said."),
        Field("better", "choice", "Which direction is good?", required=True, choices=get_args(Better)),
        Field("target", "number", "Value to reach; a fraction for percent."),
        Field("family", "choice", "Group on Live.", required=True, choices=get_args(Family)),
        Field("owner", "text", "Who answers for the number; the pack's owner unless said."),
    ),
)
EXPOSURE = Block(
    "exposure",
    "An amount for each value of one dimension: people of a district, kilometres of pipe.",
    (
        *_title("The exposure"),
        Field("unit", "text", "What one is, in the plural.", required=True),
        Field("dimension", "name", "Dimension of the values.", required=True),
        Field("amounts", "amounts", "Amount for each value.", required=True),
    ),
)
COURSE = Block(
    "course",
    "A measure that each has over time, drawn with the range it should lie in where the dataset has one.",
    (
        Field("dataset", "name", "Dataset of the readings; it has the entity's column.", required=True),
        Field("of", "name", "The measure.", required=True),
        Field("unusual", "name", "Count metric of the unusual rows of the same dataset; they are marked."),
        Field("units", "texts", "Unit of the measure for each value of `peers`, where it depends on that."),
    ),
)
ENTITY = Block(
    "entity",
    "A kind of thing or person with a page of its own: a sensor, an officer.",
    (
        *_title("One of them"),
        Field("many", "text", "Several of them, in lower case: `sensors`.", required=True),
        Field("column", "name", "Text column by which rows name it; the entity's name unless said."),
        Field("dataset", "name", "Keyed dataset with a row for each; without one, those that rows name are known."),
        Field("by", "name", "Column of that dataset with the name that other rows use; its key unless said."),
        Field("peers", "name", "Dimension of which it is compared with those of the same value; else with all."),
        Field("course", "block", "What is read from each over time.", inner=COURSE),
        Field("related", "texts", "Other datasets that concern it: for each the column in which both agree."),
        Field("line", "name", "Dimension of its dataset with the points of a line, `lon lat, lon lat`, for the map."),
        Field("length", "name", "Measure of its dataset with the length of that line in metres."),
    ),
)
PACK = Block(
    "pack",
    "A domain. The fields may be spread over several YAML files of the pack's folder; pack.yaml has to be among them.",
    (
        Field("pack", "name", "Short name; also the folder's name and the database schema.", required=True),
        Field("title", "text", "Name as people read it.", required=True),
        Field("description", "text", "What the domain is, in a sentence or two.", required=True),
        Field("owner", "text", "Who answers for metrics that name no owner."),
        Field("datasets", "blocks", "Tables of the domain.", required=True, inner=DATASET),
        Field("metrics", "blocks", "Numbers over the datasets.", inner=METRIC),
        Field("exposures", "blocks", "Denominators from outside the rows.", inner=EXPOSURE),
        Field("entities", "blocks", "Things and people that can be looked at one at a time.", inner=ENTITY),
        Field("subscriptions", "blocks", "MQTT topics whose messages are rows.", inner=SUBSCRIPTION),
        Field("sources", "blocks", "Tables that external datasets follow, by dataset.", inner=SOURCE),
        Field("tracking", "block", "Where the API's tracking calls write to.", inner=TRACKING),
        Field("simulator", "any", "How believable rows are made: [simulator](#simulator)."),
    ),
)
BLOCKS: tuple[Block, ...] = (
    PACK, DATASET, TIME, DIMENSION, MEASURE, DURATION, LIMIT, BAND, MATCH, RANGE, METRIC, COMPARISON, EXPOSURE,
    ENTITY, COURSE, SUBSCRIPTION, SOURCE, LOOKUP, TRACKING,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShapeRule:
    """What one metric shape means, which fields it needs and which it may have beside the common ones."""

    meaning: str
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    additive: bool = False


COMMON = ("title", "description", "shape", "unit", "format", "decimals", "better", "target", "family", "owner")
_OVER = ("dataset", "at", "of")
SHAPE_RULES: dict[Shape, ShapeRule] = {
    "count": ShapeRule("Rows.", ("dataset", "at"), ("where",), additive=True),
    "sum": ShapeRule("Sum of a measure or duration.", _OVER, ("where",), additive=True),
    "average": ShapeRule("Mean of a measure or duration over the rows that have it.", _OVER, ("where",)),
    "min": ShapeRule("Smallest value.", _OVER, ("where",)),
    "max": ShapeRule("Greatest value.", _OVER, ("where",)),
    "percentile": ShapeRule("Value that the part `q` of the rows stays at or under.", (*_OVER, "q"), ("where",)),
    "distinct": ShapeRule("Different values of a dimension or the actor.", _OVER, ("where",)),
    "share": ShapeRule("Part of the values of `of` that meets `limit`.", (*_OVER, "limit"), ("where",)),
    "ratio": ShapeRule("One metric divided by another.", ("numerator", "denominator")),
    "rate": ShapeRule("A metric for each `per` units of an exposure.", ("of", "exposure"), ("per",)),
    "pace": ShapeRule("A metric for each `each` of the time asked about, up to now.", ("of",), ("each",)),
    "balance": ShapeRule(
        "All `plus` ever counted less all `minus` ever did, at the end of the bucket.", ("plus", "minus")
    ),
    "difference": ShapeRule("One metric less another, in the same unit.", ("plus", "minus")),
    "age": ShapeRule("Mean age in hours of what a balance holds, at the end of the bucket.", ("of",)),
}
