"""Which credential does a request carry: an API token or the browser's session?"""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers
from starlette.types import Scope

from services.web.cookies import session_secret


def bearer_token(headers: Headers) -> str:
    """The token of `Authorization: Bearer ...`, or ""."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def fingerprint(scope: Scope) -> str:
    """A name for the credential that does not reveal it, or "" when there is none."""
    headers = Headers(scope=scope)
    token = bearer_token(headers)
    kind, secret = ("token", token) if token else ("session", session_secret(headers))
    return f"{kind}:{hashlib.sha256(secret.encode()).hexdigest()[:32]}" if secret else ""
