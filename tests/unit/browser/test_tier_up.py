"""Warm-up ends when the compiler is idle, not when a clock says so."""

import sys
import threading
import time

import pytest
from msgspec.structs import replace

from gapprof.browser.tier_up import (
    MOST_MS,
    MOST_STRETCHES,
    SHORT,
    STEADY_MS,
    Settling,
    TierUp,
    compiled_since,
    compiler_ms,
)
from gapprof.records.trial import Load, ThreadUse, TierUpEnd
from tests.patience import SOON_S


def fed(*chunks: tuple[float, float | None]) -> TierUp:
    """Chunks of ten runs each: ms of a run, and CPU time of the compiler's threads."""
    tier_up = TierUp()
    for run_ms, compiled_ms in chunks:
        assert not tier_up.over
        tier_up.add([run_ms] * 10, compiled_ms, wall_ms=10 * run_ms)
    return tier_up


def test_it_goes_on_while_something_is_compiled() -> None:
    assert not fed((10.0, 90.0), (10.0, 80.0), (10.0, 70.0)).over


def test_one_idle_moment_between_two_functions_is_not_the_end() -> None:
    assert not fed((10.0, 90.0), (10.0, 0.0), (10.0, 50.0), (10.0, 1.0)).over


def test_it_ends_once_the_compiler_was_idle_for_long_enough() -> None:
    tier_up = fed((30.0, 290.0), (10.0, 2.0), (10.0, 1.0), (10.0, 1.0))
    assert tier_up.over
    assert tier_up.ended == "compiler-idle"
    assert len(tier_up.runs_ms) == 40


def test_before_a_stretch_that_is_looked_at_half_of_that_is_enough() -> None:
    tier_up = TierUp(share=SHORT)
    for compiled_ms in (90.0, 2.0, 1.0):
        assert not tier_up.over
        tier_up.add([10.0] * 7, compiled_ms, wall_ms=70.0)
    assert tier_up.ended == "compiler-idle"


def test_one_idle_look_at_a_slow_run_is_not_the_end() -> None:
    assert not fed((100.0, 5.0)).over
    assert fed((100.0, 5.0), (100.0, 5.0)).ended == "compiler-idle"


def test_where_the_collector_never_rests_runs_that_stay_as_they_are_must_do() -> None:
    tier_up = TierUp()
    while not tier_up.over:
        tier_up.add([10.0] * 10, 60.0, wall_ms=100.0)
    assert tier_up.ended == "steady"
    assert STEADY_MS <= sum(tier_up.runs_ms) < STEADY_MS + 101


def test_where_no_thread_can_be_watched_the_runs_alone_decide() -> None:
    tier_up = TierUp()
    for run_ms in (90.0, 90.0, 30.0):
        tier_up.add([run_ms] * 10, None, wall_ms=10 * run_ms)
    assert not tier_up.over, "long enough, but not as it was before"
    while not tier_up.over:
        tier_up.add([30.0] * 10, None, wall_ms=300.0)
    assert tier_up.ended == "steady"


def test_what_never_settles_is_not_waited_for_without_end() -> None:
    tier_up, run_ms = TierUp(), 100.0
    while not tier_up.over:
        run_ms = 150.0 if run_ms == 100.0 else 100.0
        tier_up.add([run_ms] * 5, 400.0, wall_ms=5 * run_ms)
    assert MOST_MS <= sum(tier_up.runs_ms) < MOST_MS + 751
    assert tier_up.ended == "unsettled"


LATER_S = 1e9


def beside(cpu_ms: float, *, process: str = "renderer", thread: str = "ThreadPoolForeg") -> Load:
    """A stretch of half a second, and what a thread used meanwhile."""
    use = ThreadUse(process=process, thread=thread, cpu_ms=cpu_ms, run_queue_ms=0.0)
    return Load(wall_ms=450.0, machine_busy_ms=None, own_cpu_ms=500.0, threads=(use,), threads_wall_ms=500.0)


def settling(ended: TierUpEnd = "compiler-idle") -> Settling:
    return Settling(ended, time.monotonic() + LATER_S)


