"""How fast cores are, looked at without leaving a trace, and what a visit does about it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import core_speed, fast_cores
from gapprof.core_speed import core_of, cores, fastest_us, fewest, work_us
from gapprof.fast_cores import FastCores, unheard
from gapprof.native.timed import on_fast_cores
from gapprof.records.job import CoreSpeed, Job
from gapprof.records.trial import CoreWork
from tests.unit.native.models import plain_job

needs_cores = pytest.mark.skipif(not cores(), reason="needs a system that lets a thread choose its core")

NEVER, ALWAYS = 1e-3, 1e9
"""As the fastest time that a core was ever seen to take, us: no look is as fast, and every one is."""
FAST, SLOW = 100.0, 180.0


def speed(*us: float, longest_wait_ms: float = 60_000.0) -> CoreSpeed:
    return CoreSpeed(fastest_us=us, longest_wait_ms=longest_wait_ms)


def found(watched: FastCores) -> CoreWork:
    work = watched.found()
    assert work is not None
    return work


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, ...]]:
    """What is seen of the cores, look by look; the last one again and again."""
    planned: list[tuple[float, ...]] = []

    def look(_enough_us: Sequence[float] = (), *, last: int | None = None) -> tuple[float, ...]:
        if last is not None:
            return planned[0]
        return planned.pop(0) if len(planned) > 1 else planned[0]

    monkeypatch.setattr(fast_cores, "work_us", look)
    return planned


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
        assert core_speed._busy_beside_us() is None
        assert fastest_us(0.0) == ()
    assert os.sched_getaffinity(0) == before


def test_nobody_knows_the_core_of_a_thread_that_is_gone() -> None:
    assert core_of(os.getpid(), 2**30) is None


@needs_cores
def test_time_that_others_have_the_core_for_is_no_work() -> None:
    """Whoever waits for a core is not slow on it: that is outside load, and told as such."""
    burn = (
        "import os\nos.sched_setaffinity(0, {int(os.environ['CORE'])})\nprint(flush=True)\nwhile True: pass"
    )
    environment = {**os.environ, "CORE": str(cores()[0])}
    quiet = min(work_us()[0] for _ in range(3))
    pipes = {"stdout": subprocess.PIPE, "env": environment}
    burning = [subprocess.Popen([sys.executable, "-c", burn], **pipes) for _ in range(3)]
    try:
        for one in burning:
            assert one.stdout is not None
            one.stdout.readline()
        began = time.monotonic()
        beside = min(work_us()[0] for _ in range(3))
        took_s = time.monotonic() - began
    finally:
        for one in burning:
            one.kill()
            one.communicate()
    assert took_s > 0.05, "it had to wait for the core"
    assert beside < 2.5 * quiet, "three others have three quarters of it"


@needs_cores
@pytest.mark.parametrize(("tries_us", "expected"), [((200.0, 190.0, 105.0), 105.0), ((108.0, 50.0), 108.0)])
def test_a_clock_has_time_to_rise_until_it_is_seen_to_have(
    tries_us: Sequence[float], expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [us for us in tries_us for _ in range(3)]
    monkeypatch.setattr(core_speed, "_RISES_S", 60.0)
    monkeypatch.setattr(core_speed, "cores", lambda: (min(os.sched_getaffinity(0)),))
    monkeypatch.setattr(core_speed, "_timed_us", lambda _buffer: seen.pop(0))
    assert work_us((110.0,)) == (expected,)


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
    monkeypatch.setattr(core_speed, "_busy_beside_us", lambda: SLOW)
    assert fastest_us(0.0) == ()
    monkeypatch.setattr(core_speed, "_busy_beside_us", lambda: FAST * 1.1)
    assert fastest_us(0.0) == (FAST,) * len(cores())


@needs_cores
def test_a_neighbour_who_slows_both_is_not_taken_for_our_own_work(monkeypatch: pytest.MonkeyPatch) -> None:
    beside, alone = [SLOW, SLOW, SLOW, SLOW, FAST], [SLOW, FAST, SLOW, FAST]
    monkeypatch.setattr(core_speed, "_busy_beside_us", lambda: beside.pop(0))
    monkeypatch.setattr(core_speed, "work_us", lambda: (alone.pop(0) if alone and len(beside) < 5 else FAST,))
    monkeypatch.setattr(core_speed, "cores", lambda: (0,))
    assert fastest_us(0.0) == (FAST,)
    assert beside == alone == []


@needs_cores
def test_others_are_kept_busy_for_that_and_left_in_peace_afterwards() -> None:
    """Other tests want the same cores; who waited for the interpreter's lock would have a twentieth."""
    threads, others = set(threading.enumerate()), len(cores()) - 1
    own_s, all_s = time.thread_time(), time.process_time()
    beside_us = core_speed._busy_beside_us()
    assert beside_us is not None
    assert beside_us > 0
    own_s, all_s = time.thread_time() - own_s, time.process_time() - all_s
    assert all_s - own_s > 0.2 * own_s * others
    assert set(threading.enumerate()) <= threads


