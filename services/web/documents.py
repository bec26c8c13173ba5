"""How do the pages look that are shown before the dashboard: sign-in, setting a password, waiting?

Plain HTML without scripts; the style is inline and allowed by its hash, so these pages load nothing.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse

from services.spool import spool_said, spool_state
from services.web.icon import icon_address
from services.web.policy import hash_source

_FOLDER = Path(__file__).parent / "html"
_STYLE = (_FOLDER / "style.css").read_text(encoding="utf-8")
_FRAME = Template((_FOLDER / "frame.html").read_text(encoding="utf-8"))
_POLICY = (
    f"default-src 'none'; style-src {hash_source(_STYLE)}; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def document(
    title: str, template: str, status: int = 200, headers: dict[str, str] | None = None, **values: str
) -> HTMLResponse:
    """One of the pages in html/; every value is escaped."""
    body = Template((_FOLDER / f"{template}.html").read_text(encoding="utf-8"))
    filled = body.substitute({name: escape(value) for name, value in values.items()})
    html = _FRAME.substitute(title=escape(title), icon=icon_address(), style=_STYLE, body=filled)
    policy = {"Content-Security-Policy": _POLICY, "X-Frame-Options": "DENY"}
    return HTMLResponse(html, status, policy | (headers or {}))


def sign_in_document(
    next_path: str, name: str = "", problem: str = "", status: int = 200, is_new: bool = False
) -> HTMLResponse:
    """The sign-in form; `problem` says why the last attempt was refused, `is_new` that nobody can sign in yet."""
    template = "first" if is_new else "sign_in"
    first, second = ("", "autofocus") if name else ("autofocus", "")
    return document(
        "Sign in", template, status, next=next_path, name=name, problem=problem, focus_name=first, focus_password=second
    )


def wait_document(wait_s: int) -> HTMLResponse:
    """Too many attempts: how long to wait."""
    minutes = -(-wait_s // 60)
    wait = f"{minutes} minutes" if minutes > 1 else "one minute"
    return document("Too many attempts", "wait", 429, {"Retry-After": str(wait_s)}, wait=wait)


def password_document(token: str, name: str, shown: str, problem: str = "", status: int = 200) -> HTMLResponse:
    """The form that a one-time link leads to."""
    return document("Set your password", "password", status, token=token, name=name, shown=shown, problem=problem)


def dead_link_document() -> HTMLResponse:
    """The one-time link does not work."""
    return document("This link no longer works", "dead_link", 410)


def sign_out_document() -> HTMLResponse:
    """Asks whether to sign out, for a link that came from elsewhere."""
    return document("Sign out", "sign_out")


def refused_document(problem: str, status: int) -> HTMLResponse:
    """A request that cannot be answered, with the reason."""
    return document("That did not work", "refused", status, problem=problem)


def missing_document() -> HTMLResponse:
    """The address is none of the dashboard's pages."""
    return document("There is no such page", "missing", 404)


def broken_document(reference: str) -> HTMLResponse:
    """Something went wrong that the reader cannot help; the reference finds it in the log."""
    return document("Something went wrong here", "broken", 500, reference=reference)


def database_down_document() -> HTMLResponse:
    """The database does not answer."""
    waits = spool_said(spool_state())
    headers = {"Retry-After": "5", "Refresh": "5"}
    return document("The database does not answer", "database_down", 503, headers, waits=waits)
