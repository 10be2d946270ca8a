"""How long a thread is blocked, by looking at it: processes that do nothing but one thing.

What is compared are figures of one stretch that were measured in two ways, and no time that a machine needs.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gapprof.browser.crew import Crew
from gapprof.browser.states import watched
from gapprof.facts.closing import CLOSES, well_watched
from gapprof.proc import machine_stolen_ms
from gapprof.records.trial import ThreadBalance
from tests.patience import SOON_S

pytestmark = pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="needs Linux's schedstat")
WATCHED_S = 0.6
BURNS = "print(flush=True)\nwhile True: pass"
SLEEPS = "import time\nprint(flush=True)\ntime.sleep(600)"
HALF = """import time
print(flush=True)
while True:
    end = time.perf_counter() + 0.02
    while time.perf_counter() < end: pass
    time.sleep(0.02)"""
"""Lets go of its core just when somebody who waited for that gets to look."""


def closes(one: ThreadBalance) -> bool:
    return one.cpu_ms + one.run_queue_ms + one.blocked_ms == pytest.approx(one.wall_ms, rel=CLOSES)


@pytest.fixture
def balance_of() -> Iterator[Callable[[str], ThreadBalance]]:
    """Of the main thread of a process that runs this code: of a few watches the first one that comes to wall
    time, the last one where none does. A wrong figure is wrong in each of them, and whatever else a machine
    does is not.
    """
    started: list[subprocess.Popen[bytes]] = []

    def balance(code: str) -> ThreadBalance:
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        started.append(child)
        assert child.stdout is not None
        child.stdout.readline()  # it has begun
        seen: list[ThreadBalance] = []
        for _ in range(5):  # others' work, or a hypervisor's, may take the cores from whoever looks
            stolen_ms = machine_stolen_ms()
            with watched(Crew(renderer=child.pid, roles={child.pid: "inference"})) as found:
                time.sleep(WATCHED_S)
            (one,) = found.balances
            if well_watched(one) and machine_stolen_ms() == stolen_ms:
                seen.append(one)
                if closes(one):
                    break
        if seen:
            return seen[-1]
        pytest.skip("the machine is too full to look at threads, which the report's check says of its visits")

    yield balance
    for child in started:
        child.kill()
        child.communicate(timeout=60)


def test_a_thread_that_sleeps_is_blocked_and_one_that_burns_is_not(
    balance_of: Callable[[str], ThreadBalance],
) -> None:
    """Blocked time is all wall time for the one, and none for the other: within what reports hold it to."""
    sleeping, burning = balance_of(SLEEPS), balance_of(BURNS)
    assert sleeping.wall_ms >= WATCHED_S * 1000 - 20
    assert sleeping.blocked_ms > (1 - CLOSES) * sleeping.wall_ms
    assert burning.blocked_ms < CLOSES * burning.wall_ms
    assert (sleeping.role, sleeping.cpu_ms) == ("inference", pytest.approx(0.0, abs=1.0))


def test_blocked_time_and_the_kernels_figures_come_to_wall_time_for_whoever_does_both(
    balance_of: Callable[[str], ThreadBalance],
) -> None:
    """An identity of what was measured in two ways, whatever the machine does; neither part is next to
    nothing."""
    one = balance_of(HALF)
    assert one.blocked_ms > 0.1 * one.wall_ms
    assert one.cpu_ms + one.run_queue_ms > 0.1 * one.wall_ms
    assert closes(one), one


def _goes_ahead() -> bool:
    """Whether this process may have a thread go ahead of others."""
    code = "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


goes_ahead = pytest.mark.skipif(
    not _goes_ahead(), reason="without the right to a real-time priority looks may be late"
)


@goes_ahead
def test_who_looks_goes_ahead_of_others_and_nobody_else_does() -> None:
    """From there on it is the system's matter that looks come on time: `benchmarks/late_looks.py` prints how
    late they come beside work on every core."""
    child = subprocess.Popen([sys.executable, "-c", SLEEPS], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        child.stdout.readline()
        before = set(threading.enumerate())
        with watched(Crew(renderer=child.pid, roles={child.pid: "inference"})):
            (looking,) = set(threading.enumerate()) - before
            until = time.monotonic() + SOON_S
            while os.sched_getscheduler(looking.native_id or 0) != os.SCHED_FIFO:
                assert time.monotonic() < until, "it takes its turn"
                time.sleep(0.001)
            assert os.sched_getscheduler(threading.get_native_id()) == os.SCHED_OTHER
            assert os.sched_getscheduler(child.pid) == os.SCHED_OTHER
    finally:
        child.kill()
        child.communicate(timeout=60)
    assert set(threading.enumerate()) <= before


@goes_ahead
def test_the_same_comes_to_wall_time_beside_work_on_every_core(
    balance_of: Callable[[str], ThreadBalance],
) -> None:
    burning = [subprocess.Popen([sys.executable, "-c", BURNS]) for _ in range(os.cpu_count() or 1)]
    try:
        one = balance_of(HALF)
    finally:
        for child in burning:
            child.kill()
            child.communicate(timeout=60)
    assert one.late_ms is not None
    assert one.late_ms >= 0
    assert closes(one), one


def test_nobody_is_watched_where_the_kernel_says_nothing_of_threads() -> None:
    with watched(Crew(renderer=None)) as found:
        pass
    assert found.balances == ()


def test_a_thread_that_ends_under_our_eyes_has_no_balance() -> None:
    child = subprocess.Popen([sys.executable, "-c", BURNS], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    with watched(Crew(renderer=child.pid, roles={child.pid: "pool"})) as found:
        child.kill()
        child.communicate(timeout=60)
        time.sleep(0.05)
    assert found.balances == ()
