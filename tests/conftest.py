"""Which fixtures do all tests share?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Before numba is imported: kernels are compiled once for this process and for every application that tests start.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).resolve().parent.parent / ".pytest_cache" / "numba"))

# Applications that tests start keep nothing about themselves, unless a test asks for it: workspaces are counted here.
os.environ.setdefault("BELVEDERE_OBSERVE", "false")

import pytest

from data import embedded, server_process
from data.types import Scope, Workspace
from tests.support import fresh_database, make_scope, make_workspace

embedded.CREATE_FLAGS.append("--no-sync")
server_process.EXTRA_OPTIONS.update(fsync="off", shared_buffers="256MB")


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The address of this session's database; the settings point at it until the session ends."""
    with fresh_database() as url:
        yield url


@pytest.fixture
def workspace(database: str) -> Workspace:
    """A workspace of its own for each test."""
    return make_workspace()


@pytest.fixture
def scope(workspace: Workspace) -> Scope:
    """Its administrator."""
    return make_scope(workspace)
