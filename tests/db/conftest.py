"""What do tests on the database share beyond the database?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from services.people import passwords


@pytest.fixture(scope="session", autouse=True)
def database_first(database: str) -> str:
    """A test that uses the database without naming it does the same whichever test of a process is first."""
    return database


@pytest.fixture(scope="module", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Passwords are checked with the least of time and memory; tests/unit/test_passwords.py holds the real cost."""
    patch = pytest.MonkeyPatch()
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    patch.setattr(passwords, "_hasher", quick)
    patch.setattr(passwords, "_DECOY", quick.hash("nobody's"))
    yield
    patch.undo()
