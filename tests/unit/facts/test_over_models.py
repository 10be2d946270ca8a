"""One figure over many models, each counted once."""

import math

import pytest

from gapprof.facts.over_models import over_models
from gapprof.records.estimate import Estimate


def exactly(times: float, *, rounds: int = 4) -> Estimate:
    return Estimate(point=times, low=times, high=times, level=0.95, rounds=rounds)


def test_models_are_counted_once_each_with_how_they_differ() -> None:
    """By hand: ln of the points is 0, 0.1 and 0.2; a tenth over the root of three, times 4.3027."""
    points = [exactly(math.exp(ln)) for ln in (0.0, 0.1, 0.2)]
    found = over_models([*points, exactly(5.0, rounds=1)])
    assert found is not None
    assert found.rounds == len(points)
    assert found.point == pytest.approx(math.exp(0.1))
    half = 4.30265 * 0.1 / math.sqrt(3)
    assert (found.low, found.high) == pytest.approx((math.exp(0.1 - half), math.exp(0.1 + half)), rel=1e-4)


def test_a_single_model_has_nothing_in_common() -> None:
    assert over_models([exactly(1.2)]) is None
