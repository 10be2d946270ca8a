"""How many rounds a selftest makes."""

from gapprof.selftest.extent import FEWEST_ROUNDS, QUICK, QUICK_ROUNDS, QUICK_S, WHOLE


def test_a_whole_run_makes_its_rounds_however_long_they_take() -> None:
    assert WHOLE.rounds_in(began_s=10.0, round_s=1000.0) == WHOLE.rounds


def test_a_quick_run_makes_as_many_as_end_in_time() -> None:
    round_s = (QUICK_S - 20.0) / 6.5
    assert QUICK.rounds_in(began_s=20.0, round_s=round_s) == 6


def test_a_slow_machine_still_makes_the_fewest_and_a_fast_one_no_more_than_planned() -> None:
    assert QUICK.rounds_in(began_s=20.0, round_s=1000.0) == FEWEST_ROUNDS
    assert QUICK.rounds_in(began_s=20.0, round_s=0.1) == QUICK_ROUNDS