def test_a_stretch_beside_which_something_was_compiled_was_warm_up() -> None:
    """As of a small encoder, whose second large function takes 0.7 s to compile."""
    found = settling()
    assert found.was_warm_up(beside(400.0), 42.0)
    assert not found.was_warm_up(beside(49.0), 36.0), "as much as the garbage collector takes"
    assert found.ended == "compiler-idle"
    assert found.compiled_ms == [42.0]


def test_what_others_compile_and_what_other_threads_do_is_no_warm_up() -> None:
    assert not settling().was_warm_up(beside(400.0, process="other renderer"), 36.0)
    assert not settling().was_warm_up(beside(400.0, thread="DedicatedWorker"), 36.0)
    assert settling().was_warm_up(beside(400.0, process="node", thread="node-V8Worker"), 36.0)


def test_a_glimpse_of_the_collector_makes_a_short_stretch_no_warm_up() -> None:
    short = replace(beside(20.0), wall_ms=50.0, threads_wall_ms=60.0)
    assert not settling().was_warm_up(short, 36.0)


@pytest.mark.parametrize("ended", ["steady", "unsettled"])
def test_where_the_compilers_threads_say_nothing_a_stretch_says_no_more(ended: TierUpEnd) -> None:
    found = settling(ended)
    assert not found.was_warm_up(beside(400.0), 36.0)
    assert found.ended == ended


def test_a_collector_that_never_rests_is_known_by_runs_that_stay_as_they_are() -> None:
    """As of a decoder: 12 % of its time, in every stretch."""
    found = settling()
    assert found.was_warm_up(beside(60.0), 1.90)
    assert not found.was_warm_up(beside(60.0), 1.94)
    assert found.ended == "steady"


def test_a_compiler_that_never_rests_is_told_and_not_waited_for() -> None:
    found, times_ms = settling(), [50.0 - 5 * number for number in range(MOST_STRETCHES)]
    *earlier, last = [found.was_warm_up(beside(400.0), ms) for ms in times_ms]
    assert all(earlier)
    assert not last
    assert found.ended == "unsettled"
    assert found.compiled_ms == times_ms[:-1]


def test_a_clean_stretch_after_that_is_settled_after_all() -> None:
    """The one before it was on a slow core as well, and timed anew for that."""
    found = settling()
    while found.was_warm_up(beside(400.0), 50.0 - 5 * len(found.compiled_ms)):
        pass
    assert found.ended == "unsettled"
    assert not found.was_warm_up(beside(10.0), 36.0)
    assert found.ended == "compiler-idle"


def test_stretches_on_slow_cores_are_none_of_those_that_were_warm_up() -> None:
    found = settling()
    for ms in (50.0, 45.0, 40.0):
        assert not found.was_warm_up(beside(10.0), ms)
    assert found.was_warm_up(beside(400.0), 36.0)


def test_close_to_its_deadline_a_visit_takes_what_it_has() -> None:
    found = Settling("compiler-idle", time.monotonic() + MOST_MS / 1e3)
    assert not found.was_warm_up(beside(400.0), 36.0)
    assert found.ended == "unsettled"


@pytest.mark.skipif(sys.platform != "linux", reason="threads have names and figures in /proc only")
def test_the_compilers_threads_are_known_by_name() -> None:
    """A thread of ours, called as Chromium calls its own, at work for a tenth of a second by its own clock,
    of which the kernel's figures have as much, however long it waits for a core."""
    import ctypes
    import os

    def compile_something() -> None:
        ctypes.CDLL(None).prctl(15, b"ThreadPoolForegroundWorker")  # PR_SET_NAME; the kernel cuts it off
        named.set()
        go.wait(SOON_S)
        end = time.thread_time() + 0.1
        while time.thread_time() < end:
            pass
        worked.set()
        asked.wait(SOON_S)

    named, go, worked, asked = (threading.Event() for _ in range(4))
    assert compiler_ms(os.getpid()) is None
    thread = threading.Thread(target=compile_something)
    thread.start()
    assert named.wait(SOON_S)
    before = compiler_ms(os.getpid())
    go.set()
    assert worked.wait(SOON_S)
    spent = compiled_since(os.getpid(), before)
    asked.set()
    thread.join(SOON_S)
    assert spent is not None
    assert 90 < spent < 300
