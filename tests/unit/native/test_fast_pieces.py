"""A native stretch in pieces: how long they are, which count, and what was used meanwhile."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.core_speed import LOOK_S
from gapprof.fast_cores import unheard
from gapprof.native.fast_pieces import on_fast_cores
from gapprof.records.job import Job
from tests.unit.native.models import plain_job
from tests.unit.planted_cores import FAST, SLOW, Clock, planted_clock, planted_looks, speed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return planted_clock(monkeypatch)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, ...]]:
    return planted_looks(monkeypatch)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return plain_job(tmp_path)


def test_of_a_native_piece_that_is_discarded_neither_samples_nor_load_remain(
    job: Job, looks: list[tuple[float, ...]], clock: Clock
) -> None:
    """Pieces of two samples and of one more batch that settles, 12 runs of a ms each."""
    looks += [(FAST,), (SLOW,), (FAST,), (FAST,)]
    job = replace(job, core_speed=speed(FAST))
    timed, spent, work = on_fast_cores(clock.lasting(1.0), job, unheard, threads=2)
    assert work is not None
    assert work.discarded_ms == (1.0,)
    assert timed.samples_ms == [1.0] * 6, "five, in pieces of two"
    assert spent.wall_ms == pytest.approx(3 * 12.0)
    assert work.waited_ms == pytest.approx(12.0)


def test_native_pieces_are_short_and_as_long_together_as_the_pace_wants(
    job: Job, looks: list[tuple[float, ...]], clock: Clock
) -> None:
    """Two looks for each; where they follow one another they are one window of what was used."""
    looks.append((FAST,))
    pace = replace(job.pace, batch=2, native_stretch_ms=120.0)
    job = replace(job, core_speed=speed(FAST), pace=pace)
    timed, spent, work = on_fast_cores(clock.lasting(1.0), job, unheard, threads=2)
    assert timed.samples_ms == [1.0] * 75, "three pieces of 50 ms, in batches of two"
    assert timed.wall_ms == pytest.approx(150.0)
    assert spent.windows == 1
    assert spent.wall_ms == pytest.approx(3 * (2.0 + 50.0)), "each piece has a batch that settles"
    assert work is not None


def test_of_a_slow_model_all_samples_but_the_first_piece_s_are_one_piece(
    job: Job, looks: list[tuple[float, ...]], clock: Clock
) -> None:
    """Seven batches for five samples, where six would be without looks."""
    looks.append((FAST,))
    pace = replace(job.pace, batch=1, native_stretch_ms=1.0)
    job = replace(job, core_speed=speed(FAST), pace=pace)
    timed, spent, _ = on_fast_cores(clock.lasting(1.0), job, unheard, threads=2)
    assert timed.samples_ms == [1.0] * 5
    assert spent.wall_ms == pytest.approx(7.0)


def test_a_native_piece_after_a_wait_is_a_window_of_its_own(
    job: Job, looks: list[tuple[float, ...]], clock: Clock
) -> None:
    """And the wait is in neither."""
    looks += [(FAST,), (FAST,), (SLOW,), (FAST,), (FAST,)]
    job = replace(job, core_speed=speed(FAST))
    _, spent, work = on_fast_cores(clock.lasting(1.0), job, unheard, threads=2)
    assert spent.windows == 2
    assert spent.wall_ms == pytest.approx(3 * 12.0)
    assert work is not None
    assert work.waited_ms == pytest.approx(1e3 * LOOK_S)
    assert work.discarded_ms == ()


def test_who_has_nothing_to_compare_with_times_one_native_piece(job: Job, clock: Clock) -> None:
    job = replace(job, pace=replace(job.pace, native_stretch_ms=120.0))
    timed, spent, work = on_fast_cores(clock.lasting(1.0), job, unheard, threads=2)
    assert work is None
    assert spent.windows == 1
    assert timed.samples_ms == [1.0] * 30, "in batches of four"
    assert spent.wall_ms == pytest.approx(120.0 + 4.0)
