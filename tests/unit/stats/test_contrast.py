import math

import pytest

from gapprof.stats.contrast import Contrast, add_weights, contrast, mean
from gapprof.stats.lmdi import log_mean

LOGS = {"a": {0: 1.0, 1: 2.0}, "b": {0: 1.5, 1: 2.25}, "c": {0: 2.0, 1: 4.0}}


def test_steps_add_up_round_by_round() -> None:
    first = contrast(LOGS, {"a": -1.0, "b": 1.0}, [0, 1])
    second = contrast(LOGS, {"b": -1.0, "c": 1.0}, [0, 1])
    assert (first + second).values == contrast(LOGS, {"a": -1.0, "c": 1.0}, [0, 1]).values
    assert (first + second - second).values == first.values


def test_contrasts_over_different_rounds_do_not_add() -> None:
    with pytest.raises(ValueError, match="different rounds"):
        Contrast({0: 1.0}) + Contrast({1: 1.0})


def test_a_rung_against_itself_is_exactly_nothing() -> None:
    logs = {"a": {0: math.log(0.1)}, "b": {0: math.log(0.1)}}
    assert contrast(logs, {"a": -1.0, "b": 1.0}, [0]).mean == 0.0


def test_weights_that_cancel_disappear() -> None:
    assert add_weights([{"a": -1.0, "b": 1.0}, {"b": -1.0, "c": 1.0}]) == {"a": -1.0, "c": 1.0}
    assert add_weights([{"a": 0.1}, {"a": 0.2}, {"a": -0.3}]) == {}


def test_the_mean_of_nothing_but_zeros_is_zero() -> None:
    assert mean([0.0] * 7) == 0.0


@pytest.mark.parametrize(("a", "b"), [(20.0, 3.0), (3.0, 20.0), (1.0, 1.0 + 1e-12), (5.0, 5.0)])
def test_the_log_mean_splits_a_difference_without_a_rest(a: float, b: float) -> None:
    assert log_mean(a, b) * math.log(a / b) == pytest.approx(a - b, rel=1e-9, abs=1e-15)
    assert min(a, b) * (1 - 1e-9) <= log_mean(a, b) <= max(a, b) * (1 + 1e-9)
