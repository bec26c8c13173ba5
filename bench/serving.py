"""How is the application started for a measurement, and what do its processes cost?"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
_START_S = 120.0


@contextmanager
def own_database(folder: str) -> Iterator[None]:
    """A migrated database without the demo: that of the environment, else one in a data folder of its own."""
    os.environ.setdefault("BELVEDERE_HOME", str(ROOT / ".belvedere" / folder))
    os.environ["BELVEDERE_DEMO"] = "0"
    from data import embedded
    from data.migrate import migrate

    with embedded.needed():
        migrate()
        yield


@contextmanager
def web_server(**environment: str) -> Iterator[tuple[psutil.Process, int]]:
    """`manage.py web` on a free port of this machine, on this process's database and data folder."""
    from data.engine import kernels
    from data.settings import settings

    kernels.warm()  # once for all processes of the measurement, which would compile at the same time
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    log = settings().home.resolve() / "logs" / "bench-web.log"
    settled = {"BELVEDERE_HOST": "127.0.0.1", "BELVEDERE_PORT": str(port), "BELVEDERE_DEMO": "0"}
    with _running("web", log, settled | environment) as process:
        _wait_until_ready(process, port, log)
        yield psutil.Process(process.pid), port


@contextmanager
def worker(**environment: str) -> Iterator[psutil.Process]:
    """`manage.py worker` beside it, which merges what was written."""
    from data.settings import settings

    log = settings().home.resolve() / "logs" / "bench-worker.log"
    with _running("worker", log, {"BELVEDERE_DEMO": "0"} | environment) as process:
        yield psutil.Process(process.pid)


@contextmanager
def _running(command: str, log: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), command], cwd=ROOT, env=os.environ | environment,
            stdout=out, stderr=out, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return
        time.sleep(0.1)
    raise RuntimeError(f"The server does not start:\n{log.read_text()[-2000:]}")


@dataclass(slots=True)
class Meter:
    """Used cores by process over the time between two readings."""

    processes: dict[str, psutil.Process]
    _at: float = 0.0
    _before: dict[str, float] | None = None

    def start(self) -> Meter:
        """The first reading."""
        self._at, self._before = time.perf_counter(), self._read()
        return self

    def cores(self) -> dict[str, float]:
        """Cores used since then: by each process, by the database (its ended backends left out), by the machine."""
        assert self._before is not None
        took, after = time.perf_counter() - self._at, self._read()
        return {name: round((after[name] - self._before[name]) / took, 2) for name in after}

    def _read(self) -> dict[str, float]:
        found = {name: sum(process.cpu_times()[:2]) for name, process in self.processes.items()}
        machine = psutil.cpu_times()
        idle = machine.idle + getattr(machine, "iowait", 0.0)
        return found | {"database": _database_seconds(), "machine": sum(machine[:8]) - idle}


def _database_seconds() -> float:
    """CPU seconds of the data folder's own server and its backends; 0 where there is none."""
    from data.server_files import files_of
    from data.settings import settings

    pid_file, total = files_of(settings().home).data / "postmaster.pid", 0.0
    with suppress(OSError, psutil.Error):
        postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
        for process in (postmaster, *postmaster.children()):
            with suppress(psutil.Error):
                total += sum(process.cpu_times()[:4])  # a postmaster counts its ended backends too
    return total
