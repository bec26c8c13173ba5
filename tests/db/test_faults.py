"""Is every acknowledged batch there exactly once, and every segment right, after anything was killed at any moment?"""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from data import database
from data.embedded import socket_url, start, stop
from data.engine.compact import compact
from data.engine.verify import verify
from data.migrate import migrate
from data.server_files import files_of
from data.types import Scope
from tests import zygote
from tests.db.ledger import installed, stored
from tests.db.victim import CASES_IN_BATCH, EVENTS_IN_BATCH, write_number
from tests.support import make_scope, make_workspace, settings_of

WRITING = (
    "claim_batch", "lock_state", "add_values", "advance_state", "announce", "finish_batch",
)  # fmt: skip
COMPACTING = ("packed_segments", "add_segments", "retire_segments", "advance_segments", "sweep_segments")


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """A server of this module's own: it gets killed."""
    folder = Path(tempfile.mkdtemp(prefix="belvedere-faults-"))
    folder.chmod(0o755)
    home = folder / "home"
    start(home)
    database.close_pool()
    with settings_of(DATABASE_URL=socket_url(home), BELVEDERE_HOME=str(home)):
        migrate()
        yield home
        database.close_pool()
    stop(home)
    shutil.rmtree(folder)


@pytest.fixture
def town(server: Path) -> Scope:
    start(server)
    return make_scope(make_workspace())


def victim(town: Scope, first: int, last: int, statement: str = "") -> zygote.Copy:
    words = ["-m", "tests.db.victim", str(town.workspace.id), str(first), str(last), statement]
    process = zygote.start([word for word in words if word])
    assert process.stdout.readline() == "ready\n"
    return process


def acknowledged(process: zygote.Copy) -> list[int]:
    """The batches whose commit the process had told of when it died."""
    said, _ = process.communicate()
    return [int(line) for line in said.split()]


def counts(town: Scope) -> dict[int, int]:
    """Rows of each batch of events."""
    _, events = installed(database.database_url())
    return {int(kind[1:]): n for kind, n in stored(town, events, "kind, count(*)", "GROUP BY kind")}


def check(town: Scope, told: list[int]) -> None:
    """Nothing acknowledged is lost, nothing is there in part or twice, and segments and rows agree; then a client that
    saw no answer sends everything again, and still everything is there once."""
    cases, events = installed(database.database_url())
    found = counts(town)
    assert set(told) <= set(found) and set(found.values()) <= {EVENTS_IN_BATCH}
    assert [verify(town, dataset).mismatches for dataset in (cases, events)] == [[], []]
    last = max([*found, *told, 0]) + 1
    for number in range(last + 1):
        write_number(town, number)
    assert counts(town) == dict.fromkeys(range(last + 1), EVENTS_IN_BATCH)
    owners = {f"c{(n * 7 + i) % 100}": f"b{n}" for n in range(last + 1) for i in range(CASES_IN_BATCH)}
    assert dict(stored(town, cases, "case_id, person")) == owners
    for dataset in (cases, events):
        compact(town, dataset, quiet_s=0, settled_s=0, grace_s=0)
        assert verify(town, dataset).mismatches == []


@pytest.mark.parametrize("statement", WRITING + COMPACTING)
def test_a_process_killed_just_before_a_statement_leaves_whole_batches(town: Scope, statement: str) -> None:
    process = victim(town, 0, 200, statement)
    told = acknowledged(process)
    assert process.wait() == -signal.SIGKILL
    check(town, told)


def test_a_process_killed_again_and_again_while_it_writes_loses_nothing(town: Scope) -> None:
    rng, told = np.random.default_rng(1), []
    for _ in range(4):
        process = victim(town, len(told), 1_000_000)
        time.sleep(float(rng.uniform(0.05, 0.8)))
        process.kill()
        told += acknowledged(process)
    check(town, told)


def test_a_database_killed_again_and_again_while_it_is_written_loses_nothing(server: Path, town: Scope) -> None:
    rng, told = np.random.default_rng(2), []
    for _ in range(3):
        process = victim(town, len(told), 1_000_000)
        time.sleep(float(rng.uniform(0.3, 1.2)))
        psutil.Process(int((files_of(server).data / "postmaster.pid").read_text().split()[0])).kill()
        told += acknowledged(process)
        database.close_pool()
        start(server)
    check(town, told)
