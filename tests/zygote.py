"""How does a test run a program in a process of its own without that process importing everything again?

A zygote is a process that has imported what programs of this project import, with what they run compiled, and does
nothing but divide itself: each copy is a process of its own with its own files, environment and end, and can be killed
like any other. One zygote serves all tests of a process.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import IO, Any

from data.settings import ROOT, settings
from tests.running import unmeasured

_PRELOADED = (
    "pandas", "typer", "alembic.command", "services.ingest", "services.simulate", "services.rollups", "services.packs",
    "services.health", "services.inbox", "services.mqtt", "services.jobs.worker", "data.migrate", "data.engine.batches",
    "data.engine.compact", "data.engine.verify", "data.engine.answers", "data.engine.passes", "tests.db.ledger",
)  # fmt: skip
_PATIENCE_S = 120.0
_LENGTH = struct.Struct("!I")


class Copy:
    """A running program; what it prints can be read from `stdout`."""

    def __init__(self, link: socket.socket, pid: int, stdout: IO[str], stderr: IO[str]) -> None:
        self.pid, self.stdout = pid, stdout
        self._link, self._stderr = link, stderr
        self._returncode: int | None = None

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """How it ended: its exit code, or the negative number of the signal that killed it."""
        if self._returncode is None:
            with self._link, self.stdout, self._stderr:
                self._link.settimeout(_PATIENCE_S)
                self._returncode = os.waitstatus_to_exitcode(json.loads(_received(self._link)))
        return self._returncode

    def communicate(self) -> tuple[str, str]:
        """What it printed from here on until its end, and all that it said on standard error."""
        printed = self.stdout.read()
        self._stderr.seek(0)
        said = self._stderr.read()
        self.wait()
        return printed, said


def start(words: Sequence[str], cwd: str = str(ROOT), environment: Mapping[str, str] = os.environ) -> Copy:
    """Start `python <words>`: a file, `-m module` or `-c code`, and its arguments."""
    address = _door()
    (out, out_of_it), err = os.pipe(), os.memfd_create("stderr")
    mine, other = socket.socketpair()
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(address)
        asked = json.dumps({"words": list(words), "cwd": cwd, "environment": unmeasured(environment)})
        socket.send_fds(door, [b"x"], [other.fileno(), out_of_it, err])
        _send(door, asked)
    other.close()
    os.close(out_of_it)
    return Copy(mine, int(_received(mine)), os.fdopen(out), os.fdopen(err))


def run(
    words: Sequence[str], cwd: str = str(ROOT), environment: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    """Run `python <words>` to its end."""
    copy = start(words, cwd, environment)
    stdout, stderr = copy.communicate()
    return subprocess.CompletedProcess(list(words), copy.wait(), stdout, stderr)


def _send(link: socket.socket, text: str) -> None:
    said = text.encode()
    link.sendall(_LENGTH.pack(len(said)) + said)


def _received(link: socket.socket) -> str:
    (size,) = _LENGTH.unpack(_exactly(link, _LENGTH.size))
    return _exactly(link, size).decode()


def _exactly(link: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = link.recv(size - len(found))
        if not part:
            raise EOFError("the zygote is gone")
        found += part
    return found


@lru_cache(maxsize=1)
def _door() -> str:
    """Where the zygote of this process listens: an abstract address, which leaves no file."""
    address = f"\0belvedere-zygote-{os.getpid()}"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.zygote", address[1:]], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=unmeasured(os.environ),
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.stdout.close()

    def end() -> None:
        process.kill()
        process.wait()
        process.stdin.close()  # type: ignore[union-attr]

    atexit.register(end)
    return address


def _serve(address: str) -> None:
    """Divide whenever asked, until whoever started it is gone."""
    for module in _PRELOADED:
        __import__(module)
    from data.engine import kernels

    kernels.warm()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(f"\0{address}")
        door.listen(16)
        print("ready", flush=True)
        while True:
            link, _ = door.accept()
            with link:
                _, files, _, _ = socket.recv_fds(link, 1, 3)
                asked = json.loads(_received(link))
            if os.fork() == 0:
                door.close()
                _watch(files, asked)
            for file in files:
                os.close(file)


def _watch(files: Sequence[int], asked: Mapping[str, Any]) -> None:
    """Divide once more: the first copy tells how the second one ends."""
    report, stdout, stderr = files
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(report)
        _become(asked, stdout, stderr)
    for file in (stdout, stderr):
        os.close(file)
    with socket.socket(fileno=report) as link:
        _send(link, str(pid))
        _send(link, json.dumps(os.waitpid(pid, 0)[1]))
    os._exit(0)


def _become(asked: Mapping[str, Any], stdout: int, stderr: int) -> None:
    for here, there in ((os.open(os.devnull, os.O_RDONLY), 0), (stdout, 1), (stderr, 2)):
        os.dup2(here, there)
        os.close(here)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["cwd"])
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    settings.cache_clear()
    code: object = 0
    try:
        _execute(asked["words"])
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001  # it is shown
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _execute(words: list[str]) -> None:
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif words[0] == "-c":
        sys.argv = ["-c", *words[2:]]
        exec(compile(words[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _serve(sys.argv[1])
