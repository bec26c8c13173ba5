"""How long after opening the heat map do its first hexagons stand on the screen of a real browser, and when can one
move it?
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from playwright.async_api import Browser, async_playwright

from bench.live import demo_with_sessions, forget_sessions
from bench.measure import Report
from bench.screen import CHROMIUM, can_measure
from bench.serving import web_server
from services.web.cookies import SESSION_COOKIE

__all__ = ["can_measure", "measure_first_map"]

TARGET_MS = 2000
OPENINGS = 8
_WAIT_MS = 120_000
_EVERY_MS = 80
# First comes a still drawing, an image with all hexagons in it. It is on the screen with the second frame after it was
# decoded. Deck draws on canvases of their own. A grid of their pixels, which are kept for that, is looked at every
# moment: names and the scale bar cover less than 3 %. The ground of the map is no hexagon.
_WATCH = """() => {
  window.painted = window.seen = 0;
  const look = () => {
    const still = document.querySelector('[class*="st-key-sight_"] img');
    if (!still || !still.src.includes('path')) return requestAnimationFrame(look);
    still.decode().then(() => requestAnimationFrame(() => requestAnimationFrame(() => {
      const {width, height} = still.parentElement.getBoundingClientRect();
      if (width > 200 && height > 200) window.seen = performance.now();
    })));
  };
  look();
  const drawn = new Set(), plain = new Set(['238,241,243', '23,29,36', '0,0,0']);
  const open = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, given) {
    const found = open.call(this, kind, kind === 'webgl2' ? {...given, preserveDrawingBuffer: true} : given);
    if (kind === 'webgl2' && found) drawn.add(found);
    return found;
  };
  const covers = gl => {
    const wide = gl.drawingBufferWidth, high = gl.drawingBufferHeight, line = new Uint8Array(wide * 4);
    if (wide < 200 || high < 200 || gl.getParameter(gl.FRAMEBUFFER_BINDING)) return false;
    let seen = 0, covered = 0;
    for (let y = 8; y < high; y += 100) {
      gl.readPixels(0, y, wide, 1, gl.RGBA, gl.UNSIGNED_BYTE, line);
      for (let x = 0; x < wide; x += 8, seen += 1)
        covered += line[x * 4 + 3] > 0 && !plain.has(line.slice(x * 4, x * 4 + 3).join());
    }
    return covered > 0.03 * seen;
  };
  const timer = setInterval(() => {
    if (![...drawn].some(covers)) return;
    window.painted = performance.now();
    clearInterval(timer);
  }, EVERY_MS);
}"""


def measure_first_map(report: Report) -> None:
    """From the navigation to the first hexagons, in a browser without a cache and in one that was here before; then
    until they can be moved.
    """
    secrets = demo_with_sessions(1)
    try:
        with web_server() as (_, port):
            first, again = asyncio.run(_openings(port, secrets[0]))
    finally:
        forget_sessions(secrets)
    for name, found in (("first visit", first), ("seen before", again)):
        seen = [opening.seen_ms for opening in found]
        report.times(f"first map on the screen, {name}", seen)
        report.ratio(f"first map on the screen, {name}: within 2 s", sum(ms <= TARGET_MS for ms in seen) / len(seen))
        report.times(f"first map that can be moved, {name}", [opening.painted_ms for opening in found])


@dataclass(frozen=True, slots=True)
class Opening:
    """Milliseconds from the navigation until the hexagons were to be seen, and until deck.gl had drawn them."""

    seen_ms: float
    painted_ms: float


async def _openings(port: int, secret: str) -> tuple[list[Opening], list[Opening]]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader"]
        )  # fmt: skip
        try:
            await _open(browser, port, secret, 1)  # compiles and reads for all
            first = [(await _open(browser, port, secret, 1))[0] for _ in range(OPENINGS)]
            again = (await _open(browser, port, secret, OPENINGS + 1))[1:]
        finally:
            await browser.close()
    return first, again


async def _open(browser: Browser, port: int, secret: str, times: int) -> list[Opening]:
    """The page opened so many times in one browser profile."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    address = f"http://127.0.0.1:{port}"
    await context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": address}])
    await context.add_init_script(f"({_WATCH.replace('EVERY_MS', str(_EVERY_MS))})()")
    page, found = await context.new_page(), []
    for _ in range(times):
        await page.goto(f"{address}/heatmap", wait_until="commit")
        await page.wait_for_function("() => window.seen && window.painted", timeout=_WAIT_MS)
        found.append(Opening(*await page.evaluate("() => [window.seen, window.painted]")))
    await context.close()
    return found
