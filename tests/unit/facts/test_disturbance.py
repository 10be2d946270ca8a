"""Only load from outside voids a trial, by one bound, whatever its latency."""

import pytest

from gapprof.facts.disturbance import disturbed, outside_ms
from gapprof.records.trial import Load


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