def test_where_no_core_can_be_looked_at_no_time_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_speed, "cores", lambda: ())
    began = time.monotonic()
    assert fastest_us(60.0) == ()
    assert time.monotonic() - began < 30


def test_who_has_nothing_to_compare_with_never_looks() -> None:
    for wanted in (None, speed()):
        watched = FastCores(wanted)
        assert watched.ready_anywhere(0)
        assert watched.ready_on(())
        assert watched.over((), 1.0)
        assert watched.found() is None


def test_fast_cores_are_not_waited_for(looks: list[tuple[float, ...]]) -> None:
    looks.append((FAST, SLOW))
    watched = FastCores(speed(FAST, FAST))
    assert watched.ready_on((0,))
    assert watched.over((0,), 1.0)
    assert found(watched).used == (0,)
    assert found(watched).discarded_ms == ()


def test_only_the_cores_that_are_used_have_to_be_fast(looks: list[tuple[float, ...]]) -> None:
    looks.append((FAST, SLOW))
    watched = FastCores(speed(FAST, FAST))
    assert not watched.ready_on((1,))
    assert not watched.ready_on(()), "nobody knows which: all have to be"
    assert watched.ready_anywhere(1), "one thread takes the one that is"
    assert watched._used == {0}


def test_a_thread_stays_on_its_own_core_where_that_is_fast(looks: list[tuple[float, ...]]) -> None:
    looks.append((FAST, FAST * 1.2))
    watched = FastCores(speed(FAST, FAST))
    assert watched.ready_anywhere(1)
    assert watched._used == {1}


def test_slow_cores_are_waited_for_as_long_as_that_may_take(looks: list[tuple[float, ...]]) -> None:
    looks.append((SLOW,))
    watched = FastCores(speed(FAST, longest_wait_ms=60_000.0))
    assert not watched.ready_on((0,))
    assert not watched.over((0,), 1.0), "there is time for another"
    watched._began_s -= 60.0
    assert watched.ready_on((0,))
    assert watched.over((0,), 1.0), "there is no time for another"
    assert found(watched).waited_ms >= 60_000.0
    assert found(watched).discarded_ms == (1.0,)


def test_who_waits_says_for_how_long_already(looks: list[tuple[float, ...]]) -> None:
    looks += [(SLOW,), (SLOW,), (FAST,), (FAST,)]
    told: list[float] = []
    watched = FastCores(speed(FAST), told.append)
    assert not watched.ready_on((0,))
    time.sleep(0.01)
    assert not watched.ready_on((0,))
    assert watched.ready_on((0,))
    assert watched.over((0,), 1.0)
    first_ms, second_ms = told
    assert 0 <= first_ms <= second_ms - 10
    assert second_ms <= found(watched).waited_ms


def test_cores_that_are_gone_are_not_waited_for(looks: list[tuple[float, ...]]) -> None:
    looks.append(())
    watched = FastCores(speed(FAST, FAST))
    assert watched.ready_anywhere(1)
    assert watched.ready_on((1,))
    assert watched.over((1,), 1.0)
    assert watched.found() is None


def test_what_was_timed_on_a_core_that_became_slow_is_timed_anew_on_another(
    looks: list[tuple[float, ...]],
) -> None:
    looks += [(FAST, SLOW), (SLOW, FAST), (SLOW, FAST)]
    watched = FastCores(speed(FAST, FAST))
    assert watched.ready_anywhere(0)
    assert not watched.over((0,), 7.5)
    assert watched.ready_anywhere(0)
    assert watched.over((1,), 5.0), "the core of the stretch that was discarded is not this one's"
    assert found(watched).used == (1,)
    assert found(watched).discarded_ms == (7.5,)


def test_cores_that_are_others_than_before_tell_nothing(looks: list[tuple[float, ...]]) -> None:
    looks.append((FAST, FAST, FAST))
    watched = FastCores(speed(FAST, FAST))
    assert watched.ready_on((0,))
    assert watched.over((0,), 1.0)
    assert watched.found() is None


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return plain_job(tmp_path)


def test_of_a_native_stretch_that_is_discarded_neither_samples_nor_load_remain(
    job: Job, looks: list[tuple[float, ...]]
) -> None:
    looks += [(FAST,), (SLOW,), (FAST,), (FAST,)]

    def run() -> None:
        time.sleep(0.001)

    job = replace(job, core_speed=speed(FAST))
    began = time.perf_counter()
    timed, spent, work = on_fast_cores(run, job, unheard, threads=2)
    whole_ms = (time.perf_counter() - began) * 1e3
    assert work is not None
    assert len(work.discarded_ms) == 1
    assert len(timed.samples_ms) == job.pace.samples
    discarded_ms = work.discarded_ms[0] * job.pace.samples * job.pace.batch
    assert spent.wall_ms <= whole_ms - discarded_ms
    assert work.waited_ms >= discarded_ms
