"""Which fixtures do all tests share?"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Before numba is imported: kernels are compiled once for all processes of the run and the applications they start.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).resolve().parent.parent / ".pytest_cache" / "numba"))

# Programs that tests start find modules compiled, as they do where `make run` starts them.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Applications that tests start keep nothing about themselves, unless a test asks for it: workspaces are counted here.
os.environ.setdefault("BELVEDERE_OBSERVE", "false")

import hypothesis
import pytest

from data import embedded, server_process
from data.settings import ROOT
from data.types import Scope, Workspace
from tests.support import fresh_database, make_scope, make_workspace

embedded.CREATE_FLAGS.append("--no-sync")
server_process.EXTRA_OPTIONS.update(fsync="off", shared_buffers="256MB")
# How long an example takes says nothing on a busy machine. In CI the examples are the same each time.
_SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("default", deadline=None, suppress_health_check=_SLOW)
hypothesis.settings.register_profile("thorough", deadline=None, suppress_health_check=_SLOW, max_examples=1000)

_LONGEST_FIRST = ("tests/e2e/test_processes", "tests/e2e/", "tests/packs/", "tests/db/", "tests/app/", "tests/unit/")


# What tests import and a fresh installation has not compiled; a module that is not there is told by its own test.
_IMPORTED = (
    "streamlit.testing.v1", "streamlit.web.server.starlette", "plotly.express", "pydeck", "folium", "streamlit_folium",
    "sklearn.cluster", "sklearn.ensemble", "sklearn.isotonic", "scipy.stats", "scipy.spatial", "esda", "geopandas",
    "pyarrow.parquet", "duckdb", "pyvrp", "fastapi", "uvicorn", "httpx", "playwright.sync_api", "hypothesis.strategies",
    "alembic.command", "procrastinate", "paho.mqtt.client", "PIL.Image", "shapefile", "pyproj", "vrplib",
)  # fmt: skip
_COMPILE = f"""
import importlib, contextlib
for name in {_IMPORTED}:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
"""


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile before several processes of tests start, each of which would do it at the same time; once in a folder."""
    if getattr(session.config.option, "numprocesses", None) and not hasattr(session.config, "workerinput"):
        plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        programs = ["from data.engine import kernels; kernels.warm()"]
        if not list(Path(pytest.__file__).parents[1].glob("streamlit/runtime/__pycache__/*.pyc")):
            programs.append(_COMPILE)
        running = [
            subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, env=plain) for code in programs
        ]
        assert [process.wait() for process in running] == [0] * len(running)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than there are cores: a quarter of the time tests wait for servers, browsers and programs."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that at the end there are only short tests to share out among processes."""
    items.sort(key=lambda item: [not item.nodeid.startswith(place) for place in _LONGEST_FIRST])


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
