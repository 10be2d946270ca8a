"""However a visit of the browser ends: no process, no folder and no port of it is left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from gapprof.guard import processes_of
from gapprof.records.job import Job
from tests.browser.aftermath import PATIENCE_S, assert_nothing_left, mortal, seen

PROGRAM = """
import signal, sys
import msgspec
from gapprof.backends.chromium import BACKEND
from gapprof.errors import Interrupted
from gapprof.guard import MARKER, Guard
from gapprof.records.job import Job
from gapprof.records.settings import Settings

def interrupt(number, frame):
    raise Interrupted("asked to stop")

if "polite" in sys.argv:
    signal.signal(signal.SIGTERM, interrupt)
job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
with Guard() as guard:
    print(guard.environment()[MARKER].partition(":")[0], flush=True)
    print(type(BACKEND.open(Settings(), guard).timed(job)).__name__, flush=True)
"""


def begin(job: Job, temporary: Path, *words: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(temporary)},
        cwd=Path(__file__).parents[2],
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(job))
    process.stdin.close()
    return process


def said(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


def test_nothing_is_left_after_a_normal_end(job: Job, temporary: Path) -> None:
    with mortal(begin(job, temporary)) as process:
        said(process)
        there = seen(process.pid, "no browser came", lambda now: any(map(_renders, now.words)))
        assert len(there.ports) == 2, "the server's and DevTools'"
        assert said(process) == "Trial"
        assert process.wait(timeout=PATIENCE_S) == 0
    assert_nothing_left(there, temporary)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        pytest.param(signal.SIGINT, (), id="ctrl-c", marks=pytest.mark.long),
        pytest.param(signal.SIGTERM, (), id="term", marks=pytest.mark.long),
        pytest.param(signal.SIGTERM, ("polite",), id="term-handled", marks=pytest.mark.long),
        pytest.param(signal.SIGKILL, (), id="kill"),
    ],
)
def test_nothing_is_left_after_a_signal(
    job: Job, temporary: Path, number: signal.Signals, words: tuple[str, ...]
) -> None:
    """In `make test` whole runs are ended by Ctrl-C (two_at_once) and by SIGTERM (stopped)."""
    pace = msgspec.structs.replace(job.pace, warmup_ms=1e6, deadline_s=1e3)
    endless = msgspec.structs.replace(job, pace=pace)
    with mortal(begin(endless, temporary, *words)) as process:
        token = said(process)
        there = seen(process.pid, "the page never ran", lambda _: _busy(token))
        assert len(there.children) > 5, "the guard and a browser with its children"
        assert len(there.ports) == 2, "the server's and DevTools'"
        process.send_signal(number)
        assert process.wait(timeout=PATIENCE_S) != 0
    assert_nothing_left(there, temporary)


def _renders(words: tuple[str, ...]) -> bool:
    return "--type=renderer" in words


def _busy(token: str) -> bool:
    """Whether the page's worker is at work: some process of the browser has used so much CPU time."""
    try:
        marked = [psutil.Process(pid) for pid in processes_of((), f"{token}:")]
        children = [child for parent in marked for child in parent.children(recursive=True)]
        return any(child.cpu_times().user > 0.7 for child in children)
    except psutil.NoSuchProcess:
        return False
