"""What does a browser see when the server itself fails?"""

from __future__ import annotations

import logging
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from data.errors import DatabaseDown
from services.web.documents import broken_document, database_down_document
from services.web.policy import add_headers, dashboard_policy

log = logging.getLogger("belvedere.web")


async def _database_down(_request: Request, _error: Exception) -> Response:
    return database_down_document()


async def _broken(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.error("%s %s failed, reference %s", request.method, request.url.path, reference, exc_info=error)
    response = broken_document(reference)
    # This answer is made outside the middleware that adds them.
    add_headers(response.headers, dashboard_policy())
    return response


HANDLERS: dict[Any, Any] = {DatabaseDown: _database_down, Exception: _broken}
