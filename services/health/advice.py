"""What is each component called, and what can somebody do when it is not healthy?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class About:
    """Title of a component, what it is, and what to do about trouble with it."""

    title: str
    what: str
    todo: str


ABOUT = {
    "web": About("Web server", "Answers browsers and the API.",
                 "Start it again with `manage.py run`, and look into logs/web.log of the data folder."),
    "worker": About("Worker", "Does the jobs: imports, messages, summaries.",
                    "Start it again with `manage.py run`. What arrived meanwhile waits and is not lost."),
    "database": About("Database", "Holds all rows.",
                      "See whether PostgreSQL runs and has room on its disk. Slow answers: look for long queries."),
    "embedded server": About("Embedded PostgreSQL", "The database that comes with the application.",
                             "Start the application with `manage.py run`; its log is in the folder `postgres`."),
    "ingest": About("Incoming rows (HTTP)", "Calls of programs that send rows.",
                    "Look at the failed calls on the Live page of the workspace `system`, and into logs/web.log."),
    "mqtt": About("MQTT", "The broker whose messages become rows.",
                  "Check the broker and the setting `mqtt_url`. Messages wait at the broker until they are taken."),
    "spool": About("Rows waiting on disk", "What arrived while the database was down.",
                   "Bring the database back: what waits is then written in order. Batches that were put aside lie in"
                   " spool/refused with their reason."),
    "followed tables": About("Followed tables", "Tables of other applications that datasets follow.",
                             "Open the page Connections: it says which table and why. Often a password or a column has"
                             " changed."),
    "queue": About("Job queue", "Jobs that are due and not yet taken.",
                   "See on the page Jobs what takes so long; let a job rest, or start a second worker."),
    "jobs": About("Jobs", "Jobs whose last run failed.", "The page Jobs has the reason; mend it and try again there."),
    "job failures": About("Runs of jobs", "Runs that failed within the last hour.",
                          "The page Jobs has the reasons; one that fails often can rest meanwhile."),
    "errors": About("Requests", "Requests that ended with a fault of the application.",
                    "Look for the route on the Live page of the workspace `system`, and into logs/web.log."),
    "response time": About("Response time", "How long requests take.",
                           "See under Processor and Database what is busy; another web process may help."),
    "processor": About("Processor", "Use of all cores of the machine.",
                       "Find what is busy; large imports pass. If it stays, the machine is too small."),
    "memory": About("Memory", "Use of the machine's memory.",
                    "Lower the setting `cache_mb`, or give the machine more memory."),
    "disk": About("Disk", "Room on the disk with the data folder.",
                  "Make room, or keep the application's own records for a shorter time (setting `system_keep_days`)."),
    "deliveries": About("Deliveries", "Mails, webhooks and reports that were handed over.",
                        "Check the receiver's address and whether its server answers."),
}  # fmt: skip
"""In the order in which they are shown."""


def about(name: str) -> About:
    """What is known of a component; for one without a line its name."""
    return ABOUT.get(name) or About(name.capitalize(), "", "Look into the log of the application.")
