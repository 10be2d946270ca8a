"""How many rounds a selftest makes."""

from gapprof.selftest.extent import FEWEST_ROUNDS, QUICK, QUICK_ROUNDS, QUICK_S, WHOLE, WHOLE_S, Extent


def test_a_whole_run_makes_its_rounds_however_long_they_take() -> None:
    assert WHOLE.rounds_in(began_s=10.0, round_s=1000.0) == WHOLE.rounds


def test_a_quick_run_makes_as_many_as_end_in_time() -> None:
    round_s = (QUICK_S - 20.0) / 6.5
    assert QUICK.rounds_in(began_s=20.0, round_s=round_s) == 6


def test_a_slow_machine_still_makes_the_fewest_and_a_fast_one_no_more_than_planned() -> None:
    assert QUICK.rounds_in(began_s=20.0, round_s=1000.0) == FEWEST_ROUNDS
    assert QUICK.rounds_in(began_s=20.0, round_s=0.1) == QUICK_ROUNDS


def test_rows_that_can_be_judged_take_no_further_rounds() -> None:
    assert WHOLE.further_rounds(done=8, short=0, now_s=800.0, round_s=100.0) == 0


def test_vague_rows_take_what_they_need_and_no_small_steps() -> None:
    assert WHOLE.further_rounds(done=8, short=12, now_s=800.0, round_s=100.0) == 12
    assert WHOLE.further_rounds(done=8, short=1, now_s=800.0, round_s=100.0) == 4


def test_further_rounds_end_in_time() -> None:
    assert WHOLE.further_rounds(done=8, short=1000, now_s=WHOLE_S - 350.0, round_s=100.0) == 3
    assert WHOLE.further_rounds(done=8, short=1000, now_s=WHOLE_S + 1.0, round_s=100.0) == 0
    assert QUICK.further_rounds(done=8, short=1000, now_s=QUICK_S - 50.0, round_s=20.0) == 2


def test_an_extent_of_so_many_rounds_has_no_others() -> None:
    assert Extent(rounds=1).further_rounds(done=1, short=20, now_s=5.0, round_s=5.0) == 0
