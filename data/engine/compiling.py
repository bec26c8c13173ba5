"""How is Python compiled for the kernels?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])


def compiled(signature: str | None = None) -> Callable[[F], F]:
    """numba.njit that caches on disk and runs without the interpreter lock, typed for mypy."""
    options = {"cache": True, "nogil": True}
    made = numba.njit(signature, **options) if signature else numba.njit(**options)
    return cast(Callable[[F], F], made)


def _pointer(_typing: Any, address: Any) -> Any:
    def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), build


pointer: Any = intrinsic(_pointer)
"""`pointer(address)` inside compiled code: the address as a pointer, for numba.carray."""
