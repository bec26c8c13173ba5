"""Which errors can a caller be told about, and in what words?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class BelvedereError(Exception):
    """Something went wrong that the reader can act on."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class UnknownName(BelvedereError):
    """No such name."""


class NotAllowed(BelvedereError):
    """Your role does not allow this."""


class BadInput(BelvedereError):
    """The input is not in the expected form."""


class BadSettings(BelvedereError):
    """A setting is wrong."""


class TooMany(BelvedereError):
    """Too many requests."""


class DatabaseDown(BelvedereError):
    """The database does not answer."""


def unknown(kind: str, name: str, known: Iterable[str], where: str = "", listed: bool = False) -> UnknownName:
    """An UnknownName whose message suggests the nearest known name, or lists them all where none is near and `listed`.

    `unknown("metric", "leak_cout", names, "`water`")` reads: No metric `leak_cout` in `water`. Did you mean
    `leak_count`?
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    place = f" in {where}" if where else ""
    hint = f" It is one of {', '.join(names)}." if listed else ""
    hint = f" Did you mean `{near[0]}`?" if near else hint
    return UnknownName(f"No {kind} `{name}`{place}.{hint}")
