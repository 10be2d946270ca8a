"""How fast cores are, looked at without leaving a trace."""

import itertools
import os
import sys
import threading
import time
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gapprof import core_speed
from gapprof.core_speed import core_of, cores, fastest_us, fewest, work_us
from tests.patience import SOON_S

needs_cores = pytest.mark.skipif(not cores(), reason="needs a system that lets a thread choose its core")

ALWAYS = 1e9
"""As the fastest time that a core was ever seen to take, us: every look is as fast."""
FAST, SLOW = 100.0, 180.0
HELD_S = 0.004
"""For as long a thread keeps the interpreter's lock; a call that gives it back takes many times as long."""


@needs_cores
def test_every_core_does_the_work_and_the_thread_may_go_anywhere_again() -> None:
    before = os.sched_getaffinity(0)
    looked = work_us()
    assert len(looked) == len(cores()) == len(before)
    assert min(looked) > 0
    assert os.sched_getaffinity(0) == before


@dataclass(slots=True)
class Asked:
    """What the system was asked for and told, in order."""

    cores: list[set[int]] = field(default_factory=list)
    """That a thread was to run on."""
    places: list[int | None] = field(default_factory=list)
    """Of the core that the thread was on."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    heard, choose, told = Asked(), os.sched_setaffinity, core_speed.core_of

    def chosen(pid: int, cores: Collection[int]) -> None:
        heard.cores.append(set(cores))
        choose(pid, cores)

    def on(pid: int, tid: int) -> int | None:
        heard.places.append(told(pid, tid))
        return heard.places[-1]

    monkeypatch.setattr(os, "sched_setaffinity", chosen)
    monkeypatch.setattr(core_speed, "core_of", on)
    return heard


@needs_cores
def test_a_thread_is_left_on_the_core_that_was_named_last_or_on_its_own(asked: Asked) -> None:
    """The last one that it is bound to before it may go anywhere: from there the system moves it on where
    others are at work, and else leaves it."""
    usable, enough_us = cores(), (ALWAYS,) * len(cores())
    for place, core in enumerate(usable):
        work_us(enough_us, last=place)
        assert asked.cores[-2:] == [{core}, set(usable)]
        work_us(enough_us)
        assert asked.places[-1] is not None
        assert asked.cores[-2:] == [{usable[asked.places[-1]]}, set(usable)]


@needs_cores
def test_a_core_that_is_gone_tells_nothing_and_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was there at the last look: it is offline by now, or no longer this process's."""
    before = os.sched_getaffinity(0)
    assert len(work_us((ALWAYS,) * len(before), last=len(before))) == len(before)
    monkeypatch.setattr(core_speed, "cores", lambda: (min(before), 4095))
    assert work_us() == ()
    assert os.sched_getaffinity(0) == before


@needs_cores
def test_a_thread_whose_cores_are_gone_is_left_where_the_system_put_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, choose = os.sched_getaffinity(0), os.sched_setaffinity

    def chosen(pid: int, wanted: Collection[int]) -> None:
        if len(wanted) != 1:
            raise OSError("none of these is online")
        choose(pid, wanted)

    monkeypatch.setattr(core_speed, "cores", lambda: (min(before),))
    monkeypatch.setattr(os, "sched_setaffinity", chosen)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {min(before), 4095})
    try:
        assert len(work_us((ALWAYS,), last=0)) == 1
    finally:
        choose(0, before)


@needs_cores
def test_whether_cores_slow_one_another_nobody_knows_where_one_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = os.sched_getaffinity(0)
    monkeypatch.setattr(core_speed, "work_us", lambda: (FAST,))
    for gone in ((), (min(before), 4095), (4095, min(before))):
        monkeypatch.setattr(core_speed, "cores", lambda gone=gone: gone)
        assert core_speed.busy_beside_us() is None
        assert fastest_us(0.0) == ()
    assert os.sched_getaffinity(0) == before


def test_nobody_knows_the_core_of_a_thread_that_is_gone() -> None:
    assert core_of(os.getpid(), 2**30) is None


