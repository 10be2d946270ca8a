"""What a run learns of its cores, forgets again, and how long it goes on waiting for them."""

import pytest
from msgspec.structs import replace

from gapprof.measure import fastest
from gapprof.measure.fastest import LONGEST_WAIT_MS, Fastest
from gapprof.records.trial import CoreWork, Load


@pytest.fixture(autouse=True)
def one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fastest, "fewest", lambda some, others: tuple(map(min, some, others)))


def seen(us: float, waited_ms: float = 0.0) -> Load:
    work = CoreWork(fastest_us=(us,), before_us=(us * 1.2,), after_us=(us,), used=(), waited_ms=waited_ms)
    return Load(wall_ms=600.0, machine_busy_ms=None, own_cpu_ms=None, core_work=work)


def fastest_us(run: Fastest) -> tuple[float, ...]:
    wanted = run.wanted()
    assert wanted is not None
    return wanted.fastest_us


def test_where_nobody_has_looked_nobody_is_asked_to_wait() -> None:
    run = Fastest(left_s=60.0)
    assert run.wanted() is None
    run.learn(Load(wall_ms=600.0, machine_busy_ms=None, own_cpu_ms=None))
    assert run.wanted() is None


def test_a_core_is_known_by_the_best_that_was_seen_of_it() -> None:
    run = Fastest(left_s=60.0)
    for us in (340.0, 205.0, 330.0):
        run.learn(seen(us))
    assert fastest_us(run) == (205.0,)


def test_a_clock_that_stays_throttled_becomes_what_the_machine_has() -> None:
    run = Fastest(left_s=60.0)
    run.learn(seen(205.0))
    for _ in range(39):
        run.learn(seen(300.0))
    assert fastest_us(run) == (205.0,)
    run.learn(seen(300.0))
    assert fastest_us(run) == (300.0,)


def test_what_was_waited_is_gone() -> None:
    run = Fastest(left_s=12.0)
    run.learn(seen(205.0))
    longest = []
    for _ in range(3):
        wanted = run.wanted()
        assert wanted is not None
        longest.append(wanted.longest_wait_ms)
        run.learn(seen(205.0, waited_ms=7000.0))
    assert longest == [LONGEST_WAIT_MS, 5000.0, 0.0]
    assert run.waited_s == 21.0


def test_what_a_visit_waited_is_gone_where_its_cores_became_others_or_it_failed() -> None:
    run = Fastest(left_s=12.0)
    run.waits.hear(3000.0)
    assert run.learn(Load(wall_ms=600.0, machine_busy_ms=None, own_cpu_ms=None)) == 3000.0
    run.waits.hear(1000.0)
    run.waits.hear(2000.0)
    assert run.failed() == 2000.0
    assert run.failed() == 0.0, "the next one waited for nothing"
    assert (run.left_s, run.waited_s) == (7.0, 5.0)


def test_what_was_seen_of_a_wait_counts_before_what_was_told_of_it() -> None:
    run = Fastest(left_s=12.0)
    run.waits.hear(2900.0)
    assert run.learn(seen(205.0, waited_ms=3000.0)) == 0.0, "the visit's own figures say it"
    assert run.waited_s == 3.0
    assert run.failed() == 0.0


def test_a_part_of_the_run_waits_less_and_leaves_the_rest_for_later() -> None:
    run = Fastest(left_s=60.0)
    run.learn(seen(205.0))
    longest = []
    with run.at_most(2.0):
        for _ in range(2):
            wanted = run.wanted()
            assert wanted is not None
            longest.append(wanted.longest_wait_ms)
            run.learn(seen(205.0, waited_ms=1500.0))
    assert longest == [2000.0, 500.0]
    assert run.left_s == 57.0


def test_a_part_of_a_run_that_has_little_left_gets_no_more_of_it() -> None:
    run = Fastest(left_s=1.0)
    with run.at_most(2.0):
        assert run.left_s == 1.0
    assert run.left_s == 1.0


def test_another_stage_knows_the_same_cores_and_has_a_time_of_its_own() -> None:
    run = Fastest(left_s=1.0)
    run.learn(seen(205.0, waited_ms=1000.0))
    other = run.for_another_stage(5.0)
    other.learn(seen(204.0))
    assert fastest_us(run) == fastest_us(other) == (204.0,)
    assert (run.left_s, other.left_s) == (0.0, 5.0)


def apart(*handed_us: float) -> Load:
    """A visit of two threads: how long reads of what another core wrote took before it and after it."""
    before_us, after_us = handed_us
    load = seen(205.0)
    assert load.core_work is not None
    work = replace(
        load.core_work, nearest_us=(6.0,), handed_before_us=(before_us,), handed_after_us=(after_us,)
    )
    return replace(load, core_work=work)


def nearest_us(run: Fastest) -> tuple[float, ...]:
    wanted = run.wanted()
    assert wanted is not None
    return wanted.nearest_us


def test_cores_are_known_by_the_nearest_that_was_seen_of_them() -> None:
    run = Fastest(left_s=60.0)
    run.learn(seen(205.0))
    assert nearest_us(run) == (), "a single core was used"
    run.begin_with((205.0,), (12.0,))
    assert nearest_us(run) == (12.0,)
    run.learn(apart(12.5, 6.5))
    assert nearest_us(run) == (6.5,)
    run.learn(apart(12.5, 12.0))
    assert nearest_us(run) == (6.5,)


def test_cores_that_stay_apart_become_what_the_machine_has() -> None:
    run = Fastest(left_s=60.0)
    run.begin_with((205.0,), (6.0,))
    for _ in range(40):
        run.learn(apart(12.5, 12.0))
    assert nearest_us(run) == (12.0,)
