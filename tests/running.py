"""How does a test start the whole application as a user would, and see what is left of it?"""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from data.settings import ROOT

READY_S = 180.0
PATIENCE_S = 60.0  # how long a machine that does other things too may take for what is a matter of a second
_PORTS = range(15_000, 32_000)  # below those that the kernel gives to outgoing connections


def free_port() -> int:
    """A port that nobody uses now, and that other tests running beside this one are unlikely to be given too."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def eventually(claim: object, seconds: float = PATIENCE_S) -> bool:
    """Whether `claim()` comes true in time; an error of the network or a process that is gone counts as not yet."""
    assert callable(claim)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if claim():
                return True
        except (OSError, LookupError, psutil.Error):
            pass
        time.sleep(0.05)
    return False


def unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what makes coverage watch new processes too, which takes a third of their time."""
    return {name: value for name, value in environment.items() if not name.startswith("COVERAGE_")}


class Application:
    """`manage.py run` on a data folder and port, without the demo, and every process of it."""

    def __init__(
        self, home: Path, port: int, root: Path = ROOT, wrapper: tuple[str, ...] = (), python: str = sys.executable,
        measured: bool = False, **environment: str,
    ) -> None:  # fmt: skip
        self.home = home
        self.url = f"http://127.0.0.1:{port}"
        self._log = Path(tempfile.mkstemp(prefix="belvedere-run-")[1])
        kept = {
            name: value
            for name, value in (os.environ if measured else unmeasured(os.environ)).items()
            if not name.startswith(("BELVEDERE_", "DATABASE_URL", "MAKELEVEL"))
        }
        own = {"BELVEDERE_HOME": str(home), "BELVEDERE_PORT": str(port), "BELVEDERE_DEMO": "0"}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*wrapper, python, str(root / "manage.py"), "run"], cwd=root, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, env=kept | own | environment,
            )  # fmt: skip

    @property
    def output(self) -> str:
        """What it has printed."""
        return self._log.read_text()

    def wait_until_ready(self) -> None:
        """Until the address has been printed; fails with the output otherwise."""
        found = eventually(lambda: "Belvedere is at" in self.output or self.process.poll() is not None, READY_S)
        logs = "".join(path.read_text() for path in (self.home / "logs").glob("*.log")) if not found else ""
        assert found and self.process.poll() is None, self.output + logs
        assert eventually(lambda: "Ctrl-C stops everything" in self.output), self.output

    def sign_in_link(self) -> str:
        """The one-time link that was printed."""
        found = re.search(r"once, at (\S+)", self.output)
        assert found, self.output
        return found[1]

    def status(self, path: str) -> int:
        """The status code of a GET, redirects not followed."""
        opener = urllib.request.build_opener(_Stay)
        try:
            return int(opener.open(f"{self.url}{path}", timeout=PATIENCE_S).status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def processes(self) -> list[psutil.Process]:
        """Everything that belongs to this data folder: supervisor, web, worker, database and its backends."""
        return [p for p in psutil.process_iter() if self._owns(p)]

    def find(self, word: str) -> psutil.Process:
        """The one process with this word among its arguments: web, worker, or -D for the database."""
        found = [p for p in self.processes() if word in p.cmdline()]
        if len(found) != 1:
            raise LookupError(f"{word}: {found}")
        return found[0]

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Tell the supervisor to stop and wait for its end; the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        return time.monotonic() - began

    def kill(self) -> None:
        """Kill all of it at once, database included."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def remove(self) -> None:
        """Whatever the test did, leave nothing behind."""
        self.kill()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        self.forget()

    def forget(self) -> None:
        """Remove what it has printed."""
        self._log.unlink()

    def _owns(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            home = str(self.home.resolve())
            return process.environ().get("BELVEDERE_HOME") == str(self.home) or process.cwd().startswith(home)
        except psutil.Error:
            return False


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


@contextmanager
def application(home: Path, measured: bool = False, **environment: str) -> Iterator[Application]:
    """A ready application on a free port, gone at the end; coverage counts in its processes only when asked to."""
    found = Application(home, free_port(), measured=measured, **environment)
    try:
        found.wait_until_ready()
        yield found
    finally:
        found.remove()