@pytest.mark.parametrize(
    ("waited_us", "expected"),
    [
        ((0.0, 0.0, 0.0), FAST),
        ((4e3, 0.0, 9e3), FAST),
        ((0.0, 4e3, 4e3), FAST),
        ((9e3, 4e3, 5e3), FAST + 4e3),
    ],
)
def test_time_that_others_have_the_core_for_is_no_work(
    waited_us: Sequence[float], expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for a core is not slow on it: that is outside load, and told as such.

    One piece of work that nobody interrupts is enough; `benchmarks/core_looks.py` prints what is seen of a
    core that is full.
    """
    now_ns, readings = 0, itertools.count()

    def clock_ns() -> int:
        nonlocal now_ns
        piece, ends = divmod(next(readings), 2)
        now_ns += ends * round(1e3 * (FAST + waited_us[piece]))
        return now_ns

    monkeypatch.setattr(core_speed, "_RISES_S", 0.0)
    monkeypatch.setattr(time, "perf_counter_ns", clock_ns)
    assert core_speed._fewest_us(0.0) == expected
    assert next(readings) == 2 * len(waited_us)


@needs_cores
@pytest.mark.parametrize(("tries_us", "expected"), [((200.0, 190.0, 105.0), 105.0), ((108.0, 50.0), 108.0)])
def test_a_clock_has_time_to_rise_until_it_is_seen_to_have(
    tries_us: Sequence[float], expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [us for us in (*tries_us, expected) for _ in range(3)]
    monkeypatch.setattr(core_speed, "_RISES_S", 60.0)
    monkeypatch.setattr(core_speed, "_LOOKED_S", 0.0)
    monkeypatch.setattr(core_speed, "cores", lambda: (min(os.sched_getaffinity(0)),))
    monkeypatch.setattr(core_speed, "_timed_us", lambda _buffer: seen.pop(0))
    assert work_us((110.0,)) == (expected,)


@pytest.mark.parametrize(
    ("slow", "expected"), [(0, FAST), (1, FAST), (4, FAST), (8, SLOW), (20, SLOW), (40, SLOW)]
)
def test_a_neighbour_that_comes_and_goes_is_seen_and_a_single_interruption_is_none(
    slow: int, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 40 pieces of work; the core is fast in between, and at first."""
    pieces, now_s = itertools.count(), 0.0

    def timed_us(_buffer: bytes) -> float:
        nonlocal now_s
        now_s += 1e-3
        looked_at = next(pieces) - 6  # each buffer twice before that
        return SLOW if 0 <= looked_at < slow else FAST

    monkeypatch.setattr(core_speed, "_timed_us", timed_us)
    monkeypatch.setattr(core_speed, "_interruptions", lambda: 0)
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    assert core_speed._mostly_us(1.1 * FAST, 0.0401) == expected


def test_of_a_look_that_others_interrupt_all_the_time_what_they_did_not_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every second piece waits for somebody else on that core."""
    interruptions, now_s = 0, 0.0

    def timed_us(_buffer: bytes) -> float:
        nonlocal interruptions, now_s
        now_s += 1e-3
        waits = round(1e3 * now_s) % 2
        interruptions += waits
        return FAST + 4e3 * waits

    monkeypatch.setattr(core_speed, "_timed_us", timed_us)
    monkeypatch.setattr(core_speed, "_interruptions", lambda: interruptions)
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    assert core_speed._mostly_us(1.1 * FAST, 0.0401) == FAST


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


@needs_cores
def test_cores_that_slow_one_another_down_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_speed, "work_us", lambda: (FAST,) * len(cores()))
    monkeypatch.setattr(core_speed, "busy_beside_us", lambda: SLOW)
    assert fastest_us(0.0) == ()
    monkeypatch.setattr(core_speed, "busy_beside_us", lambda: FAST * 1.1)
    assert fastest_us(0.0) == (FAST,) * len(cores())


@needs_cores
def test_a_neighbour_who_slows_both_is_not_taken_for_our_own_work(monkeypatch: pytest.MonkeyPatch) -> None:
    beside, alone = [SLOW, SLOW, SLOW, SLOW, FAST], [SLOW, FAST, SLOW, FAST]
    monkeypatch.setattr(core_speed, "busy_beside_us", lambda: beside.pop(0))
    monkeypatch.setattr(core_speed, "work_us", lambda: (alone.pop(0) if alone and len(beside) < 5 else FAST,))
    monkeypatch.setattr(core_speed, "cores", lambda: (0,))
    assert fastest_us(0.0) == (FAST,)
    assert beside == alone == []


def computes_beside_us(one: threading.Thread) -> bool:
    """Whether it gets on while this thread keeps the interpreter's lock. Looked at again and again: between
    two calls it has to take that lock itself, and a wait for it that began earlier still ends in a turn."""
    assert one.ident is not None
    before_s = sys.getswitchinterval()
    clock, until = time.pthread_getcpuclockid(one.ident), time.monotonic() + SOON_S
    while time.monotonic() < until:
        sys.setswitchinterval(SOON_S)
        began_s, computed_s = time.monotonic(), time.clock_gettime(clock)
        while time.monotonic() < began_s + HELD_S:
            pass
        computed_s = time.clock_gettime(clock) - computed_s
        kept = time.monotonic() - began_s < 2 * HELD_S
        sys.setswitchinterval(before_s)
        if kept and computed_s > HELD_S / 2:
            return True
        time.sleep(HELD_S)
    return False


@needs_cores
def test_others_are_kept_busy_for_that_and_left_in_peace_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """From before the first look until after the last one, each by a thread that is bound to it and that
    computes while the one that looks has the interpreter's lock; `benchmarks/core_looks.py` prints how much
    of a core such a thread gets."""
    first, *others = cores()
    threads, at_work, looks = set(threading.enumerate()), set[int](), list[set[int]]()
    sizes_bytes, begun = set[int](), threading.Semaphore(0)
    compress = zlib.compress

    def compressed(data: bytes) -> bytes:
        (core,) = os.sched_getaffinity(0)
        sizes_bytes.add(len(data))
        if core not in at_work:
            at_work.add(core)
            begun.release()
        return compress(data)

    def look(_enough_us: float) -> float:
        helpers = set(threading.enumerate()) - threads
        assert len(helpers) == len(others), "still there"
        if not looks:
            assert all(begun.acquire(timeout=SOON_S) for _ in others)
            for one in helpers:
                assert computes_beside_us(one)
        looks.append(os.sched_getaffinity(0))
        return FAST

    monkeypatch.setattr(zlib, "compress", compressed)
    monkeypatch.setattr(core_speed, "_fewest_us", look)
    assert core_speed.busy_beside_us() == FAST
    assert looks == [{first}] * len(looks)
    assert len(looks) > 1
    assert at_work == set(others)
    assert sizes_bytes <= {core_speed._MIXED_BYTES}
    assert set(threading.enumerate()) <= threads


def test_where_no_core_can_be_looked_at_nobody_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, look = list[tuple[float, ...]](), core_speed.work_us

    def looked() -> tuple[float, ...]:
        looks.append(look())
        return looks[-1]

    monkeypatch.setattr(core_speed, "cores", lambda: ())
    monkeypatch.setattr(core_speed, "work_us", looked)
    monkeypatch.setattr(core_speed, "busy_beside_us", lambda: pytest.fail("nothing to compare that with"))
    assert fastest_us(60.0) == ()
    assert looks == [()]
