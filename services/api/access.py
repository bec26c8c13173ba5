"""Who calls, for which workspace, and may they use this route?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

import data.people
from data.database import owner_transaction
from data.errors import NotAllowed, unknown
from data.model import Dataset
from data.types import Scope
from services import model, people
from services.api.credentials import bearer_token, fingerprint
from services.api.errors import BadField, NotSignedIn
from services.api.limits import CHARGE, Charge
from services.api.observe import note_of
from services.people.abilities import Ability
from services.web.cookies import session_secret
from services.web.gate import VIEWER
from services.web.origins import is_own_origin

# One line a route; a route that is not here answers nobody.
ABILITY: dict[tuple[str, str], Ability] = {
    ("GET", "/docs"): "read",
    ("GET", "/docs/init.js"): "read",
    ("GET", "/docs/files/{name}"): "read",
    ("GET", "/v1/openapi.json"): "read",
    ("GET", "/v1/health"): "read",
    ("GET", "/v1/health/components"): "operate",
    ("GET", "/v1/packs"): "read",
    ("GET", "/v1/datasets"): "read",
    ("GET", "/v1/metrics"): "read",
    ("GET", "/v1/values"): "read",
    ("POST", "/v1/query"): "read",
    ("GET", "/v1/dashboard"): "read",
    ("GET", "/v1/trends"): "read",
    ("GET", "/v1/stream"): "read",
    ("GET", "/v1/rows"): "rows",
    ("GET", "/v1/rows/download"): "export",
    ("POST", "/v1/ingest/{dataset}"): "write",
    ("POST", "/v1/events"): "write",
    ("POST", "/v1/engagement"): "write",
}
UNCOUNTED = {"/v1/health"}
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def now() -> datetime:
    """The time of the call, in UTC."""
    return datetime.now(UTC)


def _viewer(request: Request) -> Scope | None:
    """Who calls: the gate in front has already looked up the session of this request; a token is ours to look up."""
    found = request.scope.get(VIEWER)
    if isinstance(found, Scope) and not bearer_token(request.headers):
        return found
    return scope_of_request(request, now())


def scope_of_request(request: Request, at: datetime) -> Scope | None:
    """The scope that the request's token or, without one, its session gives at this time."""
    token = bearer_token(request.headers)
    if token:
        found = people.scope_of_token(token, at)
        return found[0] if found else None
    return people.scope_of_session(session_secret(request.headers), at)


def caller(
    request: Request,
    workspace: Annotated[
        str | None,
        Query(description="Workspace to ask in, by its short name; without it the token's or the session's own."),
    ] = None,
) -> Scope:
    """The scope of the call in the asked workspace, after every check that the route needs."""
    path = getattr(request.scope.get("route"), "path", "")
    note = note_of(request.scope)
    note.route = f"{request.scope.get('root_path', '')}{path}"
    scope = _viewer(request)
    if scope is None:
        raise NotSignedIn
    note.account = scope.account
    _count(request, path)
    if request.method not in _SAFE_METHODS and scope.via == "session" and not is_own_origin(request.headers):
        # A cookie goes along with whatever another site makes the browser send; Origin tells which site it was.
        raise NotAllowed(
            "With a session this call must come from a page of this server (Origin header). Or use a token."
        )
    if workspace is not None and workspace != scope.workspace.slug:
        scope = in_workspace(scope, workspace)
    ability = ABILITY.get((request.method, path))
    if ability is None:
        raise NotAllowed
    people.require(scope, ability)
    _check_parameters(request)
    return scope


def _check_parameters(request: Request) -> None:
    """UnknownName for a query parameter that the route does not take: left alone, it would answer another question."""
    route = request.scope.get("route")
    if request.query_params and isinstance(route, APIRoute):
        known = _parameters(route.dependant)
        for name in request.query_params:
            if name not in known:
                raise BadField(str(unknown("parameter", name, known)), name)


def _parameters(dependant: Dependant) -> set[str]:
    """The query parameters of a route and of all that it depends on."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_parameters(each) for each in dependant.dependencies))


def count_request(request: Request) -> None:
    """Count the request on its credential, as `caller` does."""
    _count(request, getattr(request.scope.get("route"), "path", ""))


def _count(request: Request, path: str) -> None:
    charge = request.scope.get(CHARGE)
    if not isinstance(charge, Charge):
        return
    if path in UNCOUNTED:
        charge.waive()
    else:
        charge.move(fingerprint(request.scope))


def in_workspace(scope: Scope, slug: str) -> Scope:
    """The same person in another workspace within reach; UnknownName when it is not, whether it exists or not."""
    within_reach = {w.slug: w for w in people.list_workspaces(scope)}
    if slug not in within_reach:
        raise unknown("workspace", slug, within_reach)
    workspace = within_reach[slug]
    with owner_transaction() as tx:
        role = data.people.role_in(tx, workspace.id, scope.account_id) if scope.account_id is not None else scope.role
        ids = data.people.workspace_ids_below(tx, workspace.id)
    if role is None:
        raise unknown("workspace", slug, within_reach)
    seen = ids if scope.via == "session" else tuple(i for i in ids if i in scope.workspace_ids)
    return replace(scope, role=role, workspace=workspace, workspace_ids=seen)


Caller = Annotated[Scope, Depends(caller)]


def find_dataset(scope: Scope, name: str) -> Dataset:
    """A dataset of the workspace's packs; UnknownName with the nearest."""
    return model.find_dataset(model.model_of(scope), name)
