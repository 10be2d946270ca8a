"""Times and differences of times, each with the interval that it can have."""

import pytest

from gapprof.facts.estimates import mean_difference_ms, mean_time_ms

ONE_LONG_MS = (0.1, 0.1, 5.0)


def test_a_time_is_at_least_nothing_and_a_difference_may_be_less() -> None:
    assert mean_time_ms(ONE_LONG_MS).low == 0.0
    assert mean_difference_ms(ONE_LONG_MS).low < 0


@pytest.mark.parametrize("value", [-0.1, -0.3, -0.7, -1.1, 0.0, 0.7])
@pytest.mark.parametrize("rounds", range(2, 13))
def test_what_is_the_same_in_every_round_lies_within_its_bounds(value: float, rounds: int) -> None:
    found = mean_time_ms((value,) * rounds)
    assert found.low <= found.point <= found.high
    assert found.point == pytest.approx(value)
