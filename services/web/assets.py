"""How are the scripts and typefaces of the dashboard served?

A browser asks for more than a hundred small files before it shows the first page. They come with Streamlit, are the
same for everybody and never change under their names: each is read and compressed once and then answered from memory.
"""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.shipped import folder

PREFIX = "/static/"
_FOR_EVER = "public, immutable, max-age=31536000"
_WORTH_PACKING = 1400  # bytes that go in one packet anyway
_PACKED_ALREADY = (".woff2", ".woff", ".png", ".gz")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `packed` (gzip) is empty where that saves nothing."""

    body: bytes
    packed: bytes
    kind: str
    tag: str


_kept: dict[str, Asset] = {}


@lru_cache(maxsize=1)
def _paths() -> dict[str, Path]:
    root = folder() / "static"
    return {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}


def _read(name: str) -> Asset:
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or "application/octet-stream"
    return made(_paths()[name].read_bytes(), kind, not name.endswith(_PACKED_ALREADY))


def made(body: bytes, kind: str, packs: bool = True) -> Asset:
    """An asset of these bytes; what goes in one packet anyway is not packed."""
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    return Asset(body, gzip.compress(body, 6) if packs and len(body) > _WORTH_PACKING else b"", kind, tag)


class Assets:
    """Middleware that answers for these files, behind the gate; Streamlit keeps their addresses to itself as routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix(PREFIX) if scope["type"] == "http" and scope["method"] == "GET" else ""
        if name not in _paths():
            await self._app(scope, receive, send)
            return
        found = _kept.get(name)
        if found is None:
            found = _kept[name] = await run_sync(_read, name)
        await answer(found, Headers(scope=scope), _FOR_EVER)(scope, receive, send)


def answer(found: Asset, asked: Headers, keep: str) -> Response:
    """An asset as a browser takes it, which may keep it so."""
    headers = {"Cache-Control": keep, "ETag": found.tag, "Vary": "Accept-Encoding"}
    if found.tag in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if found.packed and "gzip" in asked.get("accept-encoding", ""):
        return Response(found.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=found.kind)
    return Response(found.body, headers=headers, media_type=found.kind)
