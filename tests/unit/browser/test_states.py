"""How long a thread is blocked, by looking at it: processes that do nothing but one thing.

What is compared are figures of one stretch that were measured in two ways, and no time that a machine needs.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from gapprof.browser.crew import Crew
from gapprof.browser.states import watched
from gapprof.facts.closing import CLOSES, MOST_LATE, well_watched
from gapprof.proc import machine_stolen_ms
from gapprof.records.trial import ThreadBalance
from tests.patience import SOON_S
from tests.scripts import script

pytestmark = pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="needs Linux's schedstat")
WATCHED_S = 0.5
TRIES = 6
BENCHMARK = script("benchmarks/late_looks.py")
BURNS, HALF = BENCHMARK.BURNS, BENCHMARK.HALF
"""Lets go of its core just when somebody who waited for that gets to look."""
SLEEPS = "import time\nprint(flush=True)\ntime.sleep(600)"
Watches = Callable[[str, int, Callable[[ThreadBalance], bool]], list[ThreadBalance]]


def error(one: ThreadBalance) -> float:
    """How far the figures together are from wall time, as a share of it."""
    return (one.cpu_ms + one.run_queue_ms + one.blocked_ms) / one.wall_ms - 1


def late(one: ThreadBalance) -> float:
    """By how much its looks were, as a share of wall time."""
    assert one.late_ms is not None
    return one.late_ms / one.wall_ms


def middle(watches: Sequence[ThreadBalance]) -> ThreadBalance:
    """That of the median error: a wrong figure is wrong in most of them, and whatever else a machine does is
    not."""
    return sorted(watches, key=error)[len(watches) // 2]


def any_watch(_: ThreadBalance) -> bool:
    return True


@pytest.fixture
def watches_of() -> Iterator[Watches]:
    """So many of the main thread of a process that runs this code, which may be counted and in which a
    hypervisor took nothing."""
    started: list[subprocess.Popen[bytes]] = []

    def watches(code: str, times: int, counts: Callable[[ThreadBalance], bool]) -> list[ThreadBalance]:
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        started.append(child)
        assert child.stdout is not None
        child.stdout.readline()  # it has begun
        seen: list[ThreadBalance] = []
        for _ in range(TRIES):  # others' work, or a hypervisor's, may take the cores from whoever looks
            stolen_ms = machine_stolen_ms()
            with watched(Crew(renderer=child.pid, roles={child.pid: "inference"})) as found:
                time.sleep(WATCHED_S)
            if machine_stolen_ms() == stolen_ms:
                seen += filter(counts, found.balances)
            if len(seen) == times:
                return seen
        pytest.skip("the machine is too full to look at threads, which the report's check says of its visits")

    yield watches
    for child in started:
        child.kill()
        child.communicate(timeout=60)


def test_a_thread_that_sleeps_is_blocked_and_one_that_burns_is_not(watches_of: Watches) -> None:
    """Blocked time is all wall time for the one, and none for the other: within what reports hold it to."""
    (sleeping,), (burning,) = (watches_of(code, 1, well_watched) for code in (SLEEPS, BURNS))
    assert sleeping.wall_ms >= WATCHED_S * 1000 - 20
    assert sleeping.blocked_ms > (1 - CLOSES) * sleeping.wall_ms
    assert burning.blocked_ms < CLOSES * burning.wall_ms
    assert (sleeping.role, sleeping.cpu_ms) == ("inference", pytest.approx(0.0, abs=1.0))


def test_blocked_time_and_the_kernels_figures_come_to_wall_time_for_whoever_does_both(
    watches_of: Watches,
) -> None:
    """An identity of what was measured in two ways, whatever the machine does; neither part is next to
    nothing."""
    one = middle(watches_of(HALF, 3, well_watched))
    assert one.blocked_ms > 0.1 * one.wall_ms
    assert one.cpu_ms + one.run_queue_ms > 0.1 * one.wall_ms
    assert abs(error(one)) <= CLOSES, one


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
def test_the_same_comes_to_wall_time_beside_work_on_every_core(watches_of: Watches) -> None:
    """Most looks come on time there: they go ahead of that work."""
    burning = [subprocess.Popen([sys.executable, "-c", BURNS]) for _ in range(os.cpu_count() or 1)]
    try:
        seen = watches_of(HALF, 3, any_watch)
    finally:
        for child in burning:
            child.kill()
            child.communicate(timeout=60)
    assert 0 <= sorted(map(late, seen))[len(seen) // 2] <= MOST_LATE
    assert abs(error(middle(seen))) <= CLOSES, seen


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
