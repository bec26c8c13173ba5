"""Which jobs run by themselves, and how often?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.jobs import (
    assessment,
    collect,
    demo,
    engine,
    field,
    follow,
    health,
    imports,
    inbox,
    retention,
    spool,
    studies,
    tidy,
    unusual,
)
from services.jobs.turns import Turn


@dataclass(frozen=True, slots=True)
class Job:
    """`run(turn)` returns a sentence about what was done; doing it twice does no harm.

    `cron` has a sixth field for seconds. `on_data` runs it also as soon as data arrived.
    """

    name: str
    title: str
    cron: str
    run: Callable[[Turn], str]
    on_data: bool = False

    @property
    def is_frequent(self) -> bool:
        """Does it run more than once a minute?"""
        fields = self.cron.split()
        return self.on_data or (len(fields) > 5 and not fields[5].isdigit())


JOBS: dict[str, Job] = {
    job.name: job
    for job in (
        Job("compact", "Merge fresh segments", "* * * * * */10", engine.compact, on_data=True),
        Job("tensors", "Count finished days", "*/5 * * * * 20", engine.count_days),
        Job("demo-stream", "Go on with the demo", "* * * * * */5", demo.stream),
        Job("imports", "Import uploaded files", "* * * * * */2", imports.import_uploads),
        Job("field", "Plan routes, measure effects", "* * * * * */5", field.work_out),
        Job("inbox", "Import files of the watched folder", "* * * * * */5", inbox.watch_folder),
        Job("follow", "Follow tables of other applications", "* * * * * */10", follow.follow_sources),
        Job("compare", "Compare followed tables row by row", "*/10 * * * * 30", follow.compare_sources),
        Job("spool", "Write what waits on disk", "* * * * * */5", spool.drain_spool),
        Job("studies", "Work out clusters and risks that were asked for", "* * * * * */3", studies.work_out),
        Job("studies-nightly", "Work clusters and risks out anew", "40 2 * * *", studies.renew),
        Job("unusual", "Look for unusual clusters", "25 * * * *", unusual.scan_places),
        Job("collect-hourly", "Make summaries of hours", "0 * * * *", collect.collector("hourly")),
        Job("collect-daily", "Make summaries of days", "0 1 * * *", collect.collector("daily")),
        Job("collect-weekly", "Make summaries of weeks", "15 1 * * 1", collect.collector("weekly")),
        Job("collect-monthly", "Make summaries of months", "30 1 1 * *", collect.collector("monthly")),
        Job("assessment", "Score sessions of assessments", "* * * * * */10", assessment.score_sessions, on_data=True),
        Job("tidy", "Remove expired sign-ins and presence", "*/10 * * * * 40", tidy.remove_expired),
        Job("retention", "Remove rows that are past their time", "0 3 * * 0", retention.remove_old_rows),
        Job("health", "Look at every component", "*/5 * * * * 50", health.look),
        Job("beat", "Show that jobs run", "* * * * * 0", tidy.beat),
    )
}
