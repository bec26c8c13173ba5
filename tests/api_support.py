"""Who calls the API in a test, and which rows are there to be asked for?"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from data.people import AuditRow
from data.types import Role, Workspace
from services import model, people
from services.api import create_api, stop_streams
from services.api.observe import Observe
from services.api.stream import Streams
from services.web.cookies import SESSION_COOKIE
from tests.serving import served
from tests.support import settings_of

DATASET = "grievance.complaints"
EVENTS = "grievance.complaint_events"


@dataclass
class Api:
    """The served API and a workspace with the grievance pack."""

    http: httpx.Client
    workspace: Workspace
    app: FastAPI

    @property
    def streams(self) -> Streams:
        """Its event streams."""
        found = self.app.state.streams
        assert isinstance(found, Streams)
        return found

    def stop(self) -> None:
        """What the server does when it is told to stop."""
        stop_streams(self.app)

    def bearer(self, *abilities: str, workspace: Workspace | None = None) -> dict[str, str]:
        """The header of a fresh token with these abilities."""
        slug = (workspace or self.workspace).slug
        token = people.create_service_token(slug, abilities or ("read",), 1, "test", datetime.now(UTC))
        return {"Authorization": f"Bearer {token}"}

    def get(self, path: str, *abilities: str, **parameters: Any) -> httpx.Response:
        """GET below /api/v1 with a fresh token."""
        return self.http.get(f"/api/v1{path}", headers=self.bearer(*abilities), params=parameters)

    def send(self, rows: Any, dataset: str = DATASET, **headers: str) -> httpx.Response:
        """Rows as JSON, with a fresh token that may write."""
        return self.http.post(f"/api/v1/ingest/{dataset}", json=rows, headers=self.bearer("write") | headers)


@contextmanager
def served_api(workspace: Workspace, requests_per_minute: int = 1000, **settings: str) -> Iterator[Api]:
    """The API on a real socket, mounted as in the application."""
    model.enable_pack(people.command_scope(workspace.slug), "grievance")
    with settings_of(BELVEDERE_REQUESTS_PER_MINUTE=str(requests_per_minute), **settings):
        api = create_api()
        app = Starlette(routes=[Mount("/api", api)], middleware=[Middleware(Observe)])
        with served(app) as client:
            try:
                yield Api(client, workspace, api)
            finally:
                stop_streams(api)


def complaint(number: int, at: datetime | None = None, **values: Any) -> dict[str, Any]:
    """A complaint of some minutes ago."""
    at = at or datetime.now(UTC) - timedelta(minutes=number + 1)
    row = {"complaint_id": f"c{number:05}", "opened_at": at.isoformat(), "category": "Noise", "status": "open"}
    return row | {"citizen": f"p{number}", "officer": "kim"} | values


def complaints(numbers: Sequence[int] | range, **values: Any) -> list[dict[str, Any]]:
    """Several."""
    return [complaint(number, **values) for number in numbers]


def session_of(workspace: Workspace, role: Role) -> dict[str, str]:
    """The cookie of somebody new with that role who has just signed in."""
    now = datetime.now(UTC)
    account = people.create_account(f"{role}-{uuid.uuid4().hex[:8]}", now)
    people.add_member(workspace.slug, account.name, role, now)
    return {"Cookie": f"{SESSION_COOKIE}={people.open_session(account.id, '127.0.0.1', now)}"}


def audited(workspace: Workspace, action: str) -> list[AuditRow]:
    """What the audit of the workspace says of an action, newest first."""
    now = datetime.now(UTC)
    scope = people.command_scope(workspace.slug)
    return people.audit_page(scope, now - timedelta(hours=1), now + timedelta(hours=1), action=action)
