"""Are small statements answered in one round trip, as one transaction, also after something went wrong?"""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from data.asking import ask
from data.database import owner_transaction, pool, read_once
from data.types import Scope
from tests.support import make_scope, make_workspace

NUMBER = ("SELECT $1::int + 1, $2, NULL", ("41", "x"))


def test_values_come_back_as_python_knows_them(database: str) -> None:
    statement = "SELECT $1::int, $2::timestamptz, $3::text, $4::int[]", ("7", "2026-03-01T12:00Z", "a b", "{1,2}")
    with pool().connection() as connection:
        for _ in range(3):
            assert ask(connection, [statement]) == [(7, datetime(2026, 3, 1, 12, tzinfo=UTC), "a b", [1, 2])]


def test_statements_are_one_transaction_and_nothing_is_left_of_it(database: str) -> None:
    where = "SELECT current_setting('belvedere.account', true)", ()
    with pool().connection() as connection:
        set_it = "SELECT set_config('belvedere.account', $1, true)", ("ana",)
        assert ask(connection, [set_it, where]) == [("ana",)]
        assert ask(connection, [where]) in ([("",)], [(None,)])


def test_what_was_prepared_is_prepared_again_when_the_server_forgot_it(database: str) -> None:
    with pool().connection() as connection:
        assert ask(connection, [NUMBER]) == [(42, "x", None)]
        connection.execute("DEALLOCATE ALL")
        connection.commit()
        assert ask(connection, [NUMBER]) == [(42, "x", None)]


def test_an_error_is_raised_and_the_connection_goes_on(database: str) -> None:
    with pool().connection() as connection:
        ask(connection, [NUMBER])
        with pytest.raises(psycopg.errors.UndefinedTable, match="nowhere"):
            ask(connection, [NUMBER, ("SELECT * FROM nowhere", ())])
        with pytest.raises(psycopg.errors.DivisionByZero):
            ask(connection, [("SELECT 1 / $1::int", ("0",))])
        assert ask(connection, [NUMBER]) == [(42, "x", None)]
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_statements_that_fail_do_not_pile_up_on_the_server(database: str) -> None:
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'once_%'"
    with pool().connection() as connection:
        found = []
        for _ in range(3):
            with pytest.raises(psycopg.errors.DivisionByZero):
                ask(connection, [("SELECT 2 / $1::int", ("0",)), NUMBER])
            found.append(connection.execute(prepared).fetchone())
            connection.commit()
        assert found[0] == found[2], "what was prepared is used again"


def test_a_viewer_reads_rows_of_their_workspace_only(scope: Scope) -> None:
    other = make_scope(make_workspace())
    count = "SELECT count(*)::int FROM belvedere.workspaces WHERE id = ANY ($1::int[])"
    both = "{" + f"{scope.workspace.id},{other.workspace.id}" + "}"
    assert read_once(scope, count, (both,)) == [(1,)] == read_once(other, count, (both,))
    with owner_transaction() as tx:
        assert tx.execute("SELECT current_user = session_user").fetchone() == (True,), (
            "the role went with its statement"
        )
