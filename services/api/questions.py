"""How is a question answered over HTTP: a query as it is, the tiles of a dashboard, or a trend?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query

from data.errors import NotAllowed
from data.types import COMPARES, GRAINS, Compare, EngineName, Grain, MetricResult, Scope
from services import metrics, model, people
from services.api import examples
from services.api.access import Caller, now
from services.api.dashboards import MOST_DAYS, dashboard
from services.api.errors import JsonAnswer
from services.api.forms import Dashboard, QueryAnswer, QueryBody, example
from services.queries import parse_query

router = APIRouter(tags=["Questions"])
MOST_METRICS = 50


def answer_json(result: MetricResult) -> dict[str, Any]:
    """An answer as the API and the commands print it."""
    return {
        "rows": result.rows,
        "as_of": result.as_of,
        "received_at": result.received_at,
        "engine": result.engine,
        "elapsed_ms": round(result.elapsed_ms, 3),
        "versions": result.versions,
        "plan": result.plan,
        "cannot_tell": result.cannot_tell,
    }


def ask(scope: Scope, payload: dict[str, Any], engine: EngineName = "segments") -> JsonAnswer:
    """The answer to a query in JSON."""
    at = now()
    query = parse_query(payload, model.model_of(scope), scope.workspace, at)
    result = metrics.answer(scope, [query], at, engine)[0]
    return JsonAnswer(answer_json(result))


# The body is checked by the same parser as the command's: pydantic's words for the same mistakes would be a second set.
_BODY = {"requestBody": {"content": {"application/json": {"schema": QueryBody.model_json_schema()}}}}


@router.post(
    "/v1/query", summary="Ask a question", response_model=QueryAnswer, responses=example(examples.ANSWER),
    openapi_extra=_BODY,
)  # fmt: skip
def post_query(
    scope: Caller,
    body: Annotated[dict[str, Any], Body()],
    engine: Annotated[
        EngineName,
        Query(description="`sql` answers from the raw rows, slowly, for comparison; it takes the ability `manage`."),
    ] = "segments",
) -> JsonAnswer:
    """Any metrics over any range, split by time and up to two dimensions, filtered and compared.

    The JSON is the one that `manage.py query` takes.
    """
    if engine == "sql" and not people.can(scope, "manage"):
        raise NotAllowed("The engine `sql` reads every row; it takes the ability `manage`.")
    return ask(scope, body, engine)


@router.get(
    "/v1/dashboard", summary="Tiles of every pack", response_model=Dashboard, responses=example(examples.DASHBOARD)
)
def get_dashboard(
    scope: Caller,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="Days up to now, today included.")] = 30,
    compare: Annotated[
        Literal["previous", "weekday", "year", "none"], Query(description="The earlier period that changes refer to.")
    ] = "previous",
) -> JsonAnswer:
    """The KPIs of each pack in the workspace: value, change against the earlier period, target, and age of the data."""
    found: Compare | None = next((c for c in COMPARES if c == compare), None)
    return JsonAnswer(dashboard(scope, days, found, now()))


@router.get("/v1/trends", summary="One or more metrics over time", response_model=QueryAnswer)
def get_trends(
    scope: Caller,
    metric: Annotated[list[str], Query(description="Metric; may be given several times.", max_length=MOST_METRICS)],
    days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="Days up to now, today included.")] = 30,
    grain: Annotated[Grain, Query(description=f"One of {', '.join(GRAINS)}.")] = "day",
    by: Annotated[list[str], Query(description="Split by this dimension; at most two.", max_length=2)] = [],  # noqa: B006
    compare: Annotated[Compare | None, Query(description="Adds `<metric>__previous`.")] = None,
    top: Annotated[int | None, Query(ge=1, le=1000, description="Keep so many groups, pool the others.")] = None,
) -> JsonAnswer:
    """A series in the workspace's time zone; every bucket of the range is there."""
    payload = {"metrics": metric, "range": {"last": f"{days}d"}, "grain": grain}
    optional = {"by": by or None, "compare": compare, "top": top}
    return ask(scope, payload | {key: value for key, value in optional.items() if value is not None})
