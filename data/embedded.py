"""How is the PostgreSQL that comes with Belvedere started, kept and stopped?

The server belongs to nobody in particular: every process that needs it holds a lease, the first starts it and the last
one to leave stops it, so that a command line beside a running application neither starts a second server nor stops the
first. A server whose users were all killed is found by the next start and used again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil
import psycopg

from data.errors import BelvedereError
from data.server_files import PORT, ServerFiles, binaries, files_of, prepare
from data.server_process import POLL_S, clear_remains, is_alive, launch, postmaster, spawn, status
from data.settings import settings

DATABASE = "belvedere"
CREATE_FLAGS = [
    "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
]  # fmt: skip
_START_S = 600.0  # a server that recovers from a crash is slow but alive


def socket_url(home: Path) -> str:
    """The address of the embedded server of a data folder, running or not."""
    return f"postgresql://postgres@/{DATABASE}?host={quote(str(files_of(home).socket), safe='')}&port={PORT}"


def is_running(home: Path) -> bool:
    """Whether the server is there and takes connections."""
    where = files_of(home)
    return postmaster(where) is not None and status(where) == "ready"


def start(home: Path) -> None:
    """Start the server, recover it after a crash, or find it running. Raises BelvedereError with the log's end."""
    where = files_of(home)
    prepare(where)
    with _locked(where.lock):
        _start(where)


def stop(home: Path, patience_s: float = 30.0) -> bool:
    """Stop the server, whoever uses it; False when it was not running.

    Past `patience_s` it is stopped without a checkpoint: nothing is lost, the next start recovers.
    """
    where = files_of(home)
    if not where.home.is_dir():
        return False
    with _locked(where.lock):
        return _stop(where, patience_s)


class Lease:
    """A claim that keeps the server running; the one who gives back the last claim stops the server."""

    def __init__(self, home: Path) -> None:
        self._files = files_of(home)
        prepare(self._files)
        with _locked(self._files.lock):
            _start(self._files)
            self._file: IO[bytes] | None = open_lock(self._files.users)
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def release(self, patience_s: float = 30.0) -> bool:
        """Give the claim back; True when the server was stopped with it."""
        if self._file is None:
            return False
        with _locked(self._files.lock):
            self._file.close()
            self._file = None
            with open_lock(self._files.users) as users:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return False
                return _stop(self._files, patience_s)


@contextmanager
def needed() -> Iterator[None]:
    """The database of the settings is up inside this block; does nothing when DATABASE_URL names one of one's own."""
    if settings().database_url:
        yield
        return
    lease = Lease(settings().home)
    try:
        yield
    finally:
        lease.release()


def open_lock(path: Path) -> IO[bytes]:
    """A file to be locked; BelvedereError when it is another user's."""
    try:
        return path.open("ab")
    except PermissionError as error:
        raise BelvedereError(f"{path} belongs to another user: run as that user, or set BELVEDERE_HOME.") from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open_lock(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start(where: ServerFiles) -> None:
    if postmaster(where) is not None and _becomes_ready(where, None):
        return
    _check_owner(where)
    programs = binaries(where.identity)
    if not (where.data / "PG_VERSION").exists():
        _create(where, programs)
    clear_remains(where)
    if not _becomes_ready(where, launch(where, programs)):
        said = where.log.read_text(errors="replace").strip().splitlines()[-8:]
        raise BelvedereError("\n".join(["The embedded database does not start. Its log ends with:", *said]))


def _check_owner(where: ServerFiles) -> None:
    if where.data.exists() and where.identity is None and where.data.stat().st_uid != os.geteuid():
        raise BelvedereError(f"{where.data} belongs to another user: run as that user, or set BELVEDERE_HOME.")


def _create(where: ServerFiles, programs: Path) -> None:
    """Make the data folder aside and move it into place, so that a start that was killed leaves none by half."""
    fresh = where.data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if where.identity:
        os.chown(fresh, where.identity.uid, where.identity.gid)
    _run(where, [str(programs / "initdb"), "-D", str(fresh), *CREATE_FLAGS])
    single = [str(programs / "postgres"), "--single", "-D", str(fresh), "postgres"]
    _run(where, single, f"CREATE DATABASE {DATABASE}\n")
    if where.data.is_dir():
        where.data.rmdir()
    fresh.rename(where.data)


def _run(where: ServerFiles, command: list[str], text: str = "") -> None:
    process = spawn(where, command, subprocess.PIPE)
    said = process.communicate(text.encode())[0].decode(errors="replace").strip()
    if process.returncode:
        raise BelvedereError(f"PostgreSQL's {Path(command[0]).name} failed in {where.data.parent}: {said}")


def _becomes_ready(where: ServerFiles, launched: subprocess.Popen[bytes] | None) -> bool:
    """Wait for connections to be taken; False when the server ends instead."""
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if postmaster(where) is not None:
            if status(where) == "ready":
                return True
        elif launched is None or launched.poll() is not None:
            return False
        time.sleep(POLL_S)
    return False


def _stop(where: ServerFiles, patience_s: float) -> bool:
    process = postmaster(where)
    if process is None:
        return False
    for how, wait_s in ((signal.SIGINT, patience_s), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(how)
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            if not is_alive(process):
                return True
            time.sleep(POLL_S)
    raise BelvedereError(f"The embedded database (process {process.pid}) does not stop.")


def checkpoint(home: Path) -> None:
    """Have the server write what it holds in memory, so that stopping it takes no time; failing is harmless."""
    with suppress(psycopg.Error), psycopg.connect(socket_url(home), autocommit=True, connect_timeout=2) as connection:
        connection.execute("CHECKPOINT")
