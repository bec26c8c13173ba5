"""Does everything work on a server of one's own, as an owner who is no superuser, from PostgreSQL 15 on?"""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from data import database, embedded, server_files
from data.engine import tensor_reads, tensors
from data.engine.compact import compact_workspace
from data.engine.verify import verify
from data.migrate import migrate, server_version
from data.types import MetricQuery, Scope, TimeRange
from services import metrics
from services.jobs import JOBS
from services.jobs.running import run_job
from services.jobs.turns import Turn
from services.model import current, enable_pack, find_dataset, forget_current
from services.simulate import write_history
from tests.support import make_scope, make_workspace, server_url, settings_of

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=["embedded", "15"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "embedded":
        yield server_url()
        return
    if not (DEBIAN_15 / "postgres").exists():
        pytest.skip("needs Debian's postgresql-15")
    home = Path(tempfile.mkdtemp(prefix="belvedere-15-"))
    home.chmod(0o755)
    flags = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "CREATE_FLAGS", flags)
        patch.setattr(embedded, "binaries", lambda _: DEBIAN_15)
        patch.setattr(server_files, "binaries", lambda _: DEBIAN_15)
        lease = embedded.Lease(home)
        yield embedded.socket_url(home)
        lease.release()
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def owner(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of a role that may make roles and nothing else."""
    name = f"owner_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(sql.Identifier(name)))
        if admin.execute("SELECT FROM pg_roles WHERE rolname = 'belvedere_app'").fetchone() is not None:
            admin.execute(sql.SQL("GRANT belvedere_app TO {} WITH ADMIN OPTION").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {0} OWNER {0} TEMPLATE template0").format(sql.Identifier(name)))
    parts = urlsplit(server)
    url = urlunsplit(parts._replace(path=f"/{name}", netloc=f"{name}@"))
    database.close_pool()
    home = str(tmp_path_factory.mktemp("home"))
    with settings_of(DATABASE_URL=url, BELVEDERE_HOME=home):
        forget_current()
        yield url
        database.close_pool()
        forget_current()
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def filled(owner: str) -> Scope:
    migrate()
    scope = make_scope(make_workspace("own"))
    enable_pack(scope, "grievance")
    for _ in write_history(scope, "grievance", 4, NOW):
        pass
    return scope


def opened(scope: Scope, engine: str) -> list[dict[str, object]]:
    span = TimeRange(NOW - timedelta(days=7), NOW)
    query = MetricQuery(
        ("grievance.complaints_opened", "grievance.active_citizens"), span, grain="day", by=("district",)
    )
    return metrics.answer(scope, [query], NOW, engine=engine)[0].rows  # type: ignore[arg-type]


def test_an_owner_without_superuser_rights_migrates_fills_and_asks(filled: Scope) -> None:
    assert int(server_version().split(".")[0]) in (15, 18)
    found = opened(filled, "segments")
    assert sum(row["grievance.complaints_opened"] for row in found) > 0  # type: ignore[misc]
    assert found == opened(filled, "sql")


def test_segments_stay_true_to_the_rows_through_compaction(filled: Scope) -> None:
    dataset = find_dataset(current(), "grievance.complaints")
    before = opened(filled, "segments")
    compact_workspace(filled, dataset, quiet_s=0, settled_s=0)
    assert verify(filled, dataset).mismatches == []
    assert opened(filled, "segments") == before


def test_jobs_merge_and_count_without_changing_an_answer(filled: Scope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensors, "LEAST_ROWS", 0)
    monkeypatch.setattr(tensor_reads, "LEAST_ROWS", 0)
    turn = Turn(NOW, lambda: False)
    before = opened(filled, "sql")
    run_job(JOBS["compact"], turn)
    assert re.fullmatch(r"\d+ days counted", run_job(JOBS["tensors"], turn))
    assert run_job(JOBS["tensors"], turn) == "", "what is counted stays counted"
    assert opened(filled, "segments") == before


def test_a_neighbour_sees_nothing(filled: Scope) -> None:
    assert sum(row["grievance.complaints_opened"] or 0 for row in opened(make_scope(make_workspace()), "sql")) == 0  # type: ignore[misc]
