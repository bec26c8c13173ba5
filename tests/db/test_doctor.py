"""Does the doctor find what is wrong, and say what to do? Is what has to be prepared once prepared once?"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data import queue
from data.errors import BelvedereError, UnknownName
from services import demo, doctor, preparing
from services.doctor import Check, examine
from services.processes import address, running_pid
from services.serve import bind
from tests.running import free_port
from tests.support import fresh_database, settings_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def database_of_this_test() -> Iterator[None]:
    with fresh_database(), settings_of(BELVEDERE_PORT=str(free_port())):
        yield


def found() -> dict[str, Check]:
    return {check.name: check for check in examine()}


def test_everything_in_order() -> None:
    assert [check.said for check in examine() if not check.ok] == []
    assert found()["worker"].said == "none has run yet"


def test_a_missing_schema_a_failed_job_and_a_taken_port_are_named() -> None:
    queue.note_started("compact", NOW)
    queue.note_failed("compact", NOW, "ValueError: broken")
    assert found()["jobs"] == Check("jobs", False, "compact failed: ValueError: broken")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with settings_of(BELVEDERE_PORT=str(port)):
            assert "used by something else" in found()["port"].said
            with pytest.raises(BelvedereError, match=f"Port {port} is in use"):
                bind()
    with fresh_database(migrated=False):
        checks = found()
        assert not checks["schema"].ok and "manage.py migrate" in checks["schema"].said
        assert checks["worker"].said == "not looked at"


def test_an_old_python_and_a_full_disk_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old(tuple[int, ...]):
        pass

    monkeypatch.setattr(sys, "version_info", Old((3, 10, 1)))
    monkeypatch.setattr(doctor, "_FREE_GB", 10**9)
    checks = found()
    assert not checks["python"].ok and "3.11, 3.12 or 3.13 is needed" in checks["python"].said
    assert not checks["data folder"].ok and "make room" in checks["data folder"].said


def test_a_database_that_is_not_there_is_named() -> None:
    with settings_of(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"):
        checks = found()
    assert not checks["database"].ok and "does not answer" in checks["database"].said


def test_an_address_that_is_not_ours_is_refused() -> None:
    with settings_of(BELVEDERE_HOST="192.0.2.1"), pytest.raises(BelvedereError, match=r"Cannot listen on 192\.0"):
        bind()
    with settings_of(BELVEDERE_HOST="0.0.0.0", BELVEDERE_PORT="8765"):
        assert address() == "http://localhost:8765"


def test_a_lock_file_that_nobody_holds_names_no_process(tmp_path: Path) -> None:
    assert running_pid(tmp_path) is None
    (tmp_path / "run.lock").write_text(json.dumps({"pid": 1}))
    assert running_pid(tmp_path) is None


def test_the_demo_is_loaded_once_and_again_after_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[str, float]] = []

    def load(progress: object, now: object = None) -> None:
        assert callable(progress)
        progress(0.5, "half")

    def interrupted(progress: object, now: object = None) -> None:
        raise KeyboardInterrupt

    with settings_of(BELVEDERE_DEMO="1"):
        assert "demo" in preparing.due()
        monkeypatch.setattr(demo, "load_demo", interrupted)
        with pytest.raises(KeyboardInterrupt):
            preparing.prepare("demo", lambda what, done: shown.append((what, done)))
        assert "demo" in preparing.due()
        monkeypatch.setattr(demo, "load_demo", load)
        preparing.prepare("demo", lambda what, done: shown.append((what, done)))
        assert shown == [("Loading the demo", 0.5)]
        assert "demo" not in preparing.due()
    with settings_of(BELVEDERE_DEMO="0"):
        assert "demo" not in preparing.due()
    with pytest.raises(UnknownName, match="Did you mean `demo`"):
        preparing.prepare("dem", lambda what, done: None)


def test_kernels_are_compiled_again_when_the_code_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert preparing.due()[0] == "kernels"
    (tmp_path / "compiled").write_text(preparing._fingerprint())
    assert "kernels" not in preparing.due()
    monkeypatch.setattr(preparing, "version", lambda name: "another")
    assert preparing.due()[0] == "kernels"
