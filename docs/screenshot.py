"""What does the Live page look like? `make screenshot` starts the demo, signs in and takes the picture of README.md."""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from data.settings import ROOT
from tests.running import application

PICTURES = ROOT / "docs" / "images"
SIZES = {
    "live.png": (1440, 1000, "light"),
    "live-dark.png": (1440, 1000, "dark"),
    "live-phone.png": (390, 844, "light"),
}
_DRAWN_MS = 6_000  # the charts are drawn after the page says that it is complete


def take(folder: Path, chromium: str) -> None:
    """One picture a size into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="belvedere-screenshot-"))
    home.chmod(0o755)
    try:
        with application(home, BELVEDERE_DEMO="1") as app, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page()
            _sign_in(page, app.sign_in_link())
            for name, (width, height, scheme) in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.goto(app.url.replace("127.0.0.1", "localhost"))
                page.wait_for_timeout(_DRAWN_MS)
                page.screenshot(path=folder / name)
            browser.close()
            app.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _sign_in(page: Page, link: str) -> None:
    password = secrets.token_urlsafe(16)
    page.goto(link)
    page.get_by_label("New password").fill(password)
    page.get_by_label("The same again").fill(password)
    page.get_by_role("button", name="Set password and sign in").click()
    page.wait_for_timeout(_DRAWN_MS)


if __name__ == "__main__":
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        sys.exit("No chromium on this machine: apt install chromium.")
    take(PICTURES, found)
