"""What may each role do?"""

from __future__ import annotations

from typing import Literal, get_args

from data.errors import NotAllowed, unknown
from data.types import ROLES, Role, Scope

Ability = Literal["read", "rows", "export", "personal", "plan", "write", "operate", "manage"]
ABILITIES: tuple[Ability, ...] = get_args(Ability)

MEANING: dict[Ability, str] = {
    "read": "See pages and numbers",
    "rows": "Open the rows behind a number",
    "export": "Download what can be seen",
    "personal": "See columns with personal data; each reading is audited",
    "plan": "Plan field routes and say what is unusual; keep the list of officers",
    "write": "Import files, send rows, delete rows",
    "operate": "See how the application and the ways in are; try again, pause or discard what came in",
    "manage": "Manage people, workspaces and tokens; read the audit",
}
BY_ROLE: dict[Role, frozenset[Ability]] = {
    "viewer": frozenset({"read"}),
    "analyst": frozenset({"read", "rows", "export"}),
    "manager": frozenset({"read", "rows", "export", "personal", "plan"}),
    "operator": frozenset({"read", "rows", "export", "personal", "plan", "write", "operate"}),
    "administrator": frozenset(ABILITIES),
}


def allows(role: Role, ability: str) -> bool:
    """Whether a role has an ability; UnknownName for an ability that does not exist."""
    if ability not in ABILITIES:
        raise unknown("ability", ability, ABILITIES)
    return ability in BY_ROLE[role]


def can(scope: Scope, ability: str) -> bool:
    """Whether a viewer has an ability: by the role, and by the token where one narrows it."""
    return allows(scope.role, ability) and (scope.abilities is None or ability in scope.abilities)


def require(scope: Scope, ability: Ability) -> None:
    """Raise NotAllowed, saying which roles would do, unless the viewer has the ability."""
    if allows(scope.role, ability):
        if not can(scope, ability):
            raise NotAllowed(f"This token has no ability `{ability}`.")
        return
    roles = [role for role in ROLES if allows(role, ability)]
    takes = " or ".join(filter(None, (", ".join(roles[:-1]), roles[-1])))
    what = MEANING[ability][0].lower() + MEANING[ability][1:].split(";")[0]
    raise NotAllowed(f"Your role ({scope.role}) does not allow you to {what}. That takes {takes}.")


def weakest_role(abilities: frozenset[str]) -> Role:
    """The role that has all these abilities and the fewest others."""
    return next(role for role in ROLES if abilities <= BY_ROLE[role])
