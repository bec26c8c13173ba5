"""Does a database reach the present schema from nothing, once?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from data.errors import BelvedereError
from data.migrate import migrate, newest
from data.types import Scope, Workspace
from tests.support import fresh_database, make_scope, make_workspace


def test_an_empty_database_reaches_the_newest_schema_and_stays_there() -> None:
    with fresh_database(migrated=False) as url:
        assert migrate() == newest()
        assert migrate() == newest()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM belvedere.workspaces").fetchone() == (0,)


def test_two_processes_may_migrate_at_the_same_moment() -> None:
    with fresh_database(migrated=False), ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: migrate(), range(4)))
    assert found == [newest()] * 4


def test_a_database_of_a_newer_version_is_refused() -> None:
    with fresh_database() as url:
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999_future'")
        with pytest.raises(BelvedereError, match="newer version of Belvedere"):
            migrate()


def test_workspaces_of_tests_are_separate(workspace: Workspace, scope: Scope) -> None:
    other = make_workspace("elsewhere", "Europe/Sofia")
    assert other.id != workspace.id
    assert make_scope(other, "viewer").workspace_ids == (other.id,)
    assert scope.workspace_ids == (workspace.id,)
