"""A browser without a screen, for tests of ASGI applications in this process."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # The successor of httpx that starlette recommends would be one more dependency for the same calls.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

__all__ = ["TestClient"]
