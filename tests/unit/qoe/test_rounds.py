import math

from gapprof.qoe.rounds import FEWEST, ROUNDS, Means


def test_without_a_budget_there_are_as_many_rounds_as_intervals_want() -> None:
    assert Means(until_s=math.inf).rounds(now_s=1e6, round_s=500.0) == ROUNDS


def test_a_budget_buys_whole_rounds_behind_the_first_and_what_follows_them() -> None:
    means = Means(until_s=180.0, reserved_s=20.0)
    assert means.rounds(now_s=70.0, round_s=40.0) == 3  # 90 s are left: two more
    assert means.rounds(now_s=70.0, round_s=20.0) == ROUNDS
    assert means.rounds(now_s=150.0, round_s=100.0) == FEWEST


def test_one_round_that_takes_longer_than_the_budget_is_the_only_one() -> None:
    assert Means(until_s=30.0).rounds(now_s=50.0, round_s=31.0) == 1


def test_what_came_before_the_rounds_takes_no_interval_away() -> None:
    """Visits that others disturbed, for one, and were made again."""
    assert Means(until_s=180.0).rounds(now_s=222.0, round_s=122.0) == FEWEST
