import math

import numpy as np
import pytest

from gapprof.stats.interval import t_interval
from gapprof.stats.planning import MOST_ROUNDS, rounds_needed


def spread(sd: float) -> list[float]:
    """Six values whose sample standard deviation is exactly sd."""
    values = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    return [float(v) for v in values * sd / values.std(ddof=1)]


def test_the_rounds_just_meet_the_precision() -> None:
    sd, percent = 0.08, 5.0
    rounds = rounds_needed({"a": spread(sd)}, precision_percent=percent)
    for n, met in ((rounds, True), (rounds - 1, False)):
        values = np.arange(n, dtype=float)
        values = (values - values.mean()) * sd / values.std(ddof=1)
        assert (t_interval([float(v) for v in values]).half_width <= math.log1p(percent / 100)) is met


def test_the_noisiest_factor_decides() -> None:
    both = rounds_needed({"a": spread(0.01), "b": spread(0.1)}, precision_percent=5.0)
    assert both == rounds_needed({"b": spread(0.1)}, precision_percent=5.0)


def test_more_precision_takes_more_rounds() -> None:
    found = [rounds_needed({"a": spread(0.05)}, precision_percent=p) for p in (20.0, 10.0, 5.0, 2.0)]
    assert found == sorted(found)
    assert found[-1] > found[0]


@pytest.mark.parametrize("contrasts", [{}, {"a": ()}, {"a": (1.0,)}, {"a": (1.0, 1.0, 1.0)}])
def test_without_a_spread_three_rounds_do(contrasts: dict[str, tuple[float, ...]]) -> None:
    assert rounds_needed(contrasts, precision_percent=5.0) == 3


def test_hopeless_noise_ends_the_search() -> None:
    assert rounds_needed({"a": spread(50.0)}, precision_percent=1.0) == MOST_ROUNDS
