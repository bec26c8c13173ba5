"""What are the settings, which are in force, and how does their reference page read?

`python -m services.settings_page` writes docs/reference/settings.md.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.settings import FILE_NAME, ROOT, Settings, settings, without_password

PAGE = ROOT / "docs" / "reference" / "settings.md"
_HEAD = f"""# Settings

Made from `data/settings.py` by `make docs`. `manage.py settings` shows the values in force.

A setting is an environment variable, or a line of `{FILE_NAME}` in the data folder or beside `app.py`
(`BELVEDERE_SETTINGS` names another file). The environment wins. A wrong value, and a name that does not exist, stop
the start with a message that names it.

| environment | in the file | default | meaning |
|---|---|---|---|
"""
_FOOT = """
An example file:

```toml
port = 8600
host = "0.0.0.0"
https = true
```
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One setting as it is in force."""

    name: str
    variable: str
    value: Any
    source: str


def in_force() -> list[Line]:
    """Every setting with its value and source; the password of a database address is not shown."""
    found = settings()
    lines = []
    for name, field in Settings.model_fields.items():
        variable = _variable(name)
        value = getattr(found, name)
        elsewhere = "default" if value == field.default else "file"
        lines.append(Line(name, variable, _shown(value), "environment" if variable in os.environ else elsewhere))
    return lines


def page() -> str:
    """The reference page."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = ".belvedere beside app.py" if isinstance(default, Path) else _toml(default)
        rows.append(f"| `{_variable(name)}` | `{name}` | {shown} | {field.description} |")
    return _HEAD + "\n".join(rows) + "\n" + _FOOT


def _variable(name: str) -> str:
    alias = Settings.model_fields[name].validation_alias
    return str(alias) if alias else f"BELVEDERE_{name.upper()}"


def _toml(value: Any) -> str:
    if value == "":
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _shown(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    return without_password(value)


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page())
