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
from data.settings import settings

DATABASE = "belvedere"
_START_S = 600.0  # a server that recovers from a crash is slow but alive
_POLL_S = 0.02
_LOG_BYTES = 10_000_000
_children: list[subprocess.Popen[bytes]] = []  # kept, so that a server that died is reaped and not taken for alive


def socket_url(home: Path) -> str:
    """The address of the embedded server of a data folder, running or not."""
    return f"postgresql://postgres@/{DATABASE}?host={quote(str(files_of(home).socket), safe='')}&port={PORT}"


def is_running(home: Path) -> bool:
    """Whether the server is there and takes connections."""
    where = files_of(home)
    return _postmaster(where) is not None and _status(where) == "ready"


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
    if _postmaster(where) is None:
        _check_owner(where)
        programs = binaries(where.identity)
        if not (where.data / "PG_VERSION").exists():
            _create(where, programs)
        _clear_remains(where)
        _children.append(_launch(where, programs))
    _wait_until_ready(where)


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
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _run(where, [str(programs / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust", *locale])
    single = [str(programs / "postgres"), "--single", "-D", str(fresh), "postgres"]
    _run(where, single, f"CREATE DATABASE {DATABASE}\n")
    if where.data.is_dir():
        where.data.rmdir()
    fresh.rename(where.data)


def _run(where: ServerFiles, command: list[str], text: str = "") -> None:
    process = _spawn(where, command, subprocess.PIPE)
    said = process.communicate(text.encode())[0].decode(errors="replace").strip()
    if process.returncode:
        raise BelvedereError(f"PostgreSQL's {Path(command[0]).name} failed in {where.data.parent}: {said}")


def _launch(where: ServerFiles, programs: Path) -> subprocess.Popen[bytes]:
    flags = [part for name, value in server_options().items() for part in ("-c", f"{name}={value}")]
    command = [str(programs / "postgres"), "-D", str(where.data), "-p", str(PORT), "-k", str(where.socket), *flags]
    if where.log.exists() and where.log.stat().st_size > _LOG_BYTES:
        where.log.replace(where.log.with_suffix(".log.1"))
    with where.log.open("ab") as log:
        return _spawn(where, command, log.fileno())


def _spawn(where: ServerFiles, command: list[str], output: int) -> subprocess.Popen[bytes]:
    """A process of the server's user, in a session of its own, out of reach of Ctrl-C, in a folder it can enter."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    try:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE if output == subprocess.PIPE else subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, cwd="/", env=kept | {"LC_ALL": "C"}, start_new_session=True,
            user=where.identity.uid if where.identity else None, group=where.identity.gid if where.identity else None,
            extra_groups=[] if where.identity else None,
        )  # fmt: skip
    except OSError as error:
        raise BelvedereError(f"{command[0]} cannot be run: {error}") from error


def server_options(memory: int | None = None) -> dict[str, str]:
    """The server's settings, sized by the memory of the machine or container in bytes."""
    mb = (memory or _memory()) // 2**20
    options = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": f"{min(max(mb // 24, 64), 4096)}MB",
        "effective_cache_size": f"{max(mb // 2, 256)}MB",
        "maintenance_work_mem": f"{min(max(mb // 96, 32), 512)}MB",
        "work_mem": f"{min(max(mb // 768, 4), 64)}MB",
        "max_wal_size": "4GB",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }
    if _shared_memory_is_small():  # the 64 MB of a container end a parallel query with "No space left on device"
        options["dynamic_shared_memory_type"] = "mmap"
    return options


def _memory() -> int:
    found = int(psutil.virtual_memory().total)
    with suppress(OSError, ValueError):
        found = min(found, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return found


def _shared_memory_is_small() -> bool:
    with suppress(OSError):
        found = os.statvfs("/dev/shm")
        return found.f_blocks * found.f_frsize < 256 * 2**20
    return False


def _status(where: ServerFiles) -> str:
    """The last line of postmaster.pid: starting, ready or stopping; empty when there is none."""
    with suppress(OSError):
        lines = (where.data / "postmaster.pid").read_text().splitlines()
        return lines[7].strip() if len(lines) > 7 else ""
    return ""


def _postmaster(where: ServerFiles) -> psutil.Process | None:
    """The living server process; a process that merely got its number after a reboot is not taken for it."""
    with suppress(OSError, ValueError, IndexError, psutil.Error):
        process = psutil.Process(int((where.data / "postmaster.pid").read_text().split()[0]))
        if _is_alive(process) and str(where.data) in process.cmdline():
            return process
    return None


def _clear_remains(where: ServerFiles) -> None:
    """After a crash: end the orphaned children, which block a restart, and a pid file that names a stranger."""
    orphans = [p for p in psutil.process_iter(["name", "username"]) if _belongs(p, where)]
    for process in orphans:
        with suppress(psutil.Error):
            process.send_signal(signal.SIGQUIT)
    for process in psutil.wait_procs(orphans, timeout=3)[1]:
        with suppress(psutil.Error):
            process.kill()
    with suppress(OSError, ValueError, IndexError):
        pid_file = where.data / "postmaster.pid"
        if psutil.pid_exists(int(pid_file.read_text().split()[0])):
            pid_file.unlink()


def _belongs(process: psutil.Process, where: ServerFiles) -> bool:
    with suppress(psutil.Error):
        return "postgres" in (process.info["name"] or "") and process.cwd() == str(where.data)
    return False


def _wait_until_ready(where: ServerFiles) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if _postmaster(where) is None:
            time.sleep(_POLL_S)
            if _children and _children[-1].poll() is not None:
                break
        elif _status(where) == "ready":
            return
        time.sleep(_POLL_S)
    said = where.log.read_text(errors="replace").strip().splitlines()[-8:] if where.log.exists() else []
    raise BelvedereError("\n".join(["The embedded database does not start. Its log ends with:", *said]))


def _stop(where: ServerFiles, patience_s: float) -> bool:
    process = _postmaster(where)
    if process is None:
        return False
    for how, wait_s in ((signal.SIGINT, patience_s), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(how)
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            if not _is_alive(process):
                return True
            time.sleep(_POLL_S)
    raise BelvedereError(f"The embedded database (process {process.pid}) does not stop.")


def _is_alive(process: psutil.Process) -> bool:
    for child in _children:
        child.poll()
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def checkpoint(home: Path) -> None:
    """Have the server write what it holds in memory, so that stopping it takes no time; failing is harmless."""
    with suppress(psycopg.Error), psycopg.connect(socket_url(home), autocommit=True, connect_timeout=2) as connection:
        connection.execute("CHECKPOINT")
