"""Does a request come from our own pages, and is it meant for this server?"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from data.settings import settings


def is_own_origin(headers: Headers) -> bool:
    """Whether the page that sent this request is one of this server's.

    Browsers send Origin with every POST and every WebSocket handshake, and scripts cannot forge it. Without it nothing
    proves where the request comes from, so the answer is no.
    """
    origin = urlsplit(headers.get("origin", ""))
    return origin.scheme in ("http", "https") and origin.netloc != "" and origin.netloc == headers.get("host")


def came_from_here(headers: Headers) -> bool:
    """Whether a GET was asked for by one of our own pages (a link), not typed and not placed by another site."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(headers.get("referer", "")).netloc == headers.get("host", "-")


def is_known_host(headers: Headers) -> bool:
    """Whether the Host header names this server, by settings().hosts; an empty setting knows every name."""
    known = [name.strip().lower() for name in settings().hosts.split(",") if name.strip()]
    if not known:
        return True
    try:
        name = (urlsplit(f"//{headers.get('host', '')}").hostname or "").rstrip(".")
    except ValueError:
        return False
    return any(name == k or (k.startswith("*.") and name.endswith(k[1:])) for k in known)
