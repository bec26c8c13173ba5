"""How is the API documented in a browser that reaches nothing but this server?

swagger-ui comes from its wheel; the page has no inline script, so it fits a strict content-security policy.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import swagger_ui_bundle
from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.responses import FileResponse, Response

from data.errors import unknown

router = APIRouter(include_in_schema=False)
_FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Belvedere API</title>
<link rel="stylesheet" href="docs/files/swagger-ui.css">
<link rel="icon" type="image/png" href="docs/files/favicon-32x32.png">
</head>
<body>
<main id="swagger-ui" aria-label="API reference"></main>
<script src="docs/files/swagger-ui-bundle.js"></script>
<script src="docs/init.js"></script>
</body>
</html>
"""
# validatorUrl null: swagger-ui would otherwise ask a public service about the document.
_INIT = """window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: new URL("v1/openapi.json", document.baseURI).href,
    dom_id: "#swagger-ui",
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    docExpansion: "list",
    tryItOutEnabled: true,
    validatorUrl: null,
    withCredentials: true,
  });
});
"""
_CACHE = {"Cache-Control": "private, max-age=86400"}


@lru_cache(maxsize=1)
def _folder() -> Path:
    return Path(swagger_ui_bundle.swagger_ui_path)


@router.get("/docs")
def docs_page() -> HTMLResponse:
    """The interactive reference."""
    return HTMLResponse(_PAGE)


@router.get("/docs/init.js")
def docs_init() -> Response:
    """What starts swagger-ui, in a file of its own."""
    return Response(_INIT, media_type="text/javascript")


@router.get("/docs/files/{name}")
def docs_file(name: str) -> Response:
    """One file of swagger-ui."""
    if name not in _FILES:
        raise unknown("file", name, _FILES)
    return FileResponse(_folder() / name, media_type=_FILES[name], headers=_CACHE)
