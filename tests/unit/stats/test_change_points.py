"""The last change of level in a series of times."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from gapprof.stats.change_points import FEWEST, settled_after

SEEDS = 300


def series(
    levels: Sequence[tuple[float, int]], spread: float, seed: int, *, spikes: float = 0.05
) -> list[float]:
    """Runs at one level after the other, now and then one that somebody disturbed."""
    rng = np.random.default_rng(seed)
    means = [math.log(level) for level, count in levels for _ in range(count)]
    values = [mean + rng.normal(0, spread) for mean in means]
    return [math.exp(value + (rng.uniform(0.4, 1.5) if rng.random() < spikes else 0)) for value in values]


@pytest.mark.numbers
@pytest.mark.parametrize(
    ("levels", "spread"),
    [
        ([(100, 12)], 0.03),
        ([(100, 30)], 0.02),
        ([(100, 30)], 0.1),
        ([(100, 60)], 0.3),
        ([(0.05, 200)], 0.05),
    ],
)
def test_runs_of_one_level_have_none_in_nineteen_of_twenty_cases(
    levels: list[tuple[float, int]], spread: float
) -> None:
    found = [settled_after(series(levels, spread, seed)) for seed in range(SEEDS)]
    assert found.count(0) >= 0.93 * SEEDS  # 0.95, less two standard errors


@pytest.mark.numbers
@pytest.mark.parametrize(
    ("levels", "spread"),
    [
        ([(500, 3), (100, 30)], 0.03),
        ([(300, 4), (200, 6), (100, 25)], 0.1),
        ([(120, 10), (100, 40)], 0.02),
        ([(80, 10), (100, 40)], 0.02),
    ],
)
def test_the_last_of_several_changes_is_found_to_within_two_runs(
    levels: list[tuple[float, int]], spread: float
) -> None:
    before = sum(count for _, count in levels[:-1])
    found = [settled_after(series(levels, spread, seed)) for seed in range(SEEDS)]
    near = [place for place in found if place is not None and abs(place - before) <= 2]
    assert len(near) >= 0.85 * SEEDS


def test_a_change_of_little_matters_to_nobody() -> None:
    assert settled_after([1.03] * 20 + [1.0] * 20) == 0


def test_a_single_slow_run_is_no_level() -> None:
    assert settled_after([1.0] * 10 + [9.0] + [1.0] * 20) == 0


def test_too_few_runs_tell_nothing() -> None:
    assert settled_after([1.0] * (2 * FEWEST - 1)) is None
    assert settled_after([]) is None


def test_a_clock_too_coarse_for_a_run_tells_nothing() -> None:
    assert settled_after([0.1] * 10 + [0.0] + [0.1] * 10) is None
