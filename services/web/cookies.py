"""In which cookie does a browser keep its session?"""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import Response

from data.settings import settings

SESSION_COOKIE = "belvedere_session"


def session_secret(headers: Headers) -> str:
    """The session's secret from a request's cookies, or ""."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(SESSION_COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def give_cookie(response: Response, secret: str) -> None:
    """Hand the session to the browser: out of reach for scripts, not sent by other sites' forms."""
    response.set_cookie(
        SESSION_COOKIE, secret, max_age=int(settings().session_hours * 3600), path="/", httponly=True, samesite="lax",
        secure=settings().https,
    )  # fmt: skip


def take_cookie(response: Response) -> None:
    """Make the browser forget its session."""
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax", secure=settings().https)
