"""Is the embedded server's process there, with which settings does it run, and what has a crash left behind?"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

from data.errors import BelvedereError
from data.server_files import PORT, ServerFiles

EXTRA_OPTIONS: dict[str, str] = {}  # tests do without waiting for the disk
POLL_S = 0.02
_LOG_BYTES = 10_000_000
_DYING_S = 10.0  # freeing the memory of a killed server takes a moment
_children: list[subprocess.Popen[bytes]] = []  # kept, so that a server that died is reaped and not taken for alive


def launch(where: ServerFiles, programs: Path) -> subprocess.Popen[bytes]:
    """Start the server; it takes connections a moment later."""
    flags = [part for name, value in (server_options() | EXTRA_OPTIONS).items() for part in ("-c", f"{name}={value}")]
    command = [str(programs / "postgres"), "-D", str(where.data), "-p", str(PORT), "-k", str(where.socket), *flags]
    if where.log.exists() and where.log.stat().st_size > _LOG_BYTES:
        where.log.replace(where.log.with_suffix(".log.1"))
    with where.log.open("ab") as log:
        process = spawn(where, command, log.fileno())
    _children.append(process)
    return process


def spawn(where: ServerFiles, command: list[str], output: int) -> subprocess.Popen[bytes]:
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
        "bgwriter_lru_maxpages": "1000",  # rows may stream in faster than 500 pages a second, where it stops by default
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


def status(where: ServerFiles) -> str:
    """The last line of postmaster.pid: starting, ready or stopping; empty when there is none."""
    with suppress(OSError):
        lines = (where.data / "postmaster.pid").read_text().splitlines()
        return lines[7].strip() if len(lines) > 7 else ""
    return ""


def postmaster(where: ServerFiles) -> psutil.Process | None:
    """The living server process; a process that merely got its number after a reboot is not taken for it."""
    pid = _noted_pid(where)
    with suppress(psutil.Error):
        if pid and is_alive(process := psutil.Process(pid)) and str(where.data) in process.cmdline():
            return process
    return None


def _noted_pid(where: ServerFiles) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int((where.data / "postmaster.pid").read_text().split()[0])
    return None


def clear_remains(where: ServerFiles) -> None:
    """After a crash: end the orphaned children, which block a restart, and lock files that name a stranger or a zombie.

    TRICKY: a process that was killed has lost its arguments long before it is gone, so it looks like a stranger.
    """
    pid = _noted_pid(where)
    until = time.monotonic() + _DYING_S
    while pid and _is_dying(pid) and time.monotonic() < until:
        time.sleep(POLL_S)
    orphans = [p for p in psutil.process_iter(["name", "username"]) if _belongs(p, where)]
    for process in orphans:
        with suppress(psutil.Error):
            process.send_signal(signal.SIGQUIT)
    for process in psutil.wait_procs(orphans, timeout=3)[1]:
        with suppress(psutil.Error):
            process.kill()
    if pid and psutil.pid_exists(pid):
        for file in (where.data / "postmaster.pid", where.socket / f".s.PGSQL.{PORT}.lock"):
            file.unlink(missing_ok=True)


def _is_dying(pid: int) -> bool:
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        return is_alive(process) and not process.cmdline()
    return False


def _belongs(process: psutil.Process, where: ServerFiles) -> bool:
    with suppress(psutil.Error):
        return "postgres" in (process.info["name"] or "") and process.cwd() == str(where.data)
    return False


def is_alive(process: psutil.Process) -> bool:
    for child in _children:
        child.poll()
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
