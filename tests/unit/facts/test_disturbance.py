"""Only load from outside voids a trial, by one bound, whatever its latency."""

import pytest
from msgspec.structs import replace

from gapprof.facts.disturbance import (
    distance,
    disturbed,
    far_pairs,
    fastest_seen_us,
    nearest_seen_us,
    outside_ms,
    slow_cores,
    slowdown,
)
from gapprof.records.trial import CoreWork, Load


def load(*, wall_ms: float = 2000.0, busy_ms: float | None, own_ms: float | None) -> Load:
    return Load(wall_ms=wall_ms, machine_busy_ms=busy_ms, own_cpu_ms=own_ms)


def test_our_own_work_is_never_outside_load() -> None:
    assert disturbed(load(busy_ms=2500.0, own_ms=2490.0)) is None


def test_half_a_core_of_somebody_elses_work_is() -> None:
    assert "50% of a core" in (disturbed(load(busy_ms=3000.0, own_ms=2000.0)) or "")


@pytest.mark.parametrize(("busy_ms", "own_ms"), [(None, 5.0), (5.0, None)])
def test_where_the_system_does_not_say_nothing_is_voided(busy_ms: float | None, own_ms: float | None) -> None:
    assert outside_ms(load(busy_ms=busy_ms, own_ms=own_ms)) is None
    assert disturbed(load(busy_ms=busy_ms, own_ms=own_ms)) is None


def test_a_window_of_a_few_ticks_proves_nothing() -> None:
    assert disturbed(load(wall_ms=30.0, busy_ms=50.0, own_ms=20.0)) is None
    two = load(wall_ms=600.0, busy_ms=700.0, own_ms=600.0)
    assert disturbed(two) is not None
    assert disturbed(replace(two, windows=2)) is None, "each window has two ends of its own"


FASTEST = (200.0, 200.0)


def beside(before: tuple[float, ...], after: tuple[float, ...], used: tuple[int, ...] = ()) -> Load:
    work = CoreWork(fastest_us=(200.0, 200.0), before_us=before, after_us=after, used=used, waited_ms=0.0)
    return replace(load(busy_ms=5.0, own_ms=5.0), core_work=work)


def test_a_core_that_was_slow_before_or_after_is_told_with_how_slow() -> None:
    fast = (205.0, 210.0)
    assert slowdown(beside(fast, fast), FASTEST) is None
    assert slowdown(beside(fast, (205.0, 340.0)), FASTEST) == pytest.approx(1.7)
    assert slowdown(beside((300.0, 340.0), fast), FASTEST) == pytest.approx(1.7)


def test_of_a_core_that_the_model_did_not_use_nothing_is_told() -> None:
    slow = beside((205.0, 340.0), (205.0, 360.0), used=(0,))
    assert slowdown(slow, FASTEST) is None
    assert disturbed(slow) is None


def test_where_nobody_looked_no_core_is_called_slow() -> None:
    assert slowdown(load(busy_ms=5.0, own_ms=5.0), FASTEST) is None
    assert slow_cores((), ()) == {}


def test_how_fast_a_core_can_be_is_what_was_seen_of_it_at_any_time() -> None:
    """The run itself had not seen more of it by then."""
    first = beside((340.0, 330.0), (335.0, 345.0))
    later = beside((205.0, 201.0), (199.0, 202.0))
    assert fastest_seen_us([first, later, load(busy_ms=5.0, own_ms=5.0)]) == (199.0, 200.0)
    assert fastest_seen_us([]) == ()
    early = replace(first, core_work=replace(first.core_work, fastest_us=(330.0, 330.0)))
    assert slowdown(early, early.core_work.fastest_us if early.core_work else ()) is None
    assert slowdown(early, fastest_seen_us([early, later])) == pytest.approx(345.0 / 200.0)


def handed(before_us: float, after_us: float, nearest_us: float = 6.0, used: tuple[int, ...] = ()) -> Load:
    work = CoreWork(
        fastest_us=FASTEST,
        before_us=FASTEST,
        after_us=FASTEST,
        used=used,
        waited_ms=0.0,
        nearest_us=(nearest_us,),
        handed_before_us=(before_us,),
        handed_after_us=(after_us,),
    )
    return replace(load(busy_ms=5.0, own_ms=5.0), core_work=work)


def test_two_cores_are_far_apart_where_a_read_takes_half_as_long_again() -> None:
    assert distance(handed(6.0, 8.9), (6.0,)) is None
    assert distance(handed(6.0, 12.0), (6.0,)) == pytest.approx(2.0)
    assert distance(handed(12.6, 12.0), (6.0,)) == pytest.approx(2.1)
    assert distance(handed(12.0, 12.0, used=(0,)), (6.0,)) is None, "one of them had nothing to read"
    assert distance(load(busy_ms=5.0, own_ms=5.0), (6.0,)) is None


def test_how_near_they_can_be_is_what_was_ever_seen() -> None:
    """By those that looked: a trial of one thread did not."""
    first, later = handed(12.0, 12.5, nearest_us=12.0), handed(6.5, 6.0, nearest_us=12.0)
    assert nearest_seen_us([beside(FASTEST, FASTEST), first, later]) == (6.0,)
    assert nearest_seen_us([beside(FASTEST, FASTEST)]) == ()
    assert distance(first, nearest_seen_us([first, later])) == pytest.approx(12.5 / 6.0)


def test_pairs_are_told_by_their_places() -> None:
    assert far_pairs(3, (6.0, 6.0, 6.0), (6.0, 12.0, 15.0)) == {(0, 2): 2.0, (1, 2): 2.5}
    assert far_pairs(3, (6.0, 6.0, 6.0), (6.0, 12.0, 15.0), (0, 2)) == {(0, 2): 2.0}
    assert far_pairs(3, (), ()) == {}
