"""How runs are timed."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from gapprof.native.stopwatch import elapsed_ms, joined, since_spawn_ms, step_us, stretch, warm_up


@dataclass(slots=True)
class Clock:
    """A clock that nothing moves but what is said to last."""

    now_ns: int = 0

    def __call__(self) -> int:
        return self.now_ns

    def lasting(self, ms: float) -> Callable[[], None]:
        """A run that takes so long."""

        def run() -> None:
            self.now_ns += round(ms * 1e6)

        return run


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "perf_counter_ns", clock)
    return clock


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "process_time_ns", clock)
    return clock


@contextmanager
def collecting(work: Callable[[], None]) -> Iterator[None]:
    """Whenever the garbage collector begins, it does that."""

    def collects(phase: str, _told: dict[str, int]) -> None:
        if phase == "start":
            work()

    gc.callbacks.append(collects)
    try:
        yield
    finally:
        gc.callbacks.remove(collects)


def test_every_sample_is_a_batch_of_runs_and_one_batch_settles_before_them() -> None:
    runs: list[int] = []
    samples = stretch(lambda: runs.append(1), batch=7, samples=5).samples_ms
    assert len(samples) == 5
    assert len(runs) == 7 + 35


def test_short_runs_are_timed_on_until_they_lasted_long_enough(wall: Clock) -> None:
    assert stretch(wall.lasting(1.5), batch=2, samples=3, least_ms=300.0).samples_ms == [1.5] * 100
    assert stretch(wall.lasting(80.0), batch=2, samples=3, least_ms=300.0).samples_ms == [80.0] * 3


def test_a_sample_is_the_mean_of_its_batch(wall: Clock) -> None:
    assert stretch(wall.lasting(2.0), batch=3, samples=2).samples_ms == [2.0, 2.0]


def test_cpu_time_is_that_of_the_runs_and_of_no_garbage_collection(processor: Clock, wall: Clock) -> None:
    """One batch that settles and three samples; who sleeps uses none."""
    with collecting(processor.lasting(1000.0)):
        assert stretch(wall.lasting(5.0), batch=1, samples=3).cpu_ms == 0.0
        assert stretch(processor.lasting(5.0), batch=1, samples=3).cpu_ms == pytest.approx(4 * 5.0)
    assert processor.now_ns > 2e9, "garbage was collected before each"


def test_joined_pieces_have_the_cpu_time_of_all_timed_runs_and_of_one_batch_that_settles(
    processor: Clock, wall: Clock
) -> None:
    """Of which there is one before each piece."""

    def run() -> None:
        processor.lasting(5.0)()
        wall.lasting(6.0)()

    whole = joined([stretch(run, batch=2, samples=samples) for samples in (3, 2)])
    assert whole.samples_ms == [6.0] * 5
    assert whole.wall_ms == 60.0
    assert whole.cpu_ms == pytest.approx(2 * (1 + 5) * 5.0)


def test_the_garbage_collector_rests_during_batches_and_works_after_them() -> None:
    seen: set[bool] = set()
    stretch(lambda: seen.add(gc.isenabled()), batch=2, samples=2)
    assert seen == {False}
    assert gc.isenabled()


def test_warm_up_lasts_as_many_runs_and_as_long_as_asked(wall: Clock) -> None:
    assert len(warm_up(lambda: None, at_least_ms=0.0, at_least_runs=9)) == 9
    assert len(warm_up(lambda: None, at_least_ms=0.0, at_least_runs=0)) == 1
    assert warm_up(wall.lasting(5.0), at_least_ms=20.0, at_least_runs=1) == [5.0] * 4
    assert warm_up(wall.lasting(50.0), at_least_ms=20.0, at_least_runs=2) == [50.0] * 2


def test_the_clock_has_a_step_and_is_shared_between_processes() -> None:
    assert 0 < step_us() < 1e6
    before = time.monotonic_ns()
    assert 0 <= since_spawn_ms(before) < 60_000
    assert elapsed_ms(lambda: None) >= 0
