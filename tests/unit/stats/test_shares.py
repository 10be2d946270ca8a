"""Shares and their intervals, against published figures and planted truths."""

import numpy as np
import pytest

from gapprof.stats.shares import over_groups, wilson


def test_wilson_is_as_published() -> None:
    """Newcombe (1998), Statistics in Medicine 17, table I, method 3."""
    for hits, count, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        found = wilson(hits, count)
        assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)
        assert (found.point, found.rounds) == (hits / count, count)


@pytest.mark.parametrize(("hits", "count"), [(-1, 3), (4, 3), (0, 0)])
def test_there_is_no_share_of_nothing(hits: int, count: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(hits, count)


def test_shares_of_groups_stay_within_0_and_1() -> None:
    found = over_groups([1.0, 1.0, 0.9])
    assert found.high == 1.0
    assert 0 < found.low < found.point == pytest.approx(2.9 / 3)
    assert over_groups([0.5]).rounds == 1


def test_what_is_inside_a_group_adds_nothing() -> None:
    """A dozen groups of very different shares: the interval covers the truth as often as it says."""
    random = np.random.default_rng(3)
    hits = 0
    for _ in range(2000):
        truths = random.beta(8, 2, 12)
        found = over_groups([random.binomial(300, truth) / 300 for truth in truths])
        hits += found.low <= 0.8 <= found.high
    assert hits / 2000 == pytest.approx(0.95, abs=0.02)
