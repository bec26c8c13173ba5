"""Does each role allow what the table says, and no more?"""

from __future__ import annotations

from itertools import pairwise

import pytest

from data.errors import NotAllowed, UnknownName
from data.settings import ROOT
from data.types import ROLES, Scope, Workspace
from services.people.abilities import ABILITIES, BY_ROLE, MEANING, allows, can, require, weakest_role
from services.people.roles_page import page

WORKSPACE = Workspace(1, "home", "Home", "organisation", None, "UTC")


def scope(role: str, abilities: frozenset[str] | None = None) -> Scope:
    return Scope(1, "ana", role, WORKSPACE, (1,), abilities=abilities)  # type: ignore[arg-type]  # roles of a table


def test_each_role_has_what_the_weaker_ones_have_and_more() -> None:
    assert tuple(BY_ROLE) == ROLES
    assert all(BY_ROLE[weaker] < BY_ROLE[stronger] for weaker, stronger in pairwise(ROLES))
    assert set(MEANING) == set(ABILITIES)


@pytest.mark.parametrize(
    ("ability", "weakest"),
    [("read", "viewer"), ("rows", "analyst"), ("export", "analyst"), ("personal", "manager"), ("plan", "manager"),
     ("write", "operator"), ("operate", "operator"), ("manage", "administrator")],
)  # fmt: skip
def test_an_ability_begins_with_one_role(ability: str, weakest: str) -> None:
    allowed = [role for role in ROLES if allows(role, ability)]
    assert allowed == list(ROLES[ROLES.index(weakest) :])  # type: ignore[arg-type]  # a role by the table above
    assert weakest_role(frozenset({ability})) == weakest


def test_a_refusal_names_the_roles_that_would_do() -> None:
    with pytest.raises(NotAllowed, match=r"\(viewer\) does not allow you to import files.*operator or administrator"):
        require(scope("viewer"), "write")


def test_a_token_has_no_more_than_it_was_given() -> None:
    narrowed = scope("administrator", frozenset({"read"}))
    assert can(narrowed, "read") and not can(narrowed, "write")
    with pytest.raises(NotAllowed, match="token has no ability `write`"):
        require(narrowed, "write")


def test_a_token_has_no_more_than_its_role() -> None:
    assert not can(scope("viewer", frozenset({"read", "write"})), "write")


def test_a_mistyped_ability_is_an_error_and_not_a_no() -> None:
    with pytest.raises(UnknownName, match="Did you mean `write`"):
        allows("administrator", "wrte")


def test_the_page_of_roles_is_what_the_table_says() -> None:
    assert (ROOT / "docs/reference/roles.md").read_text() == page(), (
        "write it anew: python -m services.people.roles_page"
    )
