"""Does everything start, survive and stop together, as on a user's machine?"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.settings import ROOT
from tests.running import Application, application, eventually, free_port

pytestmark = pytest.mark.e2e


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="belvedere-e2e-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def refused(app: Application) -> str:
    """What it says when it does not start."""
    assert app.process.wait(30) == 2
    said = app.output
    app.forget()
    return said


def test_a_start_prints_address_and_link_and_sigterm_leaves_nothing_within_five_seconds(home: Path) -> None:
    with application(home) as app:
        assert app.status("/healthz") == 200
        assert app.status("/") == 303
        assert app.sign_in_link().startswith("http://localhost:")
        assert len([p for p in app.processes() if "manage.py" in " ".join(p.cmdline())]) == 3
        assert app.stop() < 5
        assert app.process.returncode == 0
        assert app.processes() == []

    began = time.monotonic()
    with application(home) as again:
        took = time.monotonic() - began
        assert took < 20, "a second start takes under 5 s on a quiet machine, without coverage"
        assert again.stop(signal.SIGINT) < 5
        assert again.processes() == []


def test_what_is_killed_starts_again_and_the_others_stay(home: Path) -> None:
    with application(home) as app:
        web, worker, database = app.find("web"), app.find("worker"), app.find("-D")
        database.kill()
        assert eventually(lambda: app.find("-D").pid != database.pid, 15)
        assert eventually(lambda: app.status("/readyz") == 200, 15)
        assert (app.find("web").pid, app.find("worker").pid) == (web.pid, worker.pid)

        web.kill()
        worker.kill()
        assert eventually(lambda: app.find("web").pid != web.pid and app.status("/healthz") == 200, 60)
        assert eventually(lambda: app.find("worker").pid != worker.pid, 10)
        assert app.stop() < 5
        assert app.processes() == []


def test_a_killed_supervisor_takes_everything_with_it_and_what_was_all_killed_starts_again(home: Path) -> None:
    with application(home) as app:
        app.process.kill()
        app.process.wait()
        assert eventually(lambda: app.processes() == [], 10), app.processes()
    with application(home) as app:
        app.kill()
        assert eventually(lambda: app.processes() == [], 10), app.processes()
    with application(home) as again:
        assert again.status("/readyz") == 200


def test_two_data_folders_run_side_by_side_and_one_runs_once(home: Path) -> None:
    (home / "a").mkdir()
    (home / "b").mkdir()
    with application(home / "a") as first, application(home / "b") as second:
        assert first.find("-D").pid != second.find("-D").pid
        assert f"already runs on {home / 'a'}" in refused(Application(home / "a", free_port()))
        assert "is in use" in refused(Application(home / "c", int(first.url.rsplit(":", 1)[1])))
        assert first.stop() < 5
        assert second.status("/healthz") == 200


def test_a_wrong_setting_is_named_at_the_start(home: Path) -> None:
    said = refused(Application(home, 99_999))
    assert "Setting `port`" in said and "99999" in said


def test_a_command_uses_the_running_server_and_stop_ends_it_all(home: Path) -> None:
    with application(home) as app:
        environment = os.environ | {"BELVEDERE_HOME": str(home), "BELVEDERE_PORT": app.url.rsplit(":", 1)[1]}
        environment.pop("DATABASE_URL", None)

        def manage(*command: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, str(ROOT / "manage.py"), *command], env=environment, capture_output=True, text=True,
                check=False, timeout=60,
            )  # fmt: skip

        def checks() -> dict[str, dict[str, Any]]:
            return {check["name"]: check for check in json.loads(manage("doctor", "--json").stdout)}

        assert "is at schema" in manage("migrate").stdout
        assert app.status("/healthz") == 200
        assert eventually(lambda: "last seen" in checks()["worker"]["said"], 20)
        found = checks()
        assert found["port"]["said"] == f"{app.url.rsplit(':', 1)[1]} is ours, process {app.process.pid}"
        assert all(found[name]["ok"] for name in ("python", "data folder", "port", "database", "schema", "worker"))
        assert manage("stop").stdout == "Stopped.\n"
        assert app.processes() == []
        assert manage("stop").stdout == "Nothing was running.\n"


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_starts_it_from_a_copy(home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    packages = sysconfig.get_path("purelib")
    python = next((p for p in (sys.executable, _system_python()) if p and _can_run(p, nobody.pw_uid, packages)), "")
    if not python:
        pytest.skip("this Python is in a folder that other users cannot enter, and the system has none of its version")
    copy = home / "copy"
    kept = shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*cache", "results", "node_modules", ".belvedere")
    shutil.copytree(ROOT, copy, ignore=kept)
    for path in (home, copy, *copy.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    as_nobody = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    environment = {"HOME": str(home), "PYTHONPATH": packages, "NUMBA_CACHE_DIR": str(home / "numba")}
    app = Application(home / "data", free_port(), copy, as_nobody, python, **environment)
    try:
        app.wait_until_ready()
        assert {p.uids().real for p in app.processes()} == {nobody.pw_uid}
        assert app.stop() < 5
        assert app.processes() == []
    finally:
        app.remove()
