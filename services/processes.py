"""What has to run for one data folder, and how is it started, kept running and stopped?

One supervisor holds the port, the embedded database, the web server and the worker. Whatever dies is started again;
when the supervisor is told to stop, or is killed, the others go with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import psutil

from data import embedded
from data.errors import BelvedereError
from data.server_files import make_home
from data.settings import ROOT, settings
from services import preparing
from services.children import Child
from services.serve import bind

_TICK_S = 0.25
_READY_S = 120.0
_CHILDREN_S = 2.7  # of the five seconds in which everything has to be gone
_DATABASE_S = 1.5
Say = Callable[[str], None]


def address() -> str:
    """Where people find the application."""
    host = settings().host
    return f"http://{'localhost' if host in ('0.0.0.0', '::', '127.0.0.1') else host}:{settings().port}"


def running_pid(home: Path) -> int | None:
    """The supervisor that holds a data folder; None when there is none, whatever an old file says."""
    path = home / "run.lock"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.suppress(ValueError, KeyError):
                return int(json.loads(path.read_text())["pid"])
    return None


def stop_running(home: Path, patience_s: float = 10.0) -> bool:
    """Stop a supervisor and a server that was left behind; False when nothing was running."""
    pid = running_pid(home)
    if pid is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            supervisor = psutil.Process(pid)
            supervisor.terminate()
            until = time.monotonic() + patience_s
            while supervisor.is_running() and supervisor.status() != psutil.STATUS_ZOMBIE:
                if time.monotonic() > until:
                    raise BelvedereError(f"Process {pid} does not stop; end it with `kill -9 {pid}`, then try again.")
                time.sleep(0.05)
    left = embedded.stop(home)
    return pid is not None or left


class Supervisor:
    """Runs everything of the settings' data folder until SIGTERM, SIGINT or SIGHUP."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._stop = threading.Event()
        self._parent = os.getppid()
        self._home = settings().home.resolve()
        self._children: list[Child] = []

    def run(self) -> int:
        """Start, watch, stop; the exit code. Raises BelvedereError when it cannot start."""
        make_home(self._home)
        with (
            self._alone(), contextlib.closing(bind()) as listener, _pipe() as (pipe, _), _pipe() as (go, waiting),
            self._signals(),
        ):  # fmt: skip
            logs, lease = self._home / "logs", None
            # Importing takes the web process as long as the database takes to start: it begins now, and waits.
            arguments = ["--listen-fd", str(listener.fileno()), "--parent-fd", str(pipe), "--go-fd", str(go)]
            web = Child("web", arguments, logs, (listener.fileno(), pipe, go))
            worker = Child("worker", ["--parent-fd", str(pipe)], logs, (pipe,))
            try:
                web.start()
                self._children = [web]
                lease = None if settings().database_url else embedded.Lease(self._home)
                return self._serve(web, worker, pipe, waiting)
            finally:
                self._end(lease)

    def _serve(self, web: Child, worker: Child, pipe: int, waiting: BinaryIO) -> int:
        from data.migrate import migrate
        from services.people import first_sign_in_link

        migrate()
        for step in preparing.due():
            if not self._stop.is_set():
                self._prepare(step, pipe)
        waiting.close()  # whoever reads the other end goes on
        self._children = [web, worker]
        link = None if self._stop.is_set() else first_sign_in_link(datetime.now(UTC))
        if not self._wait_until_ready(web):
            return 1
        worker.start()
        self._announce(link)
        while not self._done():
            self._look_after()
        return 0

    def _done(self) -> bool:
        """Told to stop, or started by a `make` that is gone."""
        orphaned = "MAKELEVEL" in os.environ and os.getppid() != self._parent
        return orphaned or self._stop.wait(_TICK_S)

    def _prepare(self, step: str, pipe: int) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "prepare", step, "--parent-fd", str(pipe)]
        process = subprocess.Popen(command, cwd=ROOT, pass_fds=(pipe,), stdin=subprocess.DEVNULL, process_group=0)
        while process.poll() is None and not self._stop.is_set():
            self._stop.wait(0.05)
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_CHILDREN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        elif process.returncode:
            self._say(f"Preparing the {step} failed, see above; going on without. The next start tries again.")

    def _wait_until_ready(self, web: Child) -> bool:
        until = time.monotonic() + _READY_S
        while not self._stop.is_set():
            self._look_after()
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{_local_address()}/healthz", timeout=2):
                return True
            if web.failures >= 3 or time.monotonic() > until:
                self._say(f"The web server does not start. The end of {web.log}:\n{web.last_lines()}")
                return False
            self._stop.wait(0.05)
        return True

    def _look_after(self) -> None:
        if not settings().database_url and not embedded.is_running(self._home):
            self._say("The database is gone; starting it again.")
            try:
                embedded.start(self._home)
            except BelvedereError as error:
                self._say(str(error))
                self._stop.wait(2.0)
        for child in self._children:
            said = child.look_after(time.monotonic())
            if said:
                self._say(said)

    def _announce(self, link: str | None) -> None:
        if self._stop.is_set():
            return
        self._say(f"Belvedere is at {address()}")
        if link:
            self._say(f"Sign in for the first time, once, at {address()}{link}")
        self._say(f"Data and logs are in {self._home}. Ctrl-C stops everything.")

    def _end(self, lease: embedded.Lease | None) -> None:
        if lease:
            threading.Thread(target=embedded.checkpoint, args=(self._home,), daemon=True).start()
        until = time.monotonic() + _CHILDREN_S
        for child in self._children:
            child.ask_to_stop()
        for child in self._children:
            child.end(until)
        if lease:
            lease.release(_DATABASE_S)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        path = self._home / "run.lock"
        with embedded.open_lock(path) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                found = running_pid(self._home) or "unknown"
                raise BelvedereError(
                    f"Belvedere already runs on {self._home} (process {found}). Stop it with `manage.py stop`,"
                    " or set BELVEDERE_HOME to another folder."
                ) from None
            path.write_text(json.dumps({"pid": os.getpid(), "address": address()}))
            yield
            path.write_text("")

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        wanted = [signal.SIGTERM, signal.SIGINT]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
            wanted.append(signal.SIGHUP)
        before = {number: signal.signal(number, lambda *_: self._stop.set()) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[int, BinaryIO]]:
    """A pipe whose writing end only this process holds: children read its end when it is closed or the process gone."""
    reader, writer = os.pipe()
    try:
        with os.fdopen(writer, "wb") as held:
            yield reader, held
    finally:
        os.close(reader)


def _local_address() -> str:
    host = settings().host
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{settings().port}"
