"""What must be up while the server runs?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from anyio.to_thread import run_sync

from data import embedded
from data.database import close_pool
from data.migrate import migrate


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """The embedded database (unless DATABASE_URL names another) and the present schema, before the first request."""
    stack = ExitStack()
    try:
        await run_sync(stack.enter_context, embedded.needed())
        await run_sync(migrate)
        yield
    finally:
        close_pool()
        await run_sync(stack.close)
