import math

import numpy as np
import pytest
from scipy import stats

from gapprof.stats.apart import Known, difference
from gapprof.stats.interval import Interval, linearised, t_interval

SIMULATIONS = 4000


def known(values: np.ndarray, level: float = 0.95) -> Known:
    return Known(interval=t_interval([float(v) for v in values], level))


@pytest.mark.parametrize("level", [0.8, 0.95, 0.994])
@pytest.mark.parametrize("rounds", [(6, 6), (3, 40), (12, 7)])
def test_over_rounds_alone_it_is_welchs_interval_of_the_samples(
    rounds: tuple[int, int], level: float
) -> None:
    """Though it sees nothing but the two 95 % intervals."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.5, 0.02, rounds[0]), rng.normal(0.7, 0.09, rounds[1])
    found = difference(known(a), known(b), level)
    oracle = stats.ttest_ind(b, a, equal_var=False).confidence_interval(level)
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), rel=1e-9)
    assert found.point == pytest.approx(b.mean() - a.mean())


@pytest.mark.numbers
@pytest.mark.parametrize("spreads", [(0.05, 0.05), (0.01, 0.08)])
@pytest.mark.parametrize("rounds", [(6, 6), (6, 20), (4, 9)])
def test_it_covers_the_true_difference(rounds: tuple[int, int], spreads: tuple[float, float]) -> None:
    """95 %, within four standard errors of 4 000 simulations and what Welch's approximation itself is off."""
    rng = np.random.default_rng([*rounds, int(1000 * spreads[1])])
    a = rng.normal(0.2, spreads[0], (SIMULATIONS, rounds[0]))
    b = rng.normal(0.5, spreads[1], (SIMULATIONS, rounds[1]))
    hits = sum(difference(known(x), known(y), 0.95).holds(0.3) for x, y in zip(a, b, strict=True))
    assert 0.93 <= hits / SIMULATIONS <= 0.975


@pytest.mark.numbers
@pytest.mark.parametrize("noisy_passes", [0.02, 1.0], ids="passes {}".format)
@pytest.mark.parametrize("rounds", [(6, 6), (6, 40)])
@pytest.mark.parametrize("level", [0.95, 0.999])
def test_where_passes_stand_behind_an_unknown_part_it_covers_at_least(
    rounds: tuple[int, int], noisy_passes: float, level: float
) -> None:
    """The report says how wide an interval is and not why; at a higher level than its own that matters."""
    rng = np.random.default_rng([*rounds, int(1000 * noisy_passes)])
    hits = 0
    for _ in range(SIMULATIONS):
        sides = []
        for truth, count, spread in ((0.2, rounds[0], 1.0), (0.5, rounds[1], 0.2)):
            values = dict(enumerate(map(float, rng.normal(truth, 0.05 * spread, count))))
            passes = dict(enumerate(map(float, rng.normal(0.0, noisy_passes * spread, 3))))
            shift = float(np.mean(list(passes.values())))
            shifted = {number: value + shift for number, value in values.items()}
            sides.append(Known(interval=linearised(lambda x: x, [shifted], 0.95, [passes]), passes=3))
        hits += difference(*sides, level).holds(0.3)
    assert hits / SIMULATIONS >= level - 4 * math.sqrt(level * (1 - level) / SIMULATIONS)


def test_a_step_that_is_exactly_nothing_adds_no_width() -> None:
    nothing = known(np.zeros(6))
    values = np.array([0.1, 0.2, 0.15, 0.12, 0.18])
    alone = t_interval([float(v) for v in values], 0.99)
    found = difference(nothing, known(values), 0.99)
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high))
    assert difference(nothing, nothing, 0.99) == Interval(point=0.0, low=0.0, high=0.0, level=0.99, rounds=6)


def test_swapping_the_runs_changes_the_sign_alone() -> None:
    rng = np.random.default_rng(2)
    a, b = known(rng.normal(0, 1, 6)), known(rng.normal(1, 3, 9))
    there, back = difference(a, b, 0.95), difference(b, a, 0.95)
    assert (there.low, there.point, there.high) == pytest.approx((-back.high, -back.point, -back.low))


def test_one_round_has_no_interval_and_decides_nothing() -> None:
    one = known(np.array([0.4]))
    found = difference(known(np.array([0.1, 0.2])), one, 0.95)
    assert (found.level, found.low, found.high) == (0.0, found.point, found.point)
    assert found.holds(0.0)
