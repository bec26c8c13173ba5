"""A database as a Django application leaves it, and a pack that follows it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql as q

from tests.support import server_url

TABLES = """
CREATE TABLE auth_user (id serial PRIMARY KEY, username varchar(150) NOT NULL UNIQUE, password varchar(128) NOT NULL,
  is_active boolean NOT NULL DEFAULT true, date_joined timestamptz NOT NULL DEFAULT now());
CREATE TABLE app_category (id serial PRIMARY KEY, name varchar(80) NOT NULL);
CREATE TABLE app_complaint (
  id bigserial PRIMARY KEY,
  category_id integer NOT NULL REFERENCES app_category (id) DEFERRABLE INITIALLY DEFERRED,
  assigned_to_id integer REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED,
  status varchar(1) NOT NULL DEFAULT 'O',
  title text NOT NULL DEFAULT '',
  cost numeric(10, 2),
  latitude double precision, longitude double precision,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz,
  closed_at timestamptz
);
CREATE INDEX ON app_complaint (updated_at);
INSERT INTO auth_user (username, password) VALUES ('ana', 'pbkdf2'), ('ben', 'pbkdf2');
INSERT INTO app_category (name) VALUES ('Noise'), ('Water');
"""
READER = """
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'desk_reader') THEN
  CREATE ROLE desk_reader LOGIN PASSWORD 'only-reads'; END IF; END $$;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO desk_reader;
"""
PACK = """\
pack: desk
title: Desk
description: Complaints of another application.
owner: Somebody
datasets:
  complaints:
    title: Complaints
    kind: keyed
    key: complaint
    time: opened_at
    times: {opened_at: Opened, closed_at: Closed}
    dimensions:
      category: Category
      status: {title: Status, values: [open, assigned, closed]}
    actor: officer
    measures: {cost: {title: Cost, unit: euros, decimals: 2, minimum: 0}}
    durations: {open_time: {title: Open, from: opened_at, to: closed_at}}
    place: true
    external: true
  users:
    title: Users
    kind: keyed
    key: user
    time: joined_at
    times: {joined_at: Joined}
    dimensions: {active: Active}
    external: true
sources:
  complaints:
    table: app_complaint
    watermark: updated_at
    workspace: desktown
    database: crm
    mapping: complaints
    lookups:
      category_name: {from: category_id, table: app_category, value: name}
      officer_name: {from: assigned_to_id, table: auth_user, value: username}
  users:
    table: public.auth_user
    watermark: id
    workspace: desktown
    database: crm
    columns: {user: username, joined_at: date_joined, active: is_active}
metrics:
  opened:
    {title: Opened, description: Opened., shape: count, dataset: complaints, at: opened_at, unit: complaints,
     format: integer, better: lower, family: business}
"""
MAPPING = """\
dataset: desk.complaints
columns:
  complaint: {from: id, format: "D-{}"}
  opened_at: created_at
  closed_at: closed_at
  category: category_name
  status: {from: status, values: {O: open, A: assigned, C: closed}}
  officer: officer_name
  cost: cost
place: {lat: latitude, lon: longitude}
"""


def write_pack(home: Path) -> None:
    """The pack, among those of the data folder."""
    folder = home / "packs" / "desk"
    (folder / "mappings").mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(PACK)
    (folder / "mappings" / "complaints.yaml").write_text(MAPPING)


class Desk:
    """The other application."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def reader_url(self) -> str:
        """The address for the role that may only read."""
        found = urlsplit(self.url)
        return urlunsplit(found._replace(netloc=f"desk_reader:only-reads@{found.netloc.rpartition('@')[2]}"))

    def do(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """One transaction of it."""
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def add(self, count: int) -> None:
        """So many complaints."""
        self.do(
            "INSERT INTO app_complaint (category_id, assigned_to_id, status, cost, latitude, longitude, updated_at)"
            " SELECT 1 + n %% 2, 1 + n %% 2, 'O', n, 40.7, -74.0, now() FROM generate_series(1, %s) n", count,
        )  # fmt: skip


@contextmanager
def desk() -> Iterator[Desk]:
    """A database of its own, gone at the end, and a role that may only read it."""
    name = f"desk_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(q.SQL("CREATE DATABASE {} TEMPLATE template0").format(q.Identifier(name)))
    url = urlunsplit(urlsplit(server_url())._replace(path=f"/{name}"))
    found = Desk(url if url.startswith("postgresql://") else url.replace("postgresql:", "postgresql://", 1))
    try:
        found.do(TABLES)
        found.do(READER)
        yield found
    finally:
        with psycopg.connect(server_url(), autocommit=True) as connection:
            connection.execute(q.SQL("DROP DATABASE {} WITH (FORCE)").format(q.Identifier(name)))
