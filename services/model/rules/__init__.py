"""Which rules must a pack obey? One a file; this table is the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from services.model.drafts import Draft
from services.model.problems import Problem

Rule = Callable[[Draft], Iterator[Problem]]

RULES: tuple[Rule, ...] = ()
