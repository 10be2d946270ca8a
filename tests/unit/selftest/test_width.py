"""How well a figure has to be known before agreement says anything."""

import math

import pytest

from gapprof.selftest.judges.width import Bounded, bounded, doubts, rounds_short
from gapprof.stats.contrast import Contrast


def spread(by: float, rounds: int) -> Contrast:
    """Around nothing, up and down in turn."""
    return Contrast({number: by * (-1) ** number for number in range(rounds)})


def figure(contrast: Contrast, *, planted: float = 0.0) -> Bounded:
    (one,) = bounded("the gap", contrast, planted=planted)
    return one


def test_without_a_plant_five_percent_have_to_be_told() -> None:
    assert figure(spread(0.02, 8)).narrow
    assert not figure(spread(0.03, 8)).narrow


def test_a_large_plant_may_be_known_to_half_of_it() -> None:
    assert figure(spread(0.1, 8), planted=math.log(2)).narrow
    assert not figure(spread(0.2, 8), planted=math.log(2)).narrow


def test_what_makes_it_smaller_counts_by_its_size() -> None:
    assert (
        figure(spread(0.1, 8), planted=-math.log(2)).allowed
        == figure(spread(0.1, 8), planted=math.log(2)).allowed
    )


def test_a_single_round_tells_nothing() -> None:
    assert not figure(Contrast({0: 0.0})).narrow


def test_a_doubt_says_how_wide_it_is_and_how_narrow_it_would_have_to_be() -> None:
    (doubt,) = doubts((figure(spread(0.1, 8)), figure(spread(0.001, 8))))
    assert doubt == "the gap is 1.0x [0.8, 1.2]: too wide to judge, which takes ±5.0 %"


@pytest.mark.parametrize("by", [0.03, 0.06, 0.2])
def test_after_the_rounds_asked_for_it_is_narrow_and_after_fewer_it_is_not(by: float) -> None:
    wanted = 8 + rounds_short([figure(spread(by, 8))])
    assert figure(spread(by, 2 * math.ceil(wanted / 2))).narrow
    assert not figure(spread(by, 2 * math.floor(0.4 * wanted))).narrow


def test_what_is_known_asks_for_no_rounds() -> None:
    assert rounds_short([figure(spread(0.001, 8))]) == 0


def test_what_lacks_most_decides() -> None:
    few, many = figure(spread(0.03, 8)), figure(spread(0.2, 8))
    assert 1 <= rounds_short([few]) < rounds_short([few, many]) == rounds_short([many])
