import math

import pytest

from gapprof.stats.steady import drift, still_drifting

FLAT = (10.0, 10.2, 9.9, 10.1, 10.0, 9.8)
FALLING = (15.0, 14.0, 13.0, 12.0, 11.0, 10.0, 10.0)


def test_drift_is_the_first_half_over_the_last() -> None:
    assert drift(FALLING) == pytest.approx(math.log(13.0 / 10.0))


def test_a_slow_first_sample_is_no_drift() -> None:
    """As measured: the median of a trial does not see it."""
    trials = [(1.0 + 0.2 * k / 6, 1.0, 1.01, 0.99, 1.0, 1.005) for k in range(1, 7)]
    assert not still_drifting(trials)
    assert not still_drifting([(3.1, 2.8, 2.8), (3.1, 2.8, 2.8), (3.2, 2.9, 2.9)])


def test_trials_that_all_still_get_faster_are_not_warm() -> None:
    assert still_drifting([tuple(v * (1 + 0.002 * k) for v in FALLING) for k in range(6)])
    assert still_drifting([FALLING[:3] + tuple(v * (1 + 0.01 * k) for v in FALLING[3:]) for k in range(6)])


def test_steady_trials_are_left_alone() -> None:
    assert not still_drifting([tuple(v * (1 + 0.01 * k) for v in FLAT) for k in range(6)])


def test_one_odd_trial_condemns_nothing() -> None:
    assert not still_drifting([FALLING, FLAT, FLAT[::-1], FLAT, FLAT[::-1]])


@pytest.mark.parametrize("trials", [[], [FALLING], [FALLING, FALLING], [(1.0,)] * 9, [(1.0, 2.0)] * 9])
def test_too_little_says_nothing(trials: list[tuple[float, ...]]) -> None:
    assert not still_drifting(trials)
