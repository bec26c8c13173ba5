"""How does a browser get a session, set a password and end the session?"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs

import anyio
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

import services.people as people
from data.errors import BadInput
from services.web.clients import client_of
from services.web.cookies import give_cookie, session_secret, take_cookie
from services.web.documents import (
    dead_link_document,
    password_document,
    refused_document,
    sign_in_document,
    sign_out_document,
    wait_document,
)
from services.web.origins import came_from_here, is_own_origin

_BODY_BYTES = 16_384
_FOREIGN = "The form was not sent by a page of this server. Open the page again in this browser and repeat."
# Checking a password is slow on purpose: a crowd at the door must not take the threads that serve the people inside.
_TICKETS = anyio.CapacityLimiter(8)


def safe_next(path: str) -> str:
    """Where to go after sign-in: a path on this server, else the first page."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\", "/login", "/logout"))
    return path if plain and path.isprintable() and "\\" not in path and len(path) < 4096 else "/"


async def show_sign_in(request: Request) -> Response:
    """The sign-in form; somebody who is signed in goes on at once."""
    next_path = safe_next(request.query_params.get("next", "/"))
    secret = session_secret(request.headers)
    viewer = await run_sync(people.scope_of_session, secret, datetime.now(UTC))
    if viewer is not None:
        return RedirectResponse(next_path, 303)
    return sign_in_document(next_path, is_new=await run_sync(people.is_new))


async def sign_in(request: Request) -> Response:
    """Check name and password and start a session."""
    form = await _form(request)
    if form is None:
        return refused_document(_FOREIGN, 403)
    name, next_path = form.get("name", ""), safe_next(form.get("next", "/"))
    now = datetime.now(UTC)
    client = client_of(request.scope)
    outcome = await run_sync(people.sign_in, name, form.get("password", ""), client, now, limiter=_TICKETS)
    if isinstance(outcome, people.Refused):
        if outcome.wait_s:
            return wait_document(outcome.wait_s)
        return sign_in_document(next_path, name, outcome.reason, 401)
    return await _welcome(request, outcome.secret, next_path)


async def show_link(request: Request) -> Response:
    """The form behind a one-time link; looking does not use it up, so that link previews do no harm."""
    token = request.query_params.get("token", "")
    account = await run_sync(people.link_account, token, datetime.now(UTC))
    if account is None:
        return dead_link_document()
    return password_document(token, account.name, account.display_name)


async def use_link(request: Request) -> Response:
    """Set the password with a one-time link and sign in."""
    form = await _form(request)
    if form is None:
        return refused_document(_FOREIGN, 403)
    token, password, now = form.get("token", ""), form.get("password", ""), datetime.now(UTC)
    account = await run_sync(people.link_account, token, now)
    if account is None:
        return dead_link_document()
    try:
        if password != form.get("again", ""):
            raise BadInput("The two passwords differ.")
        redeemed = await run_sync(people.redeem_link, token, password, now, limiter=_TICKETS)
    except BadInput as error:
        return password_document(token, account.name, account.display_name, str(error), 422)
    if redeemed is None:
        return dead_link_document()
    outcome = await run_sync(people.start_session, account.id, account.name, client_of(request.scope), now)
    if isinstance(outcome, people.Refused):
        return refused_document(outcome.reason, 403)
    return await _welcome(request, outcome.secret, "/")


async def show_sign_out(request: Request) -> Response:
    """Sign out when one of our own pages asks for it; from anywhere else, ask first."""
    if came_from_here(request.headers):
        return await _goodbye(request)
    return sign_out_document()


async def sign_out(request: Request) -> Response:
    """End the session."""
    if not is_own_origin(request.headers):
        return refused_document(_FOREIGN, 403)
    return await _goodbye(request)


async def _welcome(request: Request, secret: str, next_path: str) -> Response:
    """Hand out the new session and end the one that this browser had before."""
    before = session_secret(request.headers)
    if before:
        await run_sync(people.sign_out, before, datetime.now(UTC))
    response = RedirectResponse(next_path, 303)
    give_cookie(response, secret)
    return response


async def _goodbye(request: Request) -> Response:
    secret = session_secret(request.headers)
    if secret:
        await run_sync(people.sign_out, secret, datetime.now(UTC))
    response = RedirectResponse("/login", 303)
    take_cookie(response)
    return response


async def _form(request: Request) -> dict[str, str] | None:
    """The fields of a form that one of our own pages sent; None for any other body."""
    if not is_own_origin(request.headers):
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_BYTES:
            return None
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=16)
    except (UnicodeDecodeError, ValueError):
        return None
    return {name: values[0] for name, values in fields.items()}


ROUTES = [
    Route("/login", show_sign_in, methods=["GET"]),
    Route("/login", sign_in, methods=["POST"]),
    Route("/login/link", show_link, methods=["GET"]),
    Route("/login/link", use_link, methods=["POST"]),
    Route("/logout", show_sign_out, methods=["GET"]),
    Route("/logout", sign_out, methods=["POST"]),
]
