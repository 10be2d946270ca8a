"""How runs are counted and timed."""

import gc
import time

import pytest

from gapprof.native.profiled import BLOCKS, fitting, run_count
from gapprof.native.stopwatch import elapsed_ms, since_spawn_ms, step_us, stretch, warm_up


def test_every_sample_is_a_batch_of_runs_and_one_batch_settles_before_them() -> None:
    runs: list[int] = []
    samples = stretch(lambda: runs.append(1), batch=7, samples=5).samples_ms
    assert len(samples) == 5
    assert len(runs) == 7 + 35


def test_short_runs_are_timed_on_until_they_lasted_long_enough() -> None:
    samples = stretch(lambda: time.sleep(0.001), batch=2, samples=3, least_ms=300.0).samples_ms
    assert len(samples) > 3
    assert 2 * sum(samples[:-1]) < 300.0


def test_a_sample_is_the_mean_of_its_batch() -> None:
    for sample in stretch(lambda: time.sleep(0.002), batch=3, samples=2).samples_ms:
        assert sample >= 2.0


def test_cpu_time_is_that_of_the_runs_and_of_no_garbage_collection() -> None:
    """Who sleeps uses none; the collector has more to do than that before the runs."""
    _garbage = [[number] for number in range(200_000)]
    assert stretch(lambda: time.sleep(0.002), batch=1, samples=3).cpu_ms < 2.0
    spinning = stretch(_spin_for_5_ms, batch=1, samples=3)
    assert 15.0 < spinning.cpu_ms < 40.0


def _spin_for_5_ms() -> None:
    end = time.process_time_ns() + 5_000_000
    while time.process_time_ns() < end:
        pass


def test_the_garbage_collector_rests_during_batches_and_works_after_them() -> None:
    seen: set[bool] = set()
    stretch(lambda: seen.add(gc.isenabled()), batch=2, samples=2)
    assert seen == {False}
    assert gc.isenabled()


def test_warm_up_lasts_as_many_runs_and_as_long_as_asked() -> None:
    assert len(warm_up(lambda: None, at_least_ms=0.0, at_least_runs=9)) == 9
    assert len(warm_up(lambda: None, at_least_ms=0.0, at_least_runs=0)) == 1
    slow = warm_up(lambda: time.sleep(0.005), at_least_ms=20.0, at_least_runs=1)
    assert 1 < len(slow) <= 4
    assert sum(slow) >= 20.0


def test_the_clock_has_a_step_and_is_shared_between_processes() -> None:
    assert 0 < step_us() < 1e6
    before = time.monotonic_ns()
    assert 0 <= since_spawn_ms(before) < 60_000
    assert elapsed_ms(lambda: None) >= 0


def test_profiled_runs_fill_a_fifth_of_a_second_within_bounds() -> None:
    assert run_count(4.0, deadline_s=60) == 50
    assert run_count(0.01, deadline_s=60) == 200
    assert run_count(100.0, deadline_s=60) == 8
    assert run_count(2_000.0, deadline_s=60) == 7  # a quarter of the deadline
    assert run_count(30_000.0, deadline_s=60) == BLOCKS


@pytest.mark.parametrize(("wanted", "most", "runs"), [(50, 400, 50), (50, 200, 39), (8, 20, 3), (8, 11, 1)])
def test_a_profile_has_no_more_runs_than_it_has_room_for(wanted: int, most: int, runs: int) -> None:
    """With those that are not counted: one before each block, and a warm-up of at least three."""
    assert fitting(wanted, most) == runs
