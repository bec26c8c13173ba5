"""Is everything that the application needs in order on this machine?"""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from data import queue
from data.embedded import is_running
from data.errors import BelvedereError
from data.migrate import newest, present, server_version
from data.settings import settings
from services.processes import running_pid

_FREE_GB = 2
_SILENT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    said: str

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def examine() -> list[Check]:
    """Look at everything; a check that fails says what to do."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("python", _python), ("data folder", _folder), ("port", _port), ("database", _database), ("schema", _schema),
        ("worker", _worker), ("jobs", _jobs),
    ]  # fmt: skip
    found = []
    for name, look in checks:
        try:
            found.append(Check(name, True, look()))
        except BelvedereError as error:
            found.append(Check(name, False, str(error)))
    return found


def _python() -> str:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise BelvedereError(f"Python {sys.version.split()[0]}; 3.11, 3.12 or 3.13 is needed.")
    return sys.version.split()[0]


def _folder() -> str:
    home = settings().home.resolve()
    if not home.is_dir():
        return f"{home} will be made at the first start"
    free = shutil.disk_usage(home).free / 1e9
    if free < _FREE_GB:
        raise BelvedereError(f"{home} has {free:.1f} GB left; make room, or set BELVEDERE_HOME to another disk.")
    return f"{home}, {free:.0f} GB free"


def _port() -> str:
    host, port = settings().host, settings().port
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex(("127.0.0.1" if host == "0.0.0.0" else host, port)) == 0
    pid = running_pid(settings().home.resolve())
    if taken and pid is None:
        raise BelvedereError(f"Port {port} is used by something else: set BELVEDERE_PORT to another.")
    return f"{port} is ours, process {pid}" if pid else f"{port} is free"


def _database() -> str:
    embedded = not settings().database_url
    if embedded and not is_running(settings().home):
        return "embedded, not running now"
    return f"PostgreSQL {server_version()}{', embedded' if embedded else ''}"


def _asleep() -> bool:
    return not settings().database_url and not is_running(settings().home)


def _schema() -> str:
    if _asleep():
        return "not looked at"
    found = present()
    if found != newest():
        raise BelvedereError(f"The schema is {found or 'missing'}, {newest()} is needed: run `manage.py migrate`.")
    return found


def _worker() -> str:
    if _asleep() or present() != newest():
        return "not looked at"
    seen = queue.worker_seen_at()
    if seen is None:
        return "none has run yet"
    silent = datetime.now(UTC) - seen
    if running_pid(settings().home.resolve()) and silent > _SILENT:
        raise BelvedereError(f"No sign of life for {silent.total_seconds():.0f} s: see logs/worker.log.")
    return f"last seen {silent.total_seconds():.0f} s ago"


def _jobs() -> str:
    if _asleep() or present() != newest():
        return "not looked at"
    failed = [run for run in queue.job_runs().values() if run.outcome == "failed"]
    if failed:
        raise BelvedereError("; ".join(f"{run.job} failed: {run.failure}" for run in failed))
    return "none failed in its last run"
