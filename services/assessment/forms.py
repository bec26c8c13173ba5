"""Which fields may the files of data/packs/assessment/scoring have, and what does each mean?"""

from __future__ import annotations

from services.model.forms import Block, Field

# Measures that the formulas of services/assessment/formulas give, by kind of task.
MEASURES: dict[str, tuple[str, ...]] = {
    "balloons": ("adjusted_pumps", "burst_share"),
    "detection": ("d_prime", "criterion", "false_alarms", "false_alarm_share", "miss_share", "reaction_ms"),
    "interference": ("interference_ms", "reaction_ms", "accuracy"),
    "spans": ("longest_span", "mean_span"),
    "discounting": ("k", "consistency"),
    "exchanges": ("sent_share", "returned_share", "given_share"),
    "reactions": ("reaction_ms", "early_share", "lapse_share"),
}
TASK = Block(
    "task",
    "A task and when its trials can be believed.",
    (
        Field("title", "text", "The task as people read it.", required=True),
        Field("description", "text", "What the person does.", required=True),
        Field("kind", "choice", "Formula for its trials.", required=True, choices=tuple(MEASURES)),
        Field("trials", "integer", "Trials of a whole task.", required=True),
        Field("least_trials", "integer", "Flag `too_few` below this number.", required=True),
        Field("least_in_condition", "integer", "Least reaction times for a median; 5 unless said."),
        Field("fastest_ms", "number", "Faster answers are none; 150 unless said."),
        Field("slowest_ms", "number", "Slower answers are lapses; 10000 unless said."),
        Field("trim_deviations", "number", "Scaled deviations from the median that are kept; 3 unless said."),
        Field("too_fast_share", "number", "Flag `too_fast` above this part under `fastest_ms`; 0.2 unless said."),
        Field("too_fast_median_ms", "number", "Flag `too_fast` when the median answer is faster."),
        Field("same_answer", "choice", "Column in which the same answer again and again raises `straight_lining`.",
              choices=("response", "level", "amount")),
        Field("same_share", "number", "Flag `straight_lining` from this part of equal answers on; 0.95 unless said."),
        Field("longest_run", "integer", "Flag `straight_lining` above so many equal answers in a row."),
        Field("source", "text", "Where the task was described.", required=True),
    ),
)  # fmt: skip
SCORE = Block(
    "metric",
    "A number that a session has from one task.",
    (
        Field("title", "text", "The metric as people read it.", required=True),
        Field("task", "name", "The task.", required=True),
        Field("measure", "name", "Measure of the task's formula.", required=True),
        Field("unit", "text", "What one is.", required=True),
        Field("scale", "choice", "Scale on which it is standardised; plain unless said.", choices=("plain", "log")),
    ),
)
SESSION = Block(
    "session",
    "When a session counts.",
    (
        Field("least_valid_share", "number", "Part of its tasks that has to be without a flag.", required=True),
        Field(
            "idle_minutes", "integer", "Unfinished sessions are scored after so long without a trial.", required=True
        ),
    ),
)
TRAIT = Block(
    "trait",
    "What several metrics say together.",
    (
        Field("title", "text", "The trait as people read it.", required=True),
        Field("description", "text", "What a high score means.", required=True),
        Field("weights", "amounts", "Weight of each standardised metric; negative where less is more.", required=True),
        Field("least_weight", "number", "Part of the weights (their sizes) that has to be there.", required=True),
        Field("benchmark", "number", "Score from which the benchmark is met.", required=True),
    ),
)
MAPPING = Block(
    "mapping",
    "A version of how metrics become traits; it is used with the norms that were made for it.",
    (
        Field("traits", "blocks", "The traits.", required=True, inner=TRAIT),
        Field("selection", "names", "Traits whose mean score decides the outcome.", required=True),
        Field("selection_score", "number", "Mean score from which a person is recommended.", required=True),
    ),
)
METRIC_NORM = Block(
    "metric norm",
    "How a metric is distributed in a norm group, on its scale.",
    (
        Field("n", "integer", "People.", required=True),
        Field("mean", "number", "Mean.", required=True),
        Field("sd", "number", "Standard deviation.", required=True),
        Field("reliability", "number", "Part of the variance that is no error, 0 to 1.", required=True),
    ),
)
TRAIT_NORM = Block(
    "trait norm",
    "How a trait is distributed in a norm group.",
    (
        Field("n", "integer", "People.", required=True),
        Field(
            "mean_r", "number", "Mean correlation of its metrics, each in the direction of its weight.", required=True
        ),
        Field(
            "points",
            "numbers",
            "Composite at the 5th, 10th, 25th, 50th, 75th, 90th and 95th percentile.",
            required=True,
        ),
    ),
)
NORM_GROUP = Block(
    "norm group",
    "The people one is compared with.",
    (
        Field("title", "text", "The group as people read it.", required=True),
        Field("metrics", "blocks", "Norms of metrics.", required=True, inner=METRIC_NORM),
        Field("traits", "blocks", "Norms of traits.", required=True, inner=TRAIT_NORM),
    ),
)
NORMS = Block(
    "norms",
    "A version of the norms.",
    (
        Field("from", "text", "Sessions completed from this day (UTC) on use it: 2025-01-01.", required=True),
        Field("mapping", "name", "Version of the mapping it was made for.", required=True),
        Field(
            "groups",
            "blocks",
            "Norm groups; `all` serves everybody without one of these.",
            required=True,
            inner=NORM_GROUP,
        ),
    ),
)
RENORMING = Block(
    "renorming",
    "How new norms are made from the workspace's own people.",
    (
        Field("window_days", "integer", "Sessions of so many days before the new norms count.", required=True),
        Field("least_people", "integer", "Groups with fewer people keep the norms they have.", required=True),
        Field("prior_people", "integer", "The norms before weigh as much as so many people.", required=True),
    ),
)
SCORING = Block(
    "scoring",
    "How trials become metrics and traits.",
    (
        Field("tasks", "blocks", "The tasks.", required=True, inner=TASK),
        Field("metrics", "blocks", "The metrics.", required=True, inner=SCORE),
        Field("session", "block", "When a session counts.", required=True, inner=SESSION),
        Field("mappings", "blocks", "Versions of the mapping.", required=True, inner=MAPPING),
        Field("norms", "blocks", "Versions of the norms.", required=True, inner=NORMS),
        Field("renorming", "block", "How new norms are made.", required=True, inner=RENORMING),
    ),
)
