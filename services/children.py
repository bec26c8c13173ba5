"""How is one long-running process started, restarted when it dies, and ended?"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from data.settings import ROOT

_LONGEST_WAIT_S = 30.0
_STEADY_S = 60.0  # a process that lived so long starts again without waiting
_LOG_BYTES = 10_000_000


class Child:
    """The `manage.py` command of that name, meant to run for ever, in a process group of its own."""

    def __init__(self, name: str, arguments: list[str], logs: Path, descriptors: tuple[int, ...]) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self.failures = 0
        self._command = [sys.executable, str(ROOT / "manage.py"), name, *arguments]
        self._descriptors = descriptors
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._again_at: float | None = None

    @property
    def pid(self) -> int | None:
        """Its process number while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start it, with its output going to the log."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # errors may hold personal data
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=self._descriptors,
                start_new_session=True,
            )  # fmt: skip
        self._started = time.monotonic()
        self._again_at = None

    def look_after(self, now: float) -> str:
        """Start it again when it died and its pause is over; a sentence when it has just been found dead."""
        self._keep_log_short()
        if self._process is None or self._process.poll() is None:
            return ""
        if self._again_at is None:
            self.failures = 1 if now - self._started > _STEADY_S else self.failures + 1
            pause = min(0.25 * 2**self.failures, _LONGEST_WAIT_S)
            self._again_at = now + pause
            return f"The {self.name} process ended ({_how(self._process.returncode)}); it starts again in {pause:g} s."
        if now >= self._again_at:
            self.start()
        return ""

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 20_000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])

    def ask_to_stop(self) -> None:
        """Tell it to end, without waiting."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def end(self, until: float) -> None:
        """Wait for its end until a moment of the monotonic clock; then end it, with all it has started."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, until - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _keep_log_short(self) -> None:
        """Keep the last ten megabytes; the process goes on writing to the same, emptied file."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > _LOG_BYTES:
                self.log.with_suffix(".log.1").write_bytes(self.log.read_bytes())
                os.truncate(self.log, 0)


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def end_with_parent(descriptor: int, patience_s: float = 20.0) -> None:
    """End this process when the other end of a pipe is closed, that is, when the supervisor is gone."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            os.read(descriptor, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(patience_s)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()
