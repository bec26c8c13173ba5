"""What is wrong with a pack, where, and what was expected there?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data.errors import BadInput


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding, in the words of the person with the file."""

    place: Place
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.subject}: {self.message}"


class BadPack(BadInput):
    """A pack breaks a rule of the grammar; `problems` holds every finding."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def suggestion(name: str, known: Iterable[str]) -> str:
    """` Did you mean `x`?` for the nearest known name, or nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean `{near[0]}`?" if near else ""


def one_of(names: Iterable[str]) -> str:
    """`a`, `b` or `c`, as a sentence lists them."""
    quoted = [f"`{name}`" for name in names]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)


def expected_one_of(found: str, known: Iterable[str]) -> str:
    """Found this, expected one of those, and which was probably meant."""
    names = list(known)
    wanted = one_of(names) if names else "nothing here"
    return f"found `{found}`, expected {wanted}.{suggestion(found, names)}"
