"""How is Python compiled for the kernels?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])


carray: Any = numba.carray  # type: ignore[attr-defined]  # exported, though not by name


def compiled(signature: str | None = None) -> Callable[[F], F]:
    """numba.njit that runs without the interpreter lock, typed for mypy.

    With a signature it is compiled at once, or loaded from the cache on disk; without one it is part of its callers.
    """
    njit: Any = numba.njit
    return cast(Callable[[F], F], njit(signature, cache=True, nogil=True) if signature else njit(nogil=True))


def stamp(*files: str) -> int:
    """A number that changes with the text of any of the files.

    TRICKY: numba's cache notices a change of the file that holds a function, not of the files of functions it calls. It
    does notice the value of a variable that the function closes over, so `run` closes over this.
    """
    texts = b"".join(Path(file).read_bytes() for file in files)
    return int.from_bytes(hashlib.blake2b(texts, digest_size=7).digest(), "big")


def _pointer(_typing: Any, address: Any) -> Any:  # noqa: ARG001  # numba reads the name of the argument
    def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), build


pointer: Any = intrinsic(_pointer)
"""`pointer(address)` inside compiled code: the address as a pointer, for numba.carray."""
