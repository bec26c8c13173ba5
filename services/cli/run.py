"""Commands that start, stop and look after the application: run, web, worker, migrate, stop, doctor."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
from typing import Annotated, Any

import typer

JSON = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]
Descriptor = Annotated[int, typer.Option(hidden=True)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run")(run)
    app.command("web")(web)
    app.command("worker")(worker)
    app.command("migrate")(migrate)
    app.command("stop")(stop)
    app.command("doctor")(doctor)
    app.command("prepare", hidden=True)(prepare)


def run() -> None:
    """Start the database, the web server and the worker, and keep them running until Ctrl-C."""
    from services.processes import Supervisor

    raise typer.Exit(Supervisor(_say).run())


def web(listen_fd: Descriptor = -1, parent_fd: Descriptor = -1, go_fd: Descriptor = -1) -> None:
    """Serve the web application; in production, beside `worker`."""
    from services.serve import bind, load, serve

    _end_with_parent(parent_fd)
    if go_fd >= 0:  # a supervisor starts the database meanwhile, and closes the other end when it is there
        load()
        os.read(go_fd, 1)
    serve(socket.socket(fileno=listen_fd) if listen_fd >= 0 else bind())


def worker(parent_fd: Descriptor = -1) -> None:
    """Run the jobs; in production, beside `web`."""
    import logging

    from data.settings import settings
    from services.jobs import run_worker

    _end_with_parent(parent_fd)
    logging.basicConfig(level=settings().log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("procrastinate").setLevel("WARNING")
    run_worker()


def migrate() -> None:
    """Bring the database to the schema of this version."""
    from data.migrate import migrate as bring_up

    print(f"The database is at schema {bring_up()}.")


def stop() -> None:
    """Stop what runs on this data folder."""
    from data.settings import settings
    from services.processes import stop_running

    print("Stopped." if stop_running(settings().home.resolve()) else "Nothing was running.")


def doctor(as_json: JSON = False) -> None:
    """Check settings, database, disk, port and worker; exit code 1 when something is wrong."""
    from services.doctor import examine

    found = examine()
    if as_json:
        print(json.dumps([check.as_dict() for check in found]))
    else:
        for check in found:
            print(f"{'ok   ' if check.ok else 'wrong'}  {check.name}: {check.said}")
    if not all(check.ok for check in found):
        raise typer.Exit(1)


def prepare(step: str, parent_fd: Descriptor = -1) -> None:
    """Compile the engine (`kernels`) or load the demo workspaces (`demo`)."""
    from rich.progress import Progress

    from services import preparing

    _end_with_parent(parent_fd)
    signal.signal(signal.SIGTERM, _end_at_once)
    with Progress() as bars:
        tasks: dict[str, Any] = {}

        def show(what: str, fraction: float) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=1.0)
            bars.update(tasks[what], completed=fraction)

        preparing.prepare(step, show)


def _end_at_once(number: int, _frame: object) -> None:
    """End without unwinding: a compiler that is interrupted complains at length, and a transaction ends by itself."""
    if sys.stdout.isatty():
        os.write(sys.stdout.fileno(), b"\x1b[?25h\n")  # the bar has hidden the cursor
    os._exit(128 + number)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal is gone; the application goes on
        print(text, flush=True)


def _end_with_parent(descriptor: int) -> None:
    from services.children import end_with_parent

    if descriptor >= 0:
        end_with_parent(descriptor)
