"""How is the web application served?"""

from __future__ import annotations

import errno
import importlib
import logging
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from data.errors import BelvedereError
from data.settings import ROOT, settings

if TYPE_CHECKING:
    import uvicorn

_log = logging.getLogger(__name__)


def bind() -> socket.socket:
    """A socket on the address of the settings, not yet listening. Raises BelvedereError when it is taken."""
    host, port = settings().host, settings().port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # TRICKY: without naming TCP, asyncio leaves Nagle's algorithm on, which costs 40 ms an answer.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        if error.errno == errno.EADDRINUSE:
            raise BelvedereError(
                f"Port {port} is in use: stop what uses it, or set BELVEDERE_PORT to another."
            ) from error
        raise BelvedereError(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error
    return found


def load() -> None:
    """Import what is served, which takes seconds and no database."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    importlib.import_module("uvicorn")
    importlib.import_module("app")


def serve(listener: socket.socket) -> None:
    """Serve app.py on a bound socket until SIGTERM or SIGINT."""
    load()
    import uvicorn

    logging.basicConfig(level=settings().log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    trusted = settings().trusted_proxies
    config = uvicorn.Config(
        "app:app", lifespan="on", ws="websockets-sansio", ws_ping_interval=30, ws_ping_timeout=30, access_log=False,
        ws_per_message_deflate=False,  # packing 50 kB for each of fifty viewers costs more than sending it
        timeout_graceful_shutdown=2, server_header=False, log_config=None, log_level=settings().log_level,
        proxy_headers=bool(trusted), forwarded_allow_ips=trusted or None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    threading.Thread(target=_warm, args=(server,), daemon=True, name="warm").start()
    server.run(sockets=[listener])
    if not server.started:
        raise BelvedereError("The web server did not start; its log says why.")


def _warm(server: uvicorn.Server) -> None:
    """Load the compiled kernels as soon as pages are served, before a visitor asks."""
    while not server.started:
        time.sleep(0.05)
    from data.engine import kernels

    kernels.warm()
