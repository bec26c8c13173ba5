"""In which JSON form does a caller of the API learn what went wrong?"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

from data.errors import BadInput, BelvedereError, DatabaseDown, NotAllowed, TooMany, UnknownName

log = logging.getLogger("belvedere.api")


class NotSignedIn(BelvedereError):
    """Send an API token (Authorization: Bearer ...) or sign in first."""


class TooLarge(BelvedereError):
    """The body is larger than this server takes."""


class TooSlow(BelvedereError):
    """The body did not arrive in time."""


class WrongType(BelvedereError):
    """This content type is not understood."""


class Wait(TooMany):
    """Too many requests; wait and send again."""

    def __init__(self, message: str | None = None, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BadField(BadInput):
    """One field of the input is wrong, and this is its name."""

    def __init__(self, message: str, field: str, **detail: Any) -> None:
        super().__init__(message)
        self.field = field
        self.detail = detail


# The first class that fits decides: subclasses stand before their parents.
_KINDS: tuple[tuple[type[BelvedereError], int, str], ...] = (
    (NotSignedIn, 401, "not_signed_in"),
    (NotAllowed, 403, "not_allowed"),
    (TooSlow, 408, "too_slow"),
    (TooLarge, 413, "too_large"),
    (WrongType, 415, "unsupported_content_type"),
    (UnknownName, 404, "unknown_name"),
    (BadInput, 422, "bad_input"),
    (TooMany, 429, "too_many_requests"),
    (DatabaseDown, 503, "database_down"),
)
_HTTP_CODES = {404: "no_such_route", 405: "method_not_allowed", 406: "not_acceptable"}
_DATABASE_RETRY_S = 5


class JsonAnswer(Response):
    """A JSON answer written by pydantic's serialiser: dates as ISO 8601, numbers that are not finite as null."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes of the document."""
        return to_json(content, inf_nan_mode="null")


def error_answer(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None, **detail: Any
) -> JsonAnswer:
    """The one form of every error: {"error": {"code", "message", ...detail}}."""
    return JsonAnswer({"error": {"code": code, "message": message, **detail}}, status, headers=headers)


def answer_for(error: BelvedereError, name_in_body: bool = False) -> JsonAnswer:
    """The answer a known error gives; an unknown name is 404 in the address and 422 in the body."""
    status, code = next(((s, c) for kind, s, c in _KINDS if isinstance(error, kind)), (500, "failed"))
    if isinstance(error, UnknownName) and name_in_body:
        status = 422
    headers: dict[str, str] = {}
    detail: dict[str, Any] = {}
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = 'Bearer realm="Belvedere"'
    if isinstance(error, TooMany | DatabaseDown):
        wait = error.retry_after_s if isinstance(error, Wait) else _DATABASE_RETRY_S
        headers["Retry-After"] = str(wait)
        detail["retry_after_s"] = wait
    if isinstance(error, BadField):
        detail = {"field": error.field, **error.detail}
    return error_answer(status, code, str(error), headers, **detail)


def _belvedere(request: Request, error: Exception) -> Response:
    assert isinstance(error, BelvedereError)
    if isinstance(error, DatabaseDown):
        log.error("%s", error)
        # The driver's text can name hosts and users: the caller gets the plain sentence.
        error = DatabaseDown()
    return answer_for(error, name_in_body=request.method == "POST" and not request.path_params)


def _validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [_problem(each) for each in error.errors()]
    first = problems[0]
    message = f"{first['field']}: {first['message']}."
    return error_answer(422, "bad_input", message, field=first["field"], problems=problems)


def _problem(found: dict[str, Any]) -> dict[str, str]:
    if found["type"] == "json_invalid":
        return {"field": "body", "message": f"no JSON: {found['ctx']['error']} at character {found['loc'][-1]}"}
    if found["loc"] == ("body",) and found["type"] in ("dict_type", "model_attributes_type"):
        expected = "a JSON object, sent with Content-Type: application/json"
        return {"field": "body", "message": f"found {type(found['input']).__name__}; expected {expected}"}
    parts = [str(part) for part in found["loc"] if part not in ("body", "query", "path", "header")]
    return {"field": ".".join(parts) or "body", "message": found["msg"]}


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, "failed")
    message = str(error.detail)
    if error.status_code == 404:
        message = f"No route {request.method} {request.url.path}. GET /api/v1/openapi.json lists them."
    if error.status_code == 405:
        message = f"{request.url.path} does not take {request.method}."
    return error_answer(error.status_code, code, message, error.headers)


def _unexpected(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return error_answer(500, "failed", "Something went wrong on the server; its log has the reason.")


def handle_errors(app: FastAPI) -> None:
    """Give the app its error answers."""
    app.add_exception_handler(BelvedereError, _belvedere)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
