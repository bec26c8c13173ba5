"""Does everything start, survive and stop together, as on a user's machine?"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from data.settings import ROOT
from tests import zygote
from tests.running import PATIENCE_S, Application, application, eventually, free_port

pytestmark = pytest.mark.e2e
# Five seconds are promised and tests/unit/test_stopping.py adds up the waits; here other tests want the cores as well.
STOPPED_S = 20.0


@contextmanager
def folder() -> Iterator[Path]:
    found = Path(tempfile.mkdtemp(prefix="belvedere-e2e-"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found, ignore_errors=True)


@pytest.fixture
def new_home() -> Iterator[Path]:
    with folder() as found:
        yield found


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A data folder of several tests: whatever one has done to it must not keep the next from starting there."""
    with folder() as found:
        yield found


def refused(app: Application) -> str:
    """What it says when it does not start."""
    assert app.process.wait(PATIENCE_S) == 2
    said = app.output
    app.forget()
    return said


def commands_use_the_running_server_and_stop_ends_it_all(app: Application) -> None:
    environment = os.environ | {"BELVEDERE_HOME": str(app.home), "BELVEDERE_PORT": app.url.rsplit(":", 1)[1]}
    environment.pop("DATABASE_URL", None)

    def manage(*command: str) -> subprocess.CompletedProcess[str]:
        return zygote.run([str(ROOT / "manage.py"), *command], environment=environment)

    def checks() -> dict[str, dict[str, Any]]:
        return {check["name"]: check for check in json.loads(manage("doctor", "--json").stdout)}

    assert "is at schema" in manage("migrate").stdout
    assert app.status("/healthz") == 200
    assert eventually(lambda: "last seen" in checks()["worker"]["said"])
    found = checks()
    assert found["port"]["said"] == f"{app.url.rsplit(':', 1)[1]} is ours, process {app.process.pid}"
    assert all(found[name]["ok"] for name in ("python", "data folder", "port", "database", "schema", "worker"))
    assert manage("stop").stdout == "Stopped.\n"
    assert app.processes() == []
    assert manage("stop").stdout == "Nothing was running.\n"


def test_a_start_prints_address_and_link_sigterm_leaves_nothing_and_so_does_stop(new_home: Path) -> None:
    with application(new_home) as app:
        assert app.status("/healthz") == 200
        assert app.status("/") == 303
        assert app.sign_in_link().startswith("http://localhost:")
        assert len([p for p in app.processes() if "manage.py" in " ".join(p.cmdline())]) == 3
        assert app.stop() < STOPPED_S
        assert app.process.returncode == 0
        assert app.processes() == []

    with application(new_home) as again:
        assert "Compiling" not in again.output, "the first start has compiled"
        commands_use_the_running_server_and_stop_ends_it_all(again)


def test_what_is_killed_starts_again_and_the_others_stay(home: Path) -> None:
    with application(home) as app:
        web, worker, database = app.find("web"), app.find("worker"), app.find("-D")
        database.kill()
        assert eventually(lambda: app.find("-D").pid != database.pid)
        assert eventually(lambda: app.status("/readyz") == 200)
        assert (app.find("web").pid, app.find("worker").pid) == (web.pid, worker.pid)

        web.kill()
        worker.kill()
        assert eventually(lambda: app.find("web").pid != web.pid and app.status("/healthz") == 200)
        assert eventually(lambda: app.find("worker").pid != worker.pid)
        assert app.stop(signal.SIGINT) < STOPPED_S
        assert app.processes() == []


def test_what_was_all_killed_starts_again_beside_another_data_folder(home: Path, new_home: Path) -> None:
    with application(home) as app:
        app.process.kill()
        app.process.wait()
        assert eventually(lambda: app.processes() == []), app.processes()
    with application(home) as app:
        app.kill()
        assert eventually(lambda: app.processes() == []), app.processes()
    with application(home) as first, application(new_home) as second:
        assert first.status("/readyz") == 200
        assert first.find("-D").pid != second.find("-D").pid
        assert f"already runs on {home}" in refused(Application(home, free_port()))
        assert "is in use" in refused(Application(new_home / "third", int(first.url.rsplit(":", 1)[1])))
        assert first.stop() < STOPPED_S
        assert second.status("/healthz") == 200


def test_a_wrong_setting_is_named_at_the_start(new_home: Path) -> None:
    said = refused(Application(new_home, 99_999))
    assert "Setting `port`" in said and "99999" in said


def _system_python() -> str | None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return shutil.which(version, path="/usr/bin:/usr/local/bin")


def _can_run(python: str, uid: int, packages: str) -> bool:
    try:
        command = [python, "-c", "import streamlit"]
        done = subprocess.run(
            command, user=uid, cwd="/", env={"PYTHONPATH": packages}, capture_output=True, check=False
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _take_along_what_is_compiled(copy: Path, cache: Path) -> None:
    """Numba names its folders after the sources': under the copy's names nothing is compiled a second time."""
    compiled = Path(os.environ["NUMBA_CACHE_DIR"])
    for source in (path for part in ("data", "services") for path in (ROOT / part).rglob("*") if path.is_dir()):
        here, there = (
            f"{source.name}_{hashlib.sha1(str(folder).encode()).hexdigest()}"
            for folder in (source, copy / source.relative_to(ROOT))
        )
        if (compiled / here).is_dir():
            shutil.copytree(compiled / here, cache / there, ignore=shutil.ignore_patterns("*tmp*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_starts_it_from_a_copy(new_home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    packages = sysconfig.get_path("purelib")
    python = next((p for p in (sys.executable, _system_python()) if p and _can_run(p, nobody.pw_uid, packages)), "")
    if not python:
        pytest.skip("this Python is in a folder that other users cannot enter, and the system has none of its version")
    copy = new_home / "copy"
    # What other tests write while this one copies is left out.
    passing = (".git", "__pycache__", ".*cache", ".coverage*", ".hypothesis", "results")
    kept = shutil.ignore_patterns(".venv", "node_modules", ".belvedere", *passing)
    shutil.copytree(ROOT, copy, ignore=kept)
    _take_along_what_is_compiled(copy, new_home / "numba")
    for path in (new_home, *new_home.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    as_nobody = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    environment = {"HOME": str(new_home), "PYTHONPATH": packages, "NUMBA_CACHE_DIR": str(new_home / "numba")}
    app = Application(new_home / "data", free_port(), copy, as_nobody, python, **environment)
    try:
        app.wait_until_ready()
        assert {p.uids().real for p in app.processes()} == {nobody.pw_uid}
        assert app.stop() < STOPPED_S
        assert app.processes() == []
    finally:
        app.remove()
