"""Which files do browsers need to draw on a map, and how do they get here?

No page fetches anything from elsewhere, and files of others are not committed. So they are taken out of a package of
the Python registry, where everything else comes from: `python -m services.maps.leaflet`, a step of `make run`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
WANTED = ROOT / "deploy" / "drawing.txt"
FOLDER = ROOT / "static" / "vendor" / "leaflet"
FILES = (
    "leaflet.js", "leaflet.css", "draw/leaflet.draw.js", "draw/leaflet.draw.css",
    "draw/images/spritesheet.svg", "draw/images/spritesheet.png", "draw/images/spritesheet-2x.png",
)  # fmt: skip
HOW = (
    "The files that browsers need for drawing (Leaflet, 250 kB) come from the Python package registry and are not here"
    " yet. Where Belvedere runs, and there is a connection, `make draw` brings them in a few seconds; then reload this"
    " page. Everything else works without them."
)
_INSIDE = "leaflet/static/leaflet/"  # where the package keeps them

Download = Callable[[Path], str]


def is_here(folder: Path | None = None) -> bool:
    """Whether every file is in its place."""
    return all(((folder or FOLDER) / name).is_file() for name in FILES)


def bring(folder: Path, download: Download) -> str:
    """Put the files into the folder; what went wrong, empty when they are there. `download` puts the package into a
    folder and says the same."""
    if is_here(folder):
        return ""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as room:
        problem = download(Path(room))
        if problem:
            return problem
        packages = list(Path(room).glob("*.whl"))
        if len(packages) != 1:
            return f"found {len(packages)} packages; expected one"
        ready = Path(room) / "ready"
        try:
            _unpack(packages[0], ready)
        except (KeyError, zipfile.BadZipFile) as error:
            return f"{packages[0].name} is not the expected package: {error}"
        shutil.rmtree(folder, ignore_errors=True)
        ready.replace(folder)
    return ""


def _unpack(package: Path, ready: Path) -> None:
    with zipfile.ZipFile(package) as found:
        for name in FILES:
            path = ready / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(found.read(_INSIDE + name))


def _pip(room: Path) -> str:
    """Let pip fetch the package, whose content is checked by its hash."""
    words = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-q",
        "--retries", "1", "--timeout", "10", "--disable-pip-version-check", "-d", str(room), "-r", str(WANTED),
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    said = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    return "" if done.returncode == 0 else (said or ["pip failed"])[-1]


def main(download: Download = _pip) -> int:
    """Bring the files if they are missing, and say so; 1 when that was not possible."""
    if is_here():
        return 0
    sys.stdout.write("Fetching Leaflet, with which people draw on maps, once\n")
    sys.stdout.flush()
    problem = bring(FOLDER, download)
    if problem:
        sys.stderr.write(
            f"It could not be fetched: {problem}\nEverything but drawing works without it; `make draw` tries again.\n"
        )
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
