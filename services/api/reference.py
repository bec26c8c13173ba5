"""How does docs/reference/api.md read? It is written from the API's own description.

`python -m services.api.reference` writes it; a test compares the two.
"""

from __future__ import annotations

import json
from typing import Any

from data.settings import ROOT

PAGE = ROOT / "docs" / "reference" / "api.md"
INTRODUCTION = """# HTTP API

<!-- Written by `python -m services.api.reference` from services/api; a test compares them. -->

A running server shows the same, to try out, at `/api/docs`, and gives it to programs at `/api/v1/openapi.json`.

"""
_METHODS = ("get", "post")


def reference(document: dict[str, Any]) -> str:
    """The page as Markdown."""
    parts = [INTRODUCTION, document["info"]["description"], "\n"]
    for tag in document["tags"]:
        operations = [
            (method, path, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if tag["name"] in operation["tags"] and method in _METHODS
        ]
        parts.append(f"## {tag['name']}\n\n{tag['description']}\n\n")
        parts.extend(_operation(document, *found) for found in operations)
    return "".join(parts).rstrip() + "\n"


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    lines = [f"### `{method.upper()} /api{path}`\n", f"**{operation['summary']}.** {operation['description']}\n"]
    parameters = operation.get("parameters", [])
    if parameters:
        lines += ["| parameter | in | type | meaning |", "|---|---|---|---|"]
        lines += [_parameter(p) for p in parameters]
        lines.append("")
    body = operation.get("requestBody", {}).get("content", {})
    if body:
        lines.append(f"Body: {', '.join(f'`{kind}`' for kind in body)}.\n")
        shown = next(iter(body.values()))
        wanted = shown.get("example", shown["schema"].get("example"))
        lines += _block("Example:", wanted)
    lines += _answers(document, operation["responses"])
    return "\n".join(lines) + "\n"


def _parameter(found: dict[str, Any]) -> str:
    schema = found["schema"]
    default = schema.get("default")
    notes = [found.get("description", "").rstrip(".") + "."]
    if found.get("required"):
        notes.append("Required.")
    elif default not in (None, "", []):
        notes.append(f"Default `{json.dumps(default)}`.")
    meaning = " ".join(notes).replace("|", "\\|")
    return f"| `{found['name']}` | {found['in']} | {_type(schema)} | {meaning} |"


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = f" {low} to {high}" if low is not None and high is not None else ""
    return f"{schema.get('type', 'any')}{bounds}"


def _block(title: str, content: Any) -> list[str]:
    if content is None:
        return []
    if isinstance(content, str):
        return [f"{title}\n", f"```\n{content.strip()}\n```\n"]
    return [f"{title}\n", f"```json\n{json.dumps(content, indent=2, ensure_ascii=False)}\n```\n"]


def _answers(document: dict[str, Any], responses: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for kind, content in responses["200"].get("content", {}).items():
        lines += _block(f"Answer (`{kind}`):", content.get("example"))
        lines += _fields(document, content.get("schema", {}))
    codes = sorted(code for code in responses if code != "200")
    lines.append(f"Errors: {', '.join(f'{code} {_first(responses[code])}' for code in codes)}\n")
    return lines


def _first(response: dict[str, Any]) -> str:
    text = str(response["description"]).split(";")[0].rstrip(".")
    return f"({text[0].lower()}{text[1:]})"


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """The fields of the answer's object, or of the objects in its list, with a description where they have one."""
    name = (schema.get("items") or schema).get("$ref", "").rpartition("/")[2]
    fields = document["components"]["schemas"].get(name, {}).get("properties", {})
    told = {field: found["description"] for field, found in fields.items() if "description" in found}
    if not fields:
        return []
    plain = [f"`{field}`" for field in fields if field not in told]
    lines = [f"- `{field}`: {text}" for field, text in told.items()]
    return [*lines, *([f"- and {', '.join(plain)}."] if plain else []), ""]


if __name__ == "__main__":
    from services.api.application import create_api
    from services.api.application import document as describe

    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(reference(describe(create_api())))
