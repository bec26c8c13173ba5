"""Which database does a test get, and who works in it?

`fresh_database()` gives an empty, migrated database of its own on DATABASE_URL's server, or on one embedded server that
is started once a test session in a temporary folder. Inside the block the settings and data.database point at it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from data import database, embedded
from data.settings import settings
from data.types import Role, Scope, Workspace


@lru_cache(maxsize=1)
def server_url() -> str:
    """The address of a server on which databases may be made."""
    configured = os.environ.get("DATABASE_URL")
    if configured:
        return configured.replace("postgresql+psycopg://", "postgresql://")
    home = Path(tempfile.mkdtemp(prefix="belvedere-tests-"))
    home.chmod(0o755)
    lease = embedded.Lease(home)

    def clean_up() -> None:
        lease.release()
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(clean_up)
    return embedded.socket_url(home)


@contextmanager
def settings_of(**values: str) -> Iterator[None]:
    """The environment, and with it the settings, changed for the block: `settings_of(BELVEDERE_PORT="9")`."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        settings.cache_clear()


@contextmanager
def fresh_database(migrated: bool = True) -> Iterator[str]:
    """The address of a new database, dropped at the end. A fixture that uses it asks for no `database` afterwards."""
    home = Path(tempfile.mkdtemp(prefix="belvedere-home-"))
    name = _create(_migrated() if migrated else "template0")
    database.close_pool()
    try:
        with settings_of(DATABASE_URL=_url(name), BELVEDERE_HOME=str(home)):
            yield _url(name)
    finally:
        database.close_pool()
        shutil.rmtree(home, ignore_errors=True)
        _drop(name)


@lru_cache(maxsize=1)
def _migrated() -> str:
    """A database with the newest schema, of which each test gets a copy: copying takes a tenth of the migrations."""
    from data.migrate import migrate

    name = _create("template0")
    atexit.register(_drop, name)
    with settings_of(DATABASE_URL=_url(name)):
        migrate()
    return name


def _create(template: str) -> str:
    name = f"t_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(server_url(), autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    return name


def _drop(name: str) -> None:
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _url(name: str) -> str:
    url = urlunsplit(urlsplit(server_url())._replace(path=f"/{name}"))
    return url if url.startswith("postgresql://") else url.replace("postgresql:", "postgresql://", 1)


def make_workspace(slug: str | None = None, timezone: str = "America/New_York") -> Workspace:
    """A new municipality without data."""
    slug = slug or f"w-{uuid.uuid4().hex[:8]}"
    with database.owner_transaction() as tx:
        row = tx.execute(
            "INSERT INTO belvedere.workspaces (slug, name, kind, timezone)"
            " VALUES (%s, %s, 'municipality', %s) RETURNING id",
            (slug, slug.title(), timezone),
        ).fetchone()
    assert row is not None
    return Workspace(row[0], slug, slug.title(), "municipality", None, timezone)


def make_scope(workspace: Workspace, role: Role = "administrator") -> Scope:
    """Somebody of that role who sees this workspace alone; no account is stored."""
    return Scope(None, f"{role}@test", role, workspace, (workspace.id,), via="command")
