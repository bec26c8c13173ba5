"""What does the API's own description say, in the dialect that the packaged swagger-ui reads?"""

from __future__ import annotations

from typing import Any

from services.api import examples
from services.api.access import ABILITY
from services.api.forms import ErrorAnswer

DESCRIPTION = """Ask Belvedere's numbers, rows and events, and send it data.

**Who calls.** Every call carries an API token (`Authorization: Bearer bv_...`) or the browser's session. A token
belongs to one workspace; a session asks in its active one, or in another within reach with `?workspace=`.

**How often.** A client may send 60 requests in a minute (setting `requests_per_minute`). Every answer says what is left
in `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (seconds until the count starts anew). Ingest is
counted by itself, a hundred times as generously. Health checks are not counted.

**Errors** have one form: `{"error": {"code", "message", "field"?}}`.

**Times** in answers are ISO 8601; ranges do not include their end.
"""
TAGS = [
    {"name": "Questions", "description": "Numbers: any metric, range, split and filter."},
    {"name": "Catalogue", "description": "What can be asked."},
    {"name": "Rows", "description": "The rows behind the numbers."},
    {"name": "Ingest", "description": "Send rows."},
    {"name": "Live", "description": "Hear of new data at once."},
    {"name": "Health", "description": "The state of the application."},
]
_ERRORS = {
    "401": (
        "Neither a valid token nor a session.",
        examples.error("not_signed_in", "Send an API token or sign in first."),
    ),
    "403": (
        "The ability is missing, or a session's call came from another site.",
        examples.error("not_allowed", "This token has no ability `rows`."),
    ),
    "404": (
        "A name in the address does not exist.",
        examples.error("unknown_name", "No dataset `complaint` in `grievance`. Did you mean `complaints`?"),
    ),
    "422": (
        "The input is wrong; the message says what was found and what is expected.",
        examples.error("bad_input", "Field `grain`: found 'fortnight'; expected one of minute, hour, day."),
    ),
    "429": (
        "Too many requests; `Retry-After` says when to try again.",
        examples.error(
            "too_many_requests", "More than 60 requests in a minute. Wait 12 s and send it again.", retry_after_s=12
        ),
    ),
    "503": (
        "The database does not answer; `Retry-After` says when to try again.",
        examples.error("database_down", "The database does not answer.", retry_after_s=5),
    ),
}
_INGEST_ERRORS = {
    "408": (
        "The body did not arrive in time.",
        examples.error("too_slow", "The body did not arrive within 60 s. Nothing was written."),
    ),
    "413": (
        "The body is too large.",
        examples.error("too_large", "The body is larger than 32 MiB. Send it in several batches."),
    ),
    "415": (
        "The content type or encoding is not taken.",
        examples.error(
            "unsupported_content_type", "Content-Type: found text/xml, expected one of application/json, ..."
        ),
    ),
}


def finish(document: dict[str, Any]) -> dict[str, Any]:
    """The document with ways to sign in, the errors of every route, and in the words of OpenAPI 3.0."""
    schemas = document["components"]["schemas"]
    form = ErrorAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= form.pop("$defs", {}) | {"ErrorAnswer": form}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token, as People > Tokens makes them."},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "belvedere_session",
            "description": "The browser's session.",
        },
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _finish_operation(method.upper(), path, operation)
    return _in_version_3_0(document)  # type: ignore[no-any-return]  # a dict stays a dict


def _finish_operation(method: str, path: str, operation: dict[str, Any]) -> None:
    operation["security"] = [{"token": []}, {"session": []}]
    ability = ABILITY[method, path]
    operation["description"] = f"{operation.get('description', '')}\n\nTakes the ability `{ability}`.".strip()
    wanted = _ERRORS | (_INGEST_ERRORS if "Ingest" in operation.get("tags", ()) else {})
    answers = operation["responses"]
    for status, (description, shown) in sorted(wanted.items()):
        content = {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}, "example": shown}
        answers[status] = {"description": description, "content": {"application/json": content}}


def _in_version_3_0(node: Any) -> Any:
    """`anyOf` with null becomes `nullable`, `examples` of a schema its first one, `const` a choice of one."""
    if isinstance(node, list):
        return [_in_version_3_0(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    found = {key: _in_version_3_0(value) for key, value in node.items()}
    if isinstance(found.get("anyOf"), list) and {"type": "null"} in found["anyOf"]:
        kept = [choice for choice in found.pop("anyOf") if choice != {"type": "null"}]
        found |= {"nullable": True} | (kept[0] if len(kept) == 1 and "$ref" not in kept[0] else {"anyOf": kept})
    if isinstance(found.get("const"), str):
        found["enum"] = [found.pop("const")]
    return found
