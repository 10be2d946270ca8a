import math

import pytest
from scipy.stats import t

from gapprof.stats.interval import Interval, exponential, linearised, t_interval, t_quantile


def test_an_interval_refuses_swapped_and_missing_bounds() -> None:
    for low, point, high in ((2.0, 1.5, 1.0), (0.0, 2.0, 1.0), (math.nan, 1.0, 2.0)):
        with pytest.raises(ValueError, match="not an interval"):
            Interval(point=point, low=low, high=high, level=0.95, rounds=3)


@pytest.mark.parametrize("rounds", [2, 3, 6, 30, 1000])
def test_quantiles_are_students(rounds: int) -> None:
    assert t_quantile(0.95, rounds) == pytest.approx(float(t.ppf(0.975, rounds - 1)), rel=1e-9)


def test_the_mean_has_the_textbook_interval() -> None:
    found = t_interval([1.0, 2.0, 3.0, 4.0])
    half = 3.182446 * math.sqrt(5 / 3) / 2
    assert (found.point, found.half_width) == (2.5, pytest.approx(half, rel=1e-6))
    assert (found.level, found.rounds) == (0.95, 4)


def test_one_round_has_no_interval_and_says_so() -> None:
    found = t_interval([3.0])
    assert (found.low, found.point, found.high, found.level) == (3.0, 3.0, 3.0, 0.0)
    assert found.holds(0.0)


def test_a_function_of_means_agrees_with_the_interval_of_the_sum() -> None:
    a, b = {0: 1.0, 1: 2.0, 2: 4.0}, {0: 3.0, 1: 1.0, 2: 1.0}
    joint = linearised(lambda x, y: x + y, (a, b))
    plain = t_interval([a[n] + b[n] for n in a])
    assert joint.half_width == pytest.approx(plain.half_width, rel=1e-6)


def test_what_varies_together_cancels() -> None:
    same = {0: 1.0, 1: 2.0, 2: 4.0}
    assert linearised(lambda x, y: x - y, (same, same)).half_width == pytest.approx(0.0, abs=1e-9)


def test_columns_of_other_rounds_count_as_independent() -> None:
    a, b = {0: 1.0, 1: 2.0, 2: 4.0}, {7: 3.0, 8: 1.0, 9: 1.0}
    apart = linearised(lambda x, y: x - y, (a, b)).half_width
    each = [t_interval(list(one.values())).half_width for one in (a, b)]
    assert apart == pytest.approx(math.hypot(*each), rel=1e-6)


def test_an_absurdly_wide_interval_stays_finite() -> None:
    wide = Interval(point=0.0, low=-1e6, high=1e6, level=0.95, rounds=2)
    assert math.isfinite(exponential(wide).high)
    assert exponential(wide).low > 0
