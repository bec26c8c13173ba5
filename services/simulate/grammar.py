"""Which fields may a pack's `simulator` have, and what does each mean?"""

from __future__ import annotations

from services.model.forms import Block, Field
from services.simulate.worlds import WORLDS

KIND = Block(
    "kind",
    "What a case may be about: one value of the dimension that `kind` names.",
    (
        Field("weight", "number", "How often, against the other kinds.", required=True),
        Field("hours", "number", "Median hours of work, for steps with `kind_hours`.", required=True),
        Field("rhythm", "name", "Rhythm of its arrivals; the first one unless said."),
        Field("weekend", "number", "Factor on Saturdays and Sundays; 1 unless said."),
        Field("season_month", "number", "Month of its peak, 1 to 12."),
        Field("season_swing", "number", "How far the peak stands above the year's mean; 0 to 1."),
        Field("sets", "texts", "Values of other dimensions that follow from it."),
        Field("choices", "tables", "Values of other dimensions by weight, in place of the general ones."),
    ),
)
AREA = Block(
    "area",
    "Where cases lie: one value of the dimension that `area` names.",
    (
        Field("weight", "number", "How often, against the other areas.", required=True),
        Field("lat", "number", "Latitude of its middle.", required=True),
        Field("lon", "number", "Longitude of its middle.", required=True),
        Field("spread_m", "number", "Standard deviation around the middle, in metres.", required=True),
    ),
)
HOTSPOT = Block(
    "hotspot",
    "A spot to which an area's cases of some kinds are drawn.",
    (
        Field("area", "name", "The area it lies in.", required=True),
        Field("lat", "number", "Latitude.", required=True),
        Field("lon", "number", "Longitude.", required=True),
        Field("spread_m", "number", "Standard deviation in metres.", required=True),
        Field("share", "number", "Part of those cases that lie here.", required=True),
        Field("kinds", "names", "Kinds that are drawn.", required=True),
    ),
)
ACTOR = Block(
    "actor",
    "Who brings the cases.",
    (
        Field("prefix", "text", "Start of each name; a number follows.", required=True),
        Field("count", "integer", "How many people there are.", required=True),
        Field("skew", "number", "Above 1, few people bring much; 1 is evenly."),
    ),
)
STAFF = Block(
    "staff",
    "Who works on the cases.",
    (
        Field("dimension", "name", "Dimension that holds the name.", required=True),
        Field("by", "name", "Dimension whose value picks the team.", required=True),
        Field("from_step", "name", "Step from which the name is known.", required=True),
        Field("sizes", "amounts", "People in each team.", required=True),
        Field("names", "names", "Family names to draw from.", required=True),
    ),
)
STORY = Block(
    "story",
    "Something that comes again and again for some days: a storm, a slow department.",
    (
        Field("every_days", "integer", "Days from one start to the next.", required=True),
        Field("lasts_days", "integer", "How many days it lasts.", required=True),
        Field("offset_days", "integer", "Moves all its starts; 0 unless said."),
        Field("fades", "flag", "Is every day of it half as strong as the one before?"),
        Field("kinds", "amounts", "Factors on how often kinds come."),
        Field("areas", "amounts", "Factors on where these kinds lie."),
        Field("slower", "number", "Factor on the work of cases that begin in it; 1 unless said."),
        Field("only", "texts", "The slowness is for cases with these values alone."),
    ),
)
STEP = Block(
    "step",
    "Something that happens to a case. The first one is its beginning.",
    (
        Field("event", "text", "What the steps' dataset calls it; the step's own name unless said."),
        Field("time", "name", "Time column it sets."),
        Field("clears", "names", "Time columns it empties again."),
        Field("status", "text", "Value of `status` from here on."),
        Field("after", "name", "Step it follows."),
        Field("before", "name", "Step before which it has to come; else it does not happen."),
        Field("chance", "number", "Part of the cases to which it happens; 1 unless said."),
        Field("hours", "number", "Median hours after the step it follows."),
        Field("kind_hours", "number", "Median hours as a factor on the kind's own; in place of `hours`."),
        Field("spread", "number", "Spread of the hours (sigma of a lognormal); 0.8 unless said."),
        Field("factors", "tables", "Factors on the hours by the value of a dimension."),
        Field("limit", "name", "Flag whose limit has to run out first."),
        Field("working", "flag", "Does it happen in working hours only?"),
    ),
)
ANSWER = Block(
    "answer",
    "A measure that people give when a step is reached.",
    (
        Field("after", "name", "The step.", required=True),
        Field("chance", "number", "Part of the people who answer.", required=True),
        Field("mean", "number", "Mean of a quick case without trouble.", required=True),
        Field("spread", "number", "Standard deviation.", required=True),
        Field("slow", "number", "Lost for each doubling of the time beyond the kind's own hours."),
        Field("lost", "amounts", "Lost when a step happened."),
    ),
)
SIMULATOR = Block(
    "simulator",
    "How believable cases and their steps are made. The same seed, workspace and day give the same cases.",
    (
        Field("cases", "name", "Keyed dataset of the cases.", required=True),
        Field("steps", "name", "Append dataset that records each step."),
        Field("case_column", "name", "Dimension of the steps' dataset that holds the case's key."),
        Field("event_column", "name", "Dimension of the steps' dataset that holds the step's name."),
        Field("status_column", "name", "Dimension of the cases that holds their status."),
        Field("seed", "integer", "Start of all randomness.", required=True),
        Field("key_prefix", "text", "Start of each key; the day and a number follow.", required=True),
        Field("per_day", "number", "Cases on a mean day.", required=True),
        Field("workspaces", "amounts", "Factor on that number in workspaces with these slugs; 1 in all others."),
        Field("growth_per_year", "number", "Growth of that number in a year: 0.05 is 5 %."),
        Field("noise", "number", "How uneven days are (sigma of a lognormal)."),
        Field("weekdays", "numbers", "Seven factors, Monday first.", required=True),
        Field("holidays", "amounts", "Factor for a day of the year, written 12-25."),
        Field("longest_days", "integer", "What has not happened after so many days never does.", required=True),
        Field("working", "amounts", "Working hours, as `from` and `to`, Monday to Saturday."),
        Field("rhythms", "tables", "How often at which hour of the day; lines between the hours given.", required=True),
        Field("kind", "name", "Dimension of the kinds.", required=True),
        Field("kinds", "blocks", "What cases are about.", required=True, inner=KIND),
        Field("choices", "tables", "Other dimensions by weight, independent of the kind."),
        Field("missing", "amounts", "Part of the cases without a value, by dimension."),
        Field("area", "name", "Dimension of the areas.", required=True),
        Field("areas", "blocks", "Where cases lie.", required=True, inner=AREA),
        Field("hotspots", "blocks", "Spots with more than their share.", inner=HOTSPOT),
        Field("actor", "block", "Who brings the cases.", required=True, inner=ACTOR),
        Field("staff", "block", "Who works on them.", inner=STAFF),
        Field("stories", "blocks", "What comes again for some days.", inner=STORY),
        Field("lifecycle", "blocks", "Steps, each after those it names.", required=True, inner=STEP),
        Field("answers", "blocks", "Measures that people give.", inner=ANSWER),
    ),
)
WORLD = Block(
    "world",
    "A simulator that is written in Python, in `services/simulate/worlds`, for a pack that comes with Belvedere.",
    (
        Field("world", "choice", "Whose world.", required=True, choices=WORLDS),
        Field("workspaces", "amounts", "Factor on how much happens in workspaces with these slugs; 1 in all others."),
    ),
)
SIMULATOR_BLOCKS = (SIMULATOR, WORLD, KIND, AREA, HOTSPOT, ACTOR, STAFF, STORY, STEP, ANSWER)
