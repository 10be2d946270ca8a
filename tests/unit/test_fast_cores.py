"""What a visit does about cores that are slow."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import fast_cores
from gapprof.fast_cores import FastCores, unheard
from gapprof.native.timed import on_fast_cores
from gapprof.records.job import CoreSpeed, Job
from gapprof.records.trial import CoreWork
from tests.unit.native.models import plain_job

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


def test_who_times_anew_says_what_went_until_then(looks: list[tuple[float, ...]]) -> None:
    looks += [(FAST,), (SLOW,), (FAST,), (FAST,)]
    told: list[float] = []
    watched = FastCores(speed(FAST), told.append)
    assert watched.ready_on((0,))
    time.sleep(0.01)
    assert not watched.over((0,), 10.0)
    assert watched.ready_on((0,))
    assert watched.over((0,), 10.0)
    (so_far_ms,) = told
    assert 10.0 <= so_far_ms <= found(watched).waited_ms


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
