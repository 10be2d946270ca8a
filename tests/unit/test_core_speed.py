"""How fast cores are, looked at without leaving a trace, and what a visit does about it."""

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from gapprof import core_speed
from gapprof.core_speed import core_of, cores, fewest, work_us
from gapprof.fast_cores import FastCores
from gapprof.records.job import CoreSpeed
from gapprof.records.trial import CoreWork

needs_cores = pytest.mark.skipif(not cores(), reason="needs a system that lets a thread choose its core")

NEVER, ALWAYS = 1e-3, 1e9
"""As the fastest time that a core was ever seen to take, us: no look is as fast, and every one is."""


def speed(fastest_us: float, longest_wait_ms: float) -> CoreSpeed:
    return CoreSpeed(fastest_us=(fastest_us,) * len(cores()), longest_wait_ms=longest_wait_ms)


def found(watched: FastCores) -> CoreWork:
    work = watched.found()
    assert work is not None
    return work


@needs_cores
def test_every_core_does_the_work_and_the_thread_may_go_anywhere_again() -> None:
    before = os.sched_getaffinity(0)
    looked = work_us()
    assert len(looked) == len(cores()) == len(before)
    assert min(looked) > 0
    assert os.sched_getaffinity(0) == before


@needs_cores
def test_a_thread_is_left_on_the_core_that_was_named_last() -> None:
    own = threading.get_native_id()

    def left_on(place: int) -> bool:
        work_us(last=place)
        return core_of(os.getpid(), own) == place

    for place in range(len(cores())):
        assert any(left_on(place) for _ in range(20)), place


@needs_cores
def test_a_clock_has_time_to_rise_unless_it_is_seen_to_have() -> None:
    began = time.monotonic()
    work_us((ALWAYS,) * len(cores()))
    quick_s = time.monotonic() - began
    began = time.monotonic()
    work_us((NEVER,) * len(cores()))
    assert time.monotonic() - began >= core_speed._RISES_S * len(cores())
    assert quick_s < core_speed._RISES_S * len(cores())


def test_nobody_knows_the_core_of_a_thread_that_is_gone() -> None:
    assert core_of(os.getpid(), 2**30) is None


@needs_cores
def test_time_that_others_have_the_core_for_is_no_work() -> None:
    """Whoever waits for a core is not slow on it: that is outside load, and told as such."""
    quiet = min(work_us()[0] for _ in range(3))
    over = threading.Event()
    burning = threading.Thread(target=lambda: [sum(range(1000)) for _ in iter(over.is_set, True)])
    burning.start()
    try:
        beside = min(work_us()[0] for _ in range(3))
    finally:
        over.set()
        burning.join()
    assert beside < 3 * quiet


@pytest.mark.parametrize(
    ("kinds", "expected"), [(("p", "p", "e"), (200.0, 200.0, 390.0)), (("", "", ""), (210.0, 200.0, 390.0))]
)
def test_what_one_core_of_a_kind_can_do_all_of_it_can(
    kinds: Sequence[str], expected: tuple[float, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for core, kind in enumerate(kinds):
        (tmp_path / f"cpu{core}").mkdir()
        if kind:
            (tmp_path / f"cpu{core}" / "cpu_capacity").write_text(f"{kind}\n")
    monkeypatch.setattr(core_speed, "_CPU", tmp_path)
    monkeypatch.setattr(core_speed, "cores", lambda: (0, 1, 2))
    assert fewest((300.0, 200.0, 400.0), (210.0, 340.0, 390.0)) == expected


def test_who_has_nothing_to_compare_with_never_looks() -> None:
    for wanted in (None, CoreSpeed(fastest_us=(), longest_wait_ms=1e6)):
        watched = FastCores(wanted)
        assert watched.ready(1)
        assert watched.ready_on(())
        assert watched.over(())
        assert watched.found() is None


@needs_cores
def test_fast_cores_are_not_waited_for() -> None:
    watched = FastCores(speed(ALWAYS, 1e6))
    assert watched.ready_on((0,))
    assert watched.over((0,))
    assert found(watched).stretches == 1
    assert found(watched).used == (0,)
    assert found(watched).waited_ms < 1000


@needs_cores
def test_slow_cores_are_waited_for_as_long_as_that_may_take() -> None:
    watched = FastCores(speed(NEVER, 150.0))
    began = time.monotonic()
    looks = 0
    while not watched.ready_on((0,)):
        looks += 1
        time.sleep(0.02)
    assert time.monotonic() - began >= 0.15
    assert looks >= 1
    assert watched.over((0,)), "there is no time for another"
    assert found(watched).waited_ms >= 150


@needs_cores
def test_what_was_timed_on_a_core_that_became_slow_is_timed_anew() -> None:
    watched = FastCores(speed(NEVER, 300.0))
    while not watched.ready(1):
        time.sleep(0.02)
    assert found_after(watched, 1) == 1
    patient = FastCores(speed(NEVER, 60_000.0))
    assert not patient.ready(1)
    assert not patient.over((0,))
    assert not patient.over((0,))
    assert found(patient).stretches == 2


def found_after(watched: FastCores, threads: int) -> int:
    assert watched.over(tuple(range(threads)))
    return found(watched).stretches


@needs_cores
def test_only_the_cores_that_are_used_have_to_be_fast() -> None:
    if len(cores()) < 2:
        pytest.skip("needs two cores")
    first_alone = CoreSpeed(fastest_us=(ALWAYS, *(NEVER for _ in cores()[1:])), longest_wait_ms=60_000.0)
    watched = FastCores(first_alone)
    assert watched.ready_on((0,))
    assert not watched.ready_on((1,))
    assert not watched.ready_on(()), "nobody knows which: all have to be"
    assert watched.ready(1), "one thread takes the one that is"
    assert core_of(os.getpid(), threading.get_native_id()) is not None
    assert not watched.ready(2)
