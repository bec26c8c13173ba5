"""A database server that a test may kill."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from data import database
from data.embedded import socket_url, start, stop
from data.migrate import migrate
from data.server_files import files_of
from services.model import forget_current
from tests.support import settings_of


class Server:
    """An embedded server with a data folder of its own; the settings point at both."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def kill(self) -> None:
        """As by a crash: none of its processes answers any more."""
        first = psutil.Process(int((files_of(self.home).data / "postmaster.pid").read_text().split()[0]))
        every = [first, *first.children(recursive=True)]
        for process in every:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(every, timeout=30)

    def start(self) -> None:
        """Start it again, if it was killed."""
        database.close_pool()
        start(self.home)


@contextmanager
def own_server() -> Iterator[Server]:
    """A migrated server, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="belvedere-killable-"))
    folder.chmod(0o755)
    found = Server(folder / "home")
    found.start()
    with settings_of(DATABASE_URL=socket_url(found.home), BELVEDERE_HOME=str(found.home)):
        migrate()
        forget_current()
        try:
            yield found
        finally:
            database.close_pool()
            forget_current()
    stop(found.home)
    shutil.rmtree(folder)
