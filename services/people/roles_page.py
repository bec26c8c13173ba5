"""How does docs/reference/roles.md read? It is written from the table of abilities."""

from __future__ import annotations

from data.settings import ROOT
from data.types import ROLES
from services.people.abilities import ABILITIES, MEANING, allows

_HEAD = """# Roles

<!-- Written by `python -m services.people.roles_page` from services/people/abilities.py; a test compares them. -->

A role belongs to a membership: an account is, say, viewer in one workspace and operator in another. A membership in a
workspace holds in every workspace below it; where two apply, the stronger one counts. An API token has abilities of its
own, never more than the role of its account at the time of the call.
"""


def page() -> str:
    """The whole page."""
    rows = [
        f"| `{ability}` | {MEANING[ability]} | " + " | ".join("yes" if allows(r, ability) else "" for r in ROLES) + " |"
        for ability in ABILITIES
    ]
    head = f"| ability | what it is | {' | '.join(ROLES)} |"
    return "\n".join([_HEAD, head, "|---" * (len(ROLES) + 2) + "|", *rows]) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "reference" / "roles.md").write_text(page())
