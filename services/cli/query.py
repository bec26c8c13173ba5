"""manage.py query: what are the numbers, asked from the command line?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from data.types import MetricResult


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("query")(query)


def query(
    payload: Annotated[str, typer.Argument(metavar="JSON", help="The question: metrics, range, grain, by, where, ...")],
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="Slug of the workspace.")],
    engine: Annotated[Literal["segments", "sql"], typer.Option(help="Answer from segments or rows.")] = "segments",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Answer a question in JSON, such as '{"metrics": ["backlog"], "range": "30d", "grain": "day"}'."""
    from services.metrics import answer
    from services.model import current
    from services.people import command_scope
    from services.queries import parse_query

    now = datetime.now(UTC)
    scope = command_scope(workspace)
    question = parse_query(_read(payload), current(), scope.workspace, now)
    result = answer(scope, [question], now, engine)[0]
    print(json.dumps(_plain(result), ensure_ascii=False) if as_json else _table(result))


def _read(payload: str) -> dict[str, Any]:
    from data.errors import BadInput

    try:
        found: dict[str, Any] = json.loads(payload)
    except json.JSONDecodeError as error:
        raise BadInput(f"The question is no JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from error
    return found


def _plain(result: MetricResult) -> dict[str, Any]:
    return {
        "rows": result.rows, "as_of": result.as_of.isoformat() if result.as_of else None, "engine": result.engine,
        "elapsed_ms": round(result.elapsed_ms, 2), "plan": result.plan, "cannot_tell": result.cannot_tell,
    }  # fmt: skip


def _table(result: MetricResult) -> str:
    if not result.rows:
        return f"No rows.\n{_state(result)}"
    names = [n for n in dict.fromkeys(key for row in result.rows for key in row) if not n.startswith("__")]
    lines = [names, *([_shown(row, name) for name in names] for row in result.rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
    shown = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    shown += [f"{metric}: {reason}" for metric, reason in result.cannot_tell.items()]
    return "\n".join([*shown, _state(result)])


def _state(result: MetricResult) -> str:
    as_of = result.as_of.isoformat() if result.as_of else "no data"
    return f"as of {as_of}, {result.engine}, {result.elapsed_ms:.1f} ms"


def _shown(row: dict[str, Any], name: str) -> str:
    found = row.get(name)
    if found is None:
        return f"{row['__members']} others" if row.get("__kind") == "other" and name in row else "-"
    return f"{found:,.4g}" if isinstance(found, float) else str(found)
