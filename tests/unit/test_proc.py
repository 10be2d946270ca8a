"""Who used the processors: the same work by another clock, which counts in ticks of 10 ms."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gapprof.proc import born_ticks, cpu_ms_of, machine_busy_ms, thread_difference, thread_use
from gapprof.records.trial import ThreadUse

needs_proc = pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="needs Linux's schedstat")


def _burn(cpu_s: float) -> None:
    end = time.thread_time() + cpu_s
    while time.thread_time() < end:
        pass


@needs_proc
def test_the_machine_is_busy_at_least_as_long_as_we_are() -> None:
    before = machine_busy_ms()
    _burn(0.1)
    after = machine_busy_ms()
    assert before is not None
    assert after is not None
    assert after - before >= 50  # 100 ms, less a tick at each end


def test_cpu_time_of_a_process_grows_by_what_it_burns() -> None:
    before = cpu_ms_of([os.getpid()])
    _burn(0.1)
    assert cpu_ms_of([os.getpid()]) - before >= 70


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="reaped children are counted on Linux only")
def test_a_reaped_child_stays_counted_in_its_parent() -> None:
    before = cpu_ms_of([os.getpid()])
    subprocess.run(
        [sys.executable, "-c", "import time\nwhile time.process_time() < 0.2: pass"], check=True, timeout=60
    )
    assert cpu_ms_of([os.getpid()]) - before >= 150


def test_a_process_that_is_gone_used_nothing() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait(timeout=60)
    assert cpu_ms_of([child.pid]) == 0.0
    assert thread_use(child.pid, "native") == {}


@needs_proc
def test_a_thread_has_its_own_row_and_its_own_time() -> None:
    before = thread_use(os.getpid(), "native")
    release = threading.Event()

    def work() -> None:
        _burn(0.05)
        release.wait(timeout=30)

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + 30
    while True:
        used = thread_difference(before, thread_use(os.getpid(), "native"))
        grown = [use for use in used if use.cpu_ms >= 40]
        if grown or time.monotonic() > deadline:
            break
        time.sleep(0.01)
    release.set()
    thread.join(timeout=30)
    assert grown
    assert {use.process for use in used} == {"native"}


@needs_proc
def test_a_thread_that_began_later_is_younger() -> None:
    release = threading.Event()
    threads = [threading.Thread(target=release.wait, args=(60,)) for _ in range(2)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    own, first, second = (
        born_ticks(os.getpid(), tid or 0) for tid in (os.getpid(), *(one.native_id for one in threads))
    )
    release.set()
    for thread in threads:
        thread.join()
    assert own is not None
    assert first is not None
    assert second is not None
    assert 0 < own <= first < second


def test_nobody_says_when_a_thread_began_that_is_gone() -> None:
    assert born_ticks(os.getpid(), 2**22 + 1) is None


def test_differences_are_per_thread_and_a_new_thread_counts_from_its_birth() -> None:
    old = ThreadUse(process="native", thread="a", cpu_ms=5.0, run_queue_ms=1.0)
    grown = ThreadUse(process="native", thread="a", cpu_ms=7.0, run_queue_ms=1.5)
    born = ThreadUse(process="native", thread="b", cpu_ms=3.0, run_queue_ms=0.0)
    assert thread_difference({1: old}, {2: born, 1: grown}) == (
        ThreadUse(process="native", thread="a", cpu_ms=2.0, run_queue_ms=0.5),
        born,
    )
