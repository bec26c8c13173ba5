"""Does a dataset agree with the table it follows, whatever happens there, and is nothing ever written there?"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from data.database import transaction
from data.engine.verify import verify
from data.errors import BadInput, BelvedereError, UnknownName
from data.followed import followed
from data.foreign import SourceDown, foreign
from data.settings import settings
from services import model
from services.follow import Changes, Follower, compare, follow, followers, following_states
from services.follow.sources import external_databases, make_follower
from services.jobs import JOBS
from services.jobs.running import run_job
from services.jobs.turns import Turn
from tests.db.desk import Desk, desk, write_pack
from tests.support import fresh_database, make_scope, make_workspace, settings_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXPECTED = (
    "SELECT 'D-' || c.id, k.name, CASE c.status WHEN 'O' THEN 'open' WHEN 'A' THEN 'assigned' ELSE 'closed' END,"
    " u.username, c.cost, date_trunc('milliseconds', c.created_at), date_trunc('milliseconds', c.closed_at)"
    " FROM app_complaint c JOIN app_category k ON k.id = c.category_id LEFT JOIN auth_user u ON u.id = c.assigned_to_id"
)


def never() -> bool:
    return False


@pytest.fixture
def other() -> Iterator[Desk]:
    with desk() as found:
        yield found


@pytest.fixture
def complaints(other: Desk) -> Iterator[Follower]:
    with fresh_database(), settings_of(BELVEDERE_EXTERNAL_DATABASES=f"crm={other.url}"):
        write_pack(settings().home)
        model.forget_current()
        make_workspace("desktown")
        yield make_follower("desk", next(source for _, source in followers() if source.dataset == "complaints"))
    model.forget_current()


def ours(follower: Follower) -> list[tuple[Any, ...]]:
    with transaction(follower.scope) as tx:
        query = "SELECT complaint, category, status, officer, cost, opened_at, closed_at FROM desk.complaints"
        return sorted(tx.execute(query).fetchall(), key=str)


def agrees(follower: Follower, other: Desk) -> bool:
    assert verify(follower.scope, follower.dataset).mismatches == []
    return ours(follower) == sorted(other.do(EXPECTED), key=str)


def test_new_and_changed_rows_come_by_the_watermark_a_page_at_a_time(
    complaints: Follower, other: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.follow.following.ROWS_AT_ONCE", 10)
    other.add(35)
    assert follow(complaints, NOW, never) == Changes(35)
    assert len(ours(complaints)) == 35 and agrees(complaints, other)
    assert follow(complaints, NOW, never) == Changes()
    other.do("UPDATE app_complaint SET status = 'C', closed_at = now(), updated_at = now() WHERE id IN (3, 4)")
    other.add(2)
    assert follow(complaints, NOW, never) == Changes(4)
    assert agrees(complaints, other)
    assert [s.message for _, s in following_states(complaints.scope)] == ["", ""]


def test_a_commit_that_is_late_is_found_behind_the_watermark(complaints: Follower, other: Desk) -> None:
    with psycopg.connect(other.url) as slow:
        slow.execute("INSERT INTO app_complaint (category_id, updated_at) VALUES (1, now() - interval '20 seconds')")
        other.add(1)
        assert follow(complaints, NOW, never) == Changes(1)
    assert follow(complaints, NOW, never) == Changes(1)
    assert agrees(complaints, other)


def test_comparing_finds_what_no_watermark_tells(complaints: Follower, other: Desk) -> None:
    complaints = replace(complaints, source=replace(complaints.source, overlap_s=0))
    other.add(300)
    follow(complaints, NOW, never)
    other.do("DELETE FROM app_complaint WHERE id % 50 = 0")
    other.do("UPDATE app_complaint SET cost = 7 WHERE id = 11")
    other.do("UPDATE auth_user SET username = 'anna' WHERE username = 'ana'")
    other.do("INSERT INTO app_complaint (category_id, updated_at) VALUES (2, NULL)")
    assert follow(complaints, NOW, never) == Changes()
    assert not agrees(complaints, other)
    assert compare(complaints, NOW, never) == Changes(146, 6)
    assert agrees(complaints, other)
    assert compare(complaints, NOW, never) == Changes()
    assert followed(complaints.scope, complaints.dataset.id).compared_at is not None


def test_any_history_ends_in_agreement(complaints: Follower, other: Desk) -> None:
    dice = random.Random(4)
    acts = (
        "INSERT INTO app_complaint (category_id, assigned_to_id, cost, updated_at) VALUES (1, 2, {n}, now())",
        "UPDATE app_complaint SET status = 'A', assigned_to_id = 1, updated_at = now() WHERE id % 7 = {n} % 7",
        "UPDATE app_complaint SET closed_at = created_at + interval '{n} minutes' WHERE id % 5 = {n} % 5",
        "DELETE FROM app_complaint WHERE id % 9 = {n} % 9",
        "UPDATE app_category SET name = 'Noise {n}' WHERE id = 1",
    )
    other.add(20)
    for _ in range(25):
        other.do(dice.choice(acts).format(n=dice.randrange(100)))
        dice.choice((follow, compare))(complaints, NOW, never)
    compare(complaints, NOW, never)
    assert agrees(complaints, other)


def test_rows_that_break_a_rule_are_refused_once_with_their_reason(complaints: Follower, other: Desk) -> None:
    other.add(3)
    other.do("UPDATE app_complaint SET status = 'X', updated_at = now() WHERE id = 2")
    assert follow(complaints, NOW, never) == Changes(2, 0, 1)
    assert compare(complaints, NOW, never) == follow(complaints, NOW, never) == Changes()
    with transaction(complaints.scope) as tx:
        found = tx.execute("SELECT file_name, field, found, raw FROM belvedere.rejects").fetchall()
    assert [row[:3] for row in found] == [("app_complaint", "status", "X")]
    assert '"id": "2"' in found[0][3]
    other.do("DELETE FROM app_complaint WHERE id = 2")
    assert compare(complaints, NOW, never) == Changes()
    assert agrees(complaints, other)


def test_a_time_that_python_does_not_know_is_a_refused_row_and_not_the_end(complaints: Follower, other: Desk) -> None:
    other.add(5)
    other.do("UPDATE app_complaint SET created_at = 'infinity' WHERE id = 1")
    other.do("UPDATE app_complaint SET created_at = '0044-03-15 BC' WHERE id = 2")
    assert follow(complaints, NOW, never) == Changes(3, 0, 2)
    with transaction(complaints.scope) as tx:
        found = tx.execute("SELECT field, found FROM belvedere.rejects ORDER BY found").fetchall()
    assert [(field, text[-8:]) for field, text in found] == [("opened_at", "00+00 BC"), ("opened_at", "infinity")]


def test_a_run_that_is_interrupted_goes_on_and_loses_nothing(
    complaints: Follower, other: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.follow.following.ROWS_AT_ONCE", 10)
    other.add(40)
    asked = iter([False, False, True])
    assert follow(complaints, NOW, lambda: next(asked)) == Changes(20)
    with monkeypatch.context() as patched:
        patched.setattr("data.followed.note_read", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            follow(complaints, NOW, never)
    assert len(ours(complaints)) == 20
    assert follow(complaints, NOW, never) == Changes(20)
    assert agrees(complaints, other)


def test_nothing_can_be_written_to_the_source(complaints: Follower, other: Desk) -> None:
    with foreign(complaints.url, complaints.source, complaints.columns) as source:
        for statement in ("DELETE FROM app_complaint", "CREATE TABLE x ()", "SELECT nextval('app_complaint_id_seq')"):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                source._connection.execute(statement.encode())
            source._connection.rollback()
    other.add(5)
    before = other.do("SELECT * FROM app_complaint"), other.do("SELECT * FROM auth_user")
    follow(complaints, NOW, never)
    compare(complaints, NOW, never)
    assert before == (other.do("SELECT * FROM app_complaint"), other.do("SELECT * FROM auth_user"))


def test_a_role_that_may_only_read_is_enough(complaints: Follower, other: Desk) -> None:
    other.add(4)
    with psycopg.connect(other.url) as connection:
        connection.execute("SET ROLE desk_reader")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM app_complaint")
    with settings_of(BELVEDERE_EXTERNAL_DATABASES=f"crm={other.reader_url}"):
        assert follow(make_follower("desk", complaints.source), NOW, never) == Changes(4)


def test_the_jobs_follow_every_source_and_say_what_is_wrong(complaints: Follower, other: Desk) -> None:
    other.add(3)
    turn = Turn(NOW, never)
    assert run_job(JOBS["follow"], turn).startswith("5")
    other.do("DELETE FROM app_complaint WHERE id = 1")
    assert run_job(JOBS["compare"], turn) == "1 deleted"
    other.do("ALTER TABLE auth_user RENAME COLUMN date_joined TO joined")
    with pytest.raises(BadInput, match=r"public\.auth_user cannot be followed"):
        run_job(JOBS["follow"], turn)
    other.add(1)
    with pytest.raises(BadInput):
        run_job(JOBS["follow"], turn)
    assert len(ours(complaints)) == 3, "the other source went on"
    said = {dataset.name: state.message for dataset, state in following_states(complaints.scope)}
    assert said["complaints"] == "" and "date_joined" in said["users"]
    assert following_states(make_scope(make_workspace())) == []


def test_what_is_wrong_with_settings_and_names_is_said(complaints: Follower, other: Desk) -> None:
    with (
        settings_of(BELVEDERE_EXTERNAL_DATABASES=f"crn={other.url}"),
        pytest.raises(UnknownName, match="Did you mean `crn`"),
    ):
        make_follower("desk", complaints.source)
    with settings_of(BELVEDERE_EXTERNAL_DATABASES="nonsense"), pytest.raises(BelvedereError, match="as `name=postgres"):
        external_databases()
    down = "postgresql://nobody@127.0.0.1:1/x"
    with settings_of(BELVEDERE_EXTERNAL_DATABASES=f"crm={down}"), pytest.raises(SourceDown):
        follow(make_follower("desk", complaints.source), NOW, never)
