"""Is one process restarted with growing pauses, kept short in its log, and ended in time?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from data.settings import ROOT
from services import children
from services.children import Child
from tests.running import PATIENCE_S, eventually

Make = Callable[[str], Child]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Child] = []

    def child_of(code: str) -> Child:
        child = Child("test", [], tmp_path / "logs", ())
        child._command = [sys.executable, "-c", code]
        made.append(child)
        return child

    yield child_of
    for child in made:
        child.end(0)


def test_a_process_that_dies_starts_again_after_growing_pauses(make: Make) -> None:
    child = make("raise SystemExit(3)")
    child.start()
    assert child.log.parent.stat().st_mode & 0o77 == 0, "errors are for the owner alone"
    now, pauses = time.monotonic(), []
    for _ in range(3):
        assert eventually(lambda: child.pid is None)
        said = child.look_after(now)
        assert "exit code 3" in said
        pauses.append(float(said.split("again in ")[1].split(" s")[0]))
        assert child.look_after(now) == "", "nothing before the pause is over"
        now += pauses[-1]
        assert child.look_after(now) == ""
    assert pauses == [0.5, 1.0, 2.0]
    assert child.failures == 3


def test_a_process_that_lived_long_starts_again_at_once(make: Make) -> None:
    child = make("import time; time.sleep(60)")
    child.start()
    child.failures = 5
    assert child.pid is not None
    psutil.Process(child.pid).kill()
    assert eventually(lambda: child.pid is None)
    assert (
        child.look_after(time.monotonic() + 61)
        == "The test process ended (killed by SIGKILL); it starts again in 0.5 s."
    )


def test_one_that_does_not_listen_is_killed_with_what_it_started(make: Make, tmp_path: Path) -> None:
    child = make(
        "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    )
    child.start()
    assert eventually(lambda: child.last_lines().strip().isdigit())
    below = int(child.last_lines())
    child.ask_to_stop()
    child.end(time.monotonic() + 0.3)
    assert child.pid is None
    assert eventually(lambda: not psutil.pid_exists(below) or psutil.Process(below).status() == "zombie")


def test_a_long_log_is_cut_and_its_end_kept_aside(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_LOG_BYTES", 100)
    child = make("print('x' * 200)")
    child.start()
    assert eventually(lambda: child.pid is None)
    child.look_after(time.monotonic())
    assert child.log.stat().st_size == 0
    assert child.log.with_suffix(".log.1").read_text() == "x" * 200 + "\n"


def test_a_process_ends_when_the_other_end_of_its_pipe_is_gone() -> None:
    reader, writer = os.pipe()
    code = f"import time; from services.children import end_with_parent; end_with_parent({reader}); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, pass_fds=(reader,))
    os.close(reader)
    assert process.poll() is None
    os.close(writer)
    assert process.wait(PATIENCE_S) != 0


def test_preparing_ends_at_once_and_says_nothing() -> None:
    code = (
        "import services.cli.run as run, services.preparing as preparing, time\n"
        "def compile(step, show):\n"
        "    print('begun', flush=True)\n"
        "    try: time.sleep(60)\n"
        "    except BaseException as error: raise RuntimeError('interrupted') from error\n"
        "preparing.prepare = compile\n"
        "run.prepare('kernels')\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"begun\n"
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (128 + signal.SIGTERM, b"", b"")
