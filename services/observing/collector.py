"""How does what a process notes about itself become rows, without anybody waiting for it?"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np

from data.database import transaction
from data.engine.batches import Batch, write_batch
from data.errors import BelvedereError
from data.model import Dataset
from data.settings import settings
from data.tables import column_names
from data.types import Scope
from services.model import current, find_dataset
from services.observing import PACK
from services.observing.notes import Note, note, notes, quietly
from services.observing.samples import Sampler
from services.observing.workspace import own_scope

WRITE_S, SAMPLE_S, STOP_S = 5.0, 30.0, 3.0
_log = logging.getLogger(__name__)


class Collector:
    """A thread that writes the notes of this process every few seconds, and looks at the machine now and then.

    While the database does not answer, notes wait in memory, and beyond the bound the newest are dropped and counted.
    """

    def __init__(self, process: str, write_s: float = WRITE_S, sample_s: float = SAMPLE_S) -> None:
        self.process = process
        self._write_s, self._sample_every = write_s, max(1, round(sample_s / write_s))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="observe")
        self._errors = ErrorNotes()
        self._sampler = Sampler()
        self._scope: Scope | None = None
        self._waiting: tuple[str, dict[str, list[Note]]] | None = None
        self._turns = 0

    def start(self) -> None:
        """Begin to note and to write; does nothing when the setting `observe` is off."""
        if settings().observe:
            notes.is_on = True
            logging.getLogger().addHandler(self._errors)
            self._thread.start()

    def stop(self) -> None:
        """Write what is left, if the database answers soon, and end."""
        if self._thread.is_alive():
            self._stop.set()
            self._thread.join(STOP_S)
        notes.is_on = False
        logging.getLogger().removeHandler(self._errors)

    def _run(self) -> None:
        while not self._stop.wait(self._write_s):
            self._safe_turn()
        self._safe_turn()

    def _safe_turn(self) -> None:
        with quietly():
            try:
                self.turn()
            except BelvedereError as error:
                _log.info("Notes about this process wait: %s", error)
            except Exception:  # noqa: BLE001 - a fault in here must not end the watching
                _log.exception("Notes about this process could not be written")
                self._waiting = None

    def turn(self) -> int:
        """Look at the machine if it is time, and write what was noted; returns how many rows. Raises DatabaseDown."""
        if self._turns % self._sample_every == 0:
            self._sample()
        self._turns += 1
        if self._waiting is None:
            taken = notes.take()
            # One key for all attempts: a commit whose answer was lost is not repeated.
            self._waiting = (f"observed {uuid.uuid4()}", taken) if taken else None
        if self._waiting is None:
            return 0
        self._scope = self._scope or own_scope()
        written = self._write(self._scope, *self._waiting)
        self._waiting = None
        return written

    def _sample(self) -> None:
        found = self._sampler.answers()
        _note_always("resources", self._sampler.resources() | {"dropped": notes.take_dropped()})
        if found:
            _note_always("caches", found)

    def _write(self, scope: Scope, key: str, taken: dict[str, list[Note]]) -> int:
        model, written = current(), 0
        with transaction(scope) as tx:
            for name, rows in taken.items():
                dataset = find_dataset(model, f"{PACK}.{name}")
                written += write_batch(tx, scope, Batch(dataset, key, columns_of(dataset, rows, self.process))).inserted
        return written


class ErrorNotes(logging.Handler):
    """Notes each message at level error: which part said it and what kind of exception, never its text, which may hold
    personal data and stays in the log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Note one message."""
        kind = record.exc_info[0] if record.exc_info else None
        note("errors", component=record.name[:100], error=kind.__name__ if kind else record.levelname.lower())


def _note_always(dataset: str, columns: dict[str, Any]) -> None:
    """A note of the collector's own, which is otherwise quiet."""
    notes.add(dataset, time.time_ns() // 1_000_000, columns)


def columns_of(dataset: Dataset, rows: Sequence[Note], process: str) -> dict[str, Any]:
    """Notes as the columns of their dataset; a note's column that the dataset does not have is left out."""
    columns: dict[str, Any] = {dataset.time: np.array([at for at, _ in rows], np.int64).view("datetime64[ms]")}
    measures = {measure.name for measure in dataset.measures}
    derived = {"cell", *(flag.name for flag in dataset.flags)}
    for name in column_names(dataset):
        if name in columns or name in derived:
            continue
        values = [process if name == "process" else found.get(name) for _, found in rows]
        columns[name] = np.array(values, np.float64) if name in measures else values
    return columns
