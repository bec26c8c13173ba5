"""How quickly does the Live page refresh when fifty people have it open?

A server process of its own on the demo workspace, and raw WebSocket sessions that do what a browser tab does at every
turn of its timer: first while nothing changes, then while rows arrive.
`python -m bench.live --sessions 50 --seconds 30 --views 1` measures it alone.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice

import psutil

from bench.measure import Report
from bench.serving import ROOT, own_database, web_server
from bench.tabs import Refresh, Tab

EVERY_S = 2
SLUG = "riverton"
ACCOUNT = "bench-live"
ROLE = "manager"
RANGES = ("7d", "24h", "30d", "today", "6h")
FAMILIES = ("overview", "business", "operational", "experience")
VIEWS = [f"every={EVERY_S}s&range={found}&family={family}" for family in FAMILIES for found in RANGES]
_AT_ONCE = 4  # tabs that load the whole page at the same time
_WARM_S = 2.5 * EVERY_S


@dataclass(frozen=True, slots=True)
class Phase:
    """What was measured while the tabs were refreshing: used cores by the server, by the tabs, by everything."""

    refreshes: list[Refresh]
    seconds: float
    behind: int
    server: float
    tabs: float
    machine: float


def measure_live(report: Report, sessions: int = 50, seconds: float = 30, views: int = 1) -> None:
    """Half of the seconds without new data, half with a few rows a second; needs a migrated database.

    The sessions look at so many different views.
    """
    secrets = demo_with_sessions(sessions)
    try:
        with web_server() as (server, port):
            asyncio.run(_measure(report, server, port, secrets, seconds, VIEWS[:views]))
    finally:
        forget_sessions(secrets)


def demo_with_sessions(sessions: int) -> list[str]:
    """The demo and one signed-in session for each tab; what is there already stays."""
    from services import people
    from services.demo import load_demo

    now = datetime.now(UTC)
    load_demo(lambda _done, _what: None, now)
    known = {account.name: account.id for account, _ in people.list_accounts()}
    account = known.get(ACCOUNT) or people.add_user(ACCOUNT, ROLE, SLUG, "", now).id
    return [people.open_session(account, f"127.0.0.{number % 250 + 1}", now) for number in range(sessions)]


def forget_sessions(secrets: list[str]) -> None:
    """Sign them out."""
    from services.people import sign_out

    for secret in secrets:
        sign_out(secret, datetime.now(UTC))


async def _measure(
    report: Report, server: psutil.Process, port: int, secrets: list[str], seconds: float, views: Sequence[str]
) -> None:
    name = f"live refresh, {len(secrets)} sessions at {EVERY_S} s"
    name += f", {len(views)} views" if len(views) > 1 else ""
    tabs = [Tab() for _ in secrets]
    try:
        await tabs[0].open(port, secrets[0], views[0])  # compiles, reads and answers for all others
        report.size("live server, 1 session", server.memory_info().rss / 2**20)
        doors = asyncio.Semaphore(_AT_ONCE)
        later = zip(tabs[1:], secrets[1:], islice(cycle(views), 1, len(tabs)), strict=True)
        await asyncio.gather(*(_open(doors, port, *each) for each in later))
        await _refresh(tabs, server, _WARM_S)
        _report(report, name, await _refresh(tabs, server, seconds / 2))
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.trickle", SLUG, str(seconds / 2 + _WARM_S), cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await _refresh(tabs, server, _WARM_S)
        _report(report, f"{name}, rows arriving", await _refresh(tabs, server, seconds / 2))
        if await writer.wait():
            raise RuntimeError("The writer failed.")
        report.size(f"live server, {len(tabs)} sessions", server.memory_info().rss / 2**20)
    finally:
        await asyncio.gather(*(tab.close() for tab in tabs), return_exceptions=True)


async def _open(doors: asyncio.Semaphore, port: int, tab: Tab, secret: str, view: str) -> None:
    async with doors:
        await tab.open(port, secret, view)


async def _refresh(tabs: list[Tab], server: psutil.Process, seconds: float) -> Phase:
    """Let all tabs refresh for so long, evenly spread over the turn of the timer."""
    for tab in tabs:
        tab.refreshes, tab.behind = [], 0
    until = asyncio.get_running_loop().time() + seconds
    start, before = time.perf_counter(), _cpu_seconds(server)
    offsets = [number * EVERY_S / len(tabs) for number in range(len(tabs))]
    going = asyncio.gather(*(tab.refresh(until, offset) for tab, offset in zip(tabs, offsets, strict=True)))
    await asyncio.wait([going], timeout=seconds)
    took, after = time.perf_counter() - start, _cpu_seconds(server)
    await going
    cores = [(b - a) / took for a, b in zip(before, after, strict=True)]
    return Phase([r for tab in tabs for r in tab.refreshes], took, sum(tab.behind for tab in tabs), *cores)


def _cpu_seconds(server: psutil.Process) -> tuple[float, float, float]:
    machine = psutil.cpu_times()
    idle = machine.idle + getattr(machine, "iowait", 0.0)
    return sum(server.cpu_times()[:2]), time.process_time(), sum(machine[:8]) - idle


def _report(report: Report, name: str, phase: Phase) -> None:
    found = phase.refreshes
    drawn = [r for r in found if r.charts]  # new data always changes a chart
    report.times(name, [r.ms for r in found])
    if drawn:
        report.times(f"{name}: those with news", [r.ms for r in drawn])
    report.rate(
        f"{name}: refreshes", len(found) / phase.seconds, missed=phase.behind, with_news=len(drawn),
        runs_each=_mean([r.runs for r in found]), messages_each=_mean([r.messages for r in found]),
        kb_each=_mean([r.size / 1000 for r in found]), references_each=_mean([r.references for r in found]),
    )  # fmt: skip
    report.ratio(
        f"{name}: cores the server used", phase.server,
        ms_a_refresh=round(1000 * phase.server * phase.seconds / len(found), 1),
        tabs=round(phase.tabs, 2), machine=round(phase.machine, 2),
    )  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 1)


def main() -> None:
    """Measure on the database of the environment, else in a data folder of its own."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sessions", type=int, default=50)
    asked.add_argument("--seconds", type=float, default=30)
    asked.add_argument("--views", type=int, default=1, choices=range(1, len(VIEWS) + 1), metavar="VIEWS")
    options = asked.parse_args()
    with own_database("bench-live"):
        measure_live(Report(0, "live"), options.sessions, options.seconds, options.views)


if __name__ == "__main__":
    main()
