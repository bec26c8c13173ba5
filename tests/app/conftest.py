"""What do tests of pages share?"""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def database_first(database: str) -> str:
    """Pages ask the database even where a test does not; which test of a process is first must not matter."""
    return database
