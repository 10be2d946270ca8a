import pytest

from gapprof.stats.contrast import Contrast
from gapprof.stats.interval import Interval
from gapprof.stats.verdict import level_alone, ranks, simultaneous_level, verdict


def interval(low: float, point: float, high: float, rounds: int = 6) -> Interval:
    return Interval(low=low, point=point, high=high, level=0.95, rounds=rounds)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (interval(0.1, 0.2, 0.3), "costs"),
        (interval(-0.3, -0.2, -0.1), "saves"),
        (interval(-0.1, 0.2, 0.5), "unclear"),
        (interval(0.005, 0.01, 0.015), "unclear"),
        (interval(0.2, 0.2, 0.2, rounds=1), "unclear"),
    ],
)
def test_a_verdict_needs_an_interval_away_from_nothing_and_an_effect(found: Interval, said: str) -> None:
    assert verdict(found) == said


def test_verdicts_hold_together() -> None:
    assert simultaneous_level(5) == pytest.approx(0.99)
    assert simultaneous_level(0) == 0.95


def test_parts_of_what_is_unclear_itself_need_far_more() -> None:
    assert level_alone(10) == pytest.approx(0.9999)
    assert level_alone(0) == 0.999
    assert level_alone(10) > simultaneous_level(10)


def test_ranks_are_shared_until_a_difference_is_resolved() -> None:
    wobble = (0.00, 0.02, -0.02, 0.01, -0.01)
    contrasts = {
        "small": Contrast({n: 0.1 + w / 10 for n, w in enumerate(wobble)}),
        "large": Contrast({n: 1.0 + w for n, w in enumerate(wobble)}),
        "as-large": Contrast({n: 0.99 - w for n, w in enumerate(wobble)}),
    }
    assert ranks(contrasts, 0.95) == {"large": 1, "as-large": 1, "small": 3}


def test_after_one_round_all_share_the_first_rank() -> None:
    assert ranks({"a": Contrast({0: 1.0}), "b": Contrast({0: 0.1})}, 0.95) == {"a": 1, "b": 1}
