"""At which address do people on this machine reach the dashboard?"""

from __future__ import annotations

from data.settings import settings

_EVERY = {"0.0.0.0", "::", ""}


def address() -> str:
    """`http://host:port` by the settings; a server on every interface is reached here as localhost."""
    here = settings()
    host = "localhost" if here.host in _EVERY else here.host
    host = f"[{host}]" if ":" in host else host
    scheme = "https" if here.https else "http"
    return f"{scheme}://{host}:{here.port}"
