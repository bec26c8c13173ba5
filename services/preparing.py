"""What has to be done once, before the first page is served?"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from data import queue
from data.errors import unknown
from data.settings import ROOT, settings

DEMO = "demo"
KERNELS = "kernels"
_ENGINE = ROOT / "data" / "engine"
Progress = Callable[[str, float], None]


def due() -> list[str]:
    """Which of the steps have not been done for this data folder and this version of the code."""
    steps = []
    if not _stamp().is_file() or _stamp().read_text() != _fingerprint():
        steps.append(KERNELS)
    if settings().demo and not demo_is_loaded():
        steps.append(DEMO)
    return steps


def demo_is_loaded() -> bool:
    """Whether the demo workspace was loaded to its end."""
    found = queue.job_runs().get(DEMO)
    return found is not None and found.outcome == "done"


def prepare(step: str, progress: Progress) -> None:
    """Do one step, calling `progress(what, fraction done)`. Raises UnknownName."""
    if step == KERNELS:
        progress("Compiling the engine", 0.0)
        compile_kernels()
        progress("Compiling the engine", 1.0)
    elif step == DEMO:
        load_demo(lambda fraction, _: progress("Loading the demo", fraction))
    else:
        raise unknown("step", step, (KERNELS, DEMO))


def compile_kernels() -> None:
    """Compile the engine's kernels into the cache on disk."""
    from data.engine import kernels

    kernels.warm()
    _stamp().parent.mkdir(parents=True, exist_ok=True)
    _stamp().write_text(_fingerprint())


def load_demo(progress: Callable[[float, str], None]) -> None:
    """Load the demo workspace; one that was interrupted is completed."""
    from services import demo

    queue.note_started(DEMO, datetime.now(UTC))
    demo.load_demo(progress)
    queue.note_done(DEMO, datetime.now(UTC), "")


def cache_folder() -> Path:
    """Where compiled kernels are kept."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    return Path(named) if named else settings().home.resolve() / "cache" / "numba"


def _stamp() -> Path:
    return cache_folder() / "compiled"


def _fingerprint() -> str:
    found = hashlib.sha256(f"{sys.version} {version('numba')} {version('llvmlite')}".encode())
    for path in sorted(_ENGINE.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()
