"""How long after a commit does a real browser show the new number, alone and among other people?

Chromium has the Live page open and notes when the number of a tile changes in it; the other sessions are those of
`bench.live`. `python -m bench.screen [--every 1] [--batches 20]` starts a database and a web process of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from playwright.async_api import Page, async_playwright

from bench.live import SLUG, demo_with_sessions, forget_sessions
from bench.measure import Report
from bench.serving import Meter, own_database, web_server
from bench.tabs import Tab
from services.web.cookies import SESSION_COOKIE

SESSIONS = (1, 10, 50)
EVERY_S = (1, 2)
DATASET = "grievance.complaints"
TITLE = "Complaints opened"
CHROMIUM = "/usr/bin/chromium"
_WATCH = """title => {
  const read = () => {
    for (const tile of document.querySelectorAll('[data-testid="stMetric"]'))
      if (tile.textContent.includes(title))
        return tile.querySelector('[data-testid="stMetricValue"]')?.textContent.trim() || '';
    return '';
  };
  window.seen = [];
  const note = () => {
    const text = read();
    if (text && text !== window.seen.at(-1)?.[0]) window.seen.push([text, Date.now()]);
  };
  new MutationObserver(note).observe(document.body, {childList: true, subtree: true, characterData: true});
  note();
}"""
_SHOWS = "wanted => (window.seen.find(each => each[0] === wanted) || [0, 0])[1]"
_WAIT_MS = 30_000


def can_measure() -> bool:
    """Whether there is a browser."""
    return shutil.which(CHROMIUM) is not None


def measure_screen(
    report: Report, batches: int, every_s: Sequence[int] = EVERY_S, sessions: Sequence[int] = SESSIONS
) -> None:
    """So many batches for each pause between refreshes and number of sessions; needs a migrated database."""
    secrets = demo_with_sessions(max(sessions))
    try:
        with web_server() as (web, port):
            for every in every_s:
                for count in sessions:
                    meter = Meter({"web": web})
                    asyncio.run(_measure(report, port, secrets[:count], every, batches, meter))
    finally:
        forget_sessions(secrets)


async def _measure(report: Report, port: int, secrets: list[str], every: int, batches: int, meter: Meter) -> None:
    view = f"every={every}s&range=today&family=business"
    tabs = [Tab() for _ in secrets[1:]]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        refreshing: asyncio.Future[list[None]] | None = None
        try:
            page = await _open(await browser.new_page(), port, secrets[0], view)
            for tab, secret in zip(tabs, secrets[1:], strict=True):
                await tab.open(port, secret, view)
            refreshing = asyncio.gather(
                *(tab.refresh(float("inf"), i * every / len(tabs)) for i, tab in enumerate(tabs))
            )
            await asyncio.sleep(2 * every)
            meter.start()
            delays = await _delays(page, every, batches)
            cores = meter.cores()
        finally:
            if refreshing is not None:
                refreshing.cancel()
            await asyncio.gather(*(tab.close() for tab in tabs), return_exceptions=True)
            await browser.close()
    name = f"commit to screen, {len(secrets)} sessions at {every} s"
    report.times(name, delays)
    report.ratio(f"{name}: within 2 s", float(np.mean([delay <= 2000 for delay in delays])), cores=cores)


async def _open(page: Page, port: int, secret: str, view: str) -> Page:
    address = f"http://127.0.0.1:{port}"
    await page.context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": address}])
    await page.goto(f"{address}/live?{view}")
    tile = page.locator('[data-testid="stMetric"]').filter(has_text=TITLE).first
    await tile.locator('[data-testid="stMetricValue"]').wait_for(timeout=4 * _WAIT_MS)
    await page.evaluate(_WATCH, TITLE)
    return page


async def _delays(page: Page, every: int, batches: int) -> list[float]:
    """Milliseconds from the commit of each batch until the tile shows its number, at random moments of the timer."""
    rng, delays = np.random.default_rng(int(time.time())), []
    for number in range(batches):
        await asyncio.sleep(0.5 + float(rng.uniform(0, every)))
        before = int((await page.evaluate("window.seen.at(-1)[0]")).replace(",", ""))
        size = number % 7 + 1
        committed = await asyncio.to_thread(_write, size)
        shown = await page.wait_for_function(_SHOWS, arg=f"{before + size:,}", timeout=_WAIT_MS)
        delays.append(max(0.0, float(await shown.json_value()) - committed * 1000))
    return delays


def _write(size: int) -> float:
    """So many complaints opened just now; the wall clock at their commit."""
    from services.ingest import ingest_rows
    from services.people import command_scope

    now = datetime.now(UTC)
    rows = [
        {"complaint_id": uuid.uuid4().hex, "opened_at": now.isoformat(), "category": "Noise", "status": "open"}
        for _ in range(size)
    ]
    stored = ingest_rows(command_scope(SLUG), DATASET, rows, None, now)
    if stored.inserted != size:
        raise RuntimeError(f"Stored {stored.inserted} of {size} rows: {stored.rejects[:1]}.")
    return time.time()


def main() -> None:
    """Measure on the database of the environment, else in a data folder of its own."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--every", type=int, nargs="*", default=EVERY_S, choices=(1, 2, 5), help="seconds of the timer")
    asked.add_argument("--sessions", type=int, nargs="*", default=SESSIONS)
    asked.add_argument("--batches", type=int, default=20)
    options = asked.parse_args()
    with own_database("bench-live"):
        measure_screen(Report(0, "screen"), options.batches, options.every, options.sessions)


if __name__ == "__main__":
    main()
