"""Whatever a user does to gapprof, no worker of its outlives it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from gapprof.native.python import own_environment
from gapprof.records.job import Job
from tests.hostile.native_worker.visits import posix, wait_for

PARENT = """
import sys
from pathlib import Path
import msgspec
from gapprof.backends.native import BACKEND
from gapprof.records.job import Job
job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Job)
getattr(BACKEND, sys.argv[2])(job)
"""


def _start_parent(job: Job, task: str, folder: Path) -> subprocess.Popen[bytes]:
    (folder / "job.json").write_bytes(msgspec.json.encode(job))
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder / "job.json"), task],
        env=own_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _worker_of(parent: subprocess.Popen[bytes], *, busy_s: float) -> psutil.Process:
    """The worker, once it has used that much processor time: 0 is right after its start, 1.0 in its runs."""

    def found() -> list[psutil.Process]:
        children = psutil.Process(parent.pid).children()
        return [child for child in children if sum(child.cpu_times()[:2]) >= busy_s]

    assert wait_for(found)
    return found()[0]


@pytest.mark.parametrize("busy_s", [0.0, pytest.param(0.1, marks=pytest.mark.long), 1.0])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM] if os.name == "posix" else [signal.SIGTERM])
def test_no_worker_outlives_a_killed_gapprof(how: int, busy_s: float, endless: Job, tmp_path: Path) -> None:
    with _start_parent(endless, "timed", tmp_path) as parent:
        worker = _worker_of(parent, busy_s=busy_s)
        parent.send_signal(how)
        parent.wait(timeout=60)
        assert wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


@posix
def test_an_interrupt_ends_the_worker_and_is_passed_on(endless: Job, tmp_path: Path) -> None:
    with _start_parent(endless, "timed", tmp_path) as parent:
        worker = _worker_of(parent, busy_s=1.0)
        parent.send_signal(signal.SIGINT)
        assert parent.wait(timeout=60) != 0
        assert not worker.is_running()
    assert not list(tmp_path.glob("native-*"))


def _held(deadline_s: float) -> subprocess.Popen[bytes]:
    hold = f"from gapprof.native.lifeline import hold; hold({deadline_s}); print('held', flush=True)"
    code = f"{hold}; import time; time.sleep(600)"
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, env=own_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"held"
    return process


def test_the_end_of_the_pipe_ends_the_worker() -> None:
    with _held(600) as process:
        assert process.poll() is None
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) == 1


@posix
def test_a_worker_ends_itself_soon_after_its_deadline() -> None:
    with _held(-9) as process:  # nine seconds ago: the grace of ten is nearly over
        assert process.wait(timeout=60) == -signal.SIGALRM
