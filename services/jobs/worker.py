"""How does a worker take jobs from the queue, hear of new data, outlive the database and end in time?"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from datetime import UTC, datetime

from procrastinate import App, JobContext
from procrastinate.exceptions import AlreadyEnqueued, AppNotOpen, ConnectorException
from procrastinate.jobs import Status

from data import queue
from data.errors import BadInput, DatabaseDown
from services.jobs.overrides import BY_ITSELF, TURN_S, is_due, is_wanted, settings_now
from services.jobs.running import run_job, running_jobs
from services.jobs.schedule import JOBS, Job
from services.jobs.turns import Turn
from services.jobs.workflows import TASK, WORKFLOWS, ask_for, run_workflow
from services.mqtt import run_subscriber
from services.observing.collector import Collector

_log = logging.getLogger(__name__)
RECOVER_CRON = "* * * * * 30"
_CONCURRENCY = 6
_GRACE_S = 2.0
_RETRY_S = 1.0
_STALLED_S = 30.0
_HEAR_S = 5.0
_TOGETHER_S = 0.2  # batches that arrive together call for one job


def create_app(stop: threading.Event) -> App:
    """The queue with every scheduled job as a periodic task; each waits in it at most once."""
    app = App(connector=queue.connector())
    for job in JOBS.values():
        app.periodic(cron=job.cron)(
            app.task(name=job.name, queueing_lock=job.name, pass_context=True)(_task(job, stop))
        )
    app.task(name=TASK, pass_context=True)(_workflow(stop))
    app.periodic(cron=f"* * * * * */{TURN_S}")(
        app.task(name="dispatch", queueing_lock="dispatch", pass_context=True)(_dispatch)
    )
    app.periodic(cron="17 * * * *")(app.task(name="forget", queueing_lock="forget", pass_context=True)(_forget))
    app.periodic(cron=RECOVER_CRON)(app.task(name="recover", queueing_lock="recover", pass_context=True)(_recover))
    return app


def run_worker() -> None:
    """Take jobs until SIGTERM or SIGINT; a database that goes away is waited for."""
    stop, collector = threading.Event(), Collector("worker")
    collector.start()
    try:
        asyncio.run(_run(stop))
    finally:
        collector.stop()


async def _run(stop: threading.Event) -> None:
    app = create_app(stop)
    running = asyncio.current_task()
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        if running is not None:
            running.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    threading.Thread(target=_hear, args=(app, loop, stop), daemon=True, name="hear").start()
    listener = threading.Thread(target=run_subscriber, args=(stop,), daemon=True, name="mqtt")
    listener.start()
    await _work(app, stop)
    listener.join(_GRACE_S)


async def _work(app: App, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            async with app.open_async():
                await app.run_worker_async(
                    concurrency=_CONCURRENCY, shutdown_graceful_timeout=_GRACE_S, install_signal_handlers=False,
                    delete_jobs="successful",
                )  # fmt: skip
        except asyncio.CancelledError:
            return
        except (ConnectorException, DatabaseDown) as error:
            _log.warning("The database does not answer, the worker tries again: %s", error)
        finally:
            # TRICKY: told to end while it opened, the pool would be left with tasks that no cancellation ends.
            await app.close_async()
        await asyncio.sleep(_RETRY_S)


def _task(job: Job, stop: threading.Event) -> Callable[..., str]:
    def run(context: JobContext, asked: str = "", **_timestamp: int) -> str:
        if not is_wanted(job, asked):
            return ""
        is_asked = asked not in BY_ITSELF
        return run_job(job, Turn(datetime.now(UTC), lambda: stop.is_set() or context.should_abort(), is_asked))

    return run


def _workflow(stop: threading.Event) -> Callable[..., None]:
    def run(context: JobContext, number: int) -> None:
        run_workflow(number, Turn(datetime.now(UTC), lambda: stop.is_set() or context.should_abort(), True))

    return run


async def _dispatch(context: JobContext, timestamp: int) -> None:
    """Queue the jobs that people gave other times, and the workflows, when their turn has come."""
    at = datetime.fromtimestamp(timestamp, UTC)
    for name, setting in (await asyncio.to_thread(settings_now)).items():
        if name in JOBS and setting.cron and not setting.paused and is_due(setting.cron, at):
            await _defer(context.app, name, "schedule")
    for workflow in WORKFLOWS.values():
        if workflow.cron and is_due(workflow.cron, at):
            with suppress(BadInput):  # it waits already
                await asyncio.to_thread(ask_for, workflow.name, "schedule")


async def _forget(context: JobContext, **_timestamp: int) -> None:
    """Jobs that failed are kept for a day, others not at all; how the last run of each went stays in job_runs."""
    await context.app.job_manager.delete_old_jobs(nb_hours=24, include_failed=True, include_aborted=True)


async def _recover(context: JobContext, **_timestamp: int) -> None:
    """Jobs of a worker that was killed run again, unless the same job already waits."""
    manager = context.app.job_manager
    await manager.prune_stalled_workers(_STALLED_S)
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_S):
        try:
            await manager.retry_job(job)
        except ConnectorException:
            await manager.finish_job(job, Status.FAILED, delete_job=True)


def _hear(app: App, loop: asyncio.AbstractEventLoop, stop: threading.Event) -> None:
    """Queue the jobs that new data calls for; those that already wait or run here are left alone."""
    wanted = {job.name for job in JOBS.values() if job.on_data}
    while not stop.is_set():
        try:
            for _ in queue.notices(stop):
                for name in wanted - running_jobs():
                    if stop.is_set():
                        return  # the loop closes, or has closed
                    asyncio.run_coroutine_threadsafe(_defer(app, name, "data"), loop).result(_HEAR_S)
                stop.wait(_TOGETHER_S)
        except (DatabaseDown, AppNotOpen, ConnectorException, TimeoutError, CancelledError) as error:
            _log.warning("Listening for new data stopped, trying again: %s", error)
            stop.wait(_RETRY_S)


async def _defer(app: App, name: str, asked: str) -> None:
    with suppress(AlreadyEnqueued):
        await app.configure_task(name, queueing_lock=name).defer_async(timestamp=int(time.time()), asked=asked)
