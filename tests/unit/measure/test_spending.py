"""The budget is spent in order, and what it cannot buy is left out rather than squeezed in."""

from gapprof import rungs
from gapprof.measure.resolve import ladder
from gapprof.measure.spending import (
    FEWEST_ROUNDS,
    FIRST_ROUNDS,
    first_rounds,
    further_rounds,
    side_rungs,
    total_rounds,
)
from gapprof.records.settings import Settings

RUNGS = rungs.ladder("wasm")
STEPS = ladder(
    RUNGS,
    Settings(),
    cores=2,
    page_cores=2,
    page_threads=1,
    page_isolated=True,
    refuse=lambda setting: None,
)
EXPECTED_S = dict.fromkeys(RUNGS, 2.0)


def test_six_rounds_if_they_fit_the_overdraft_and_never_fewer_than_three() -> None:
    assert first_rounds(10.0, 120.0) == FIRST_ROUNDS
    assert first_rounds(80.0, 120.0) == 4
    assert first_rounds(500.0, 120.0) == FEWEST_ROUNDS


def test_rounds_are_what_precision_wants_or_what_is_left_buys() -> None:
    assert total_rounds(wanted=9, done=6, worth=6, round_s=10, left_s=100) == 9
    assert total_rounds(wanted=20, done=6, worth=6, round_s=10, left_s=45) == 10
    assert total_rounds(wanted=4, done=6, worth=6, round_s=10, left_s=100) == 6
    assert total_rounds(wanted=20, done=6, worth=6, round_s=10, left_s=-5) == 6


def test_a_slow_model_ends_where_it_is_precise_enough_and_six_rounds_are_worth_an_overdraft() -> None:
    assert total_rounds(wanted=4, done=4, worth=6, round_s=20, left_s=-5) == 4
    assert total_rounds(wanted=5, done=4, worth=6, round_s=20, left_s=-5) == 5
    assert total_rounds(wanted=20, done=4, worth=6, round_s=20, left_s=-5) == 6
    assert total_rounds(wanted=20, done=4, worth=6, round_s=20, left_s=65) == 7


def test_a_stage_that_begins_when_the_budget_is_long_spent_has_the_fewest_rounds() -> None:
    assert further_rounds(5, now_s=360.0, budget_s=120.0) == 5
    assert further_rounds(5, now_s=361.0, budget_s=120.0) == FEWEST_ROUNDS


def test_the_largest_cause_gets_its_side_rungs_first_with_what_they_are_compared_to() -> None:
    chosen = side_rungs(
        STEPS,
        frozenset(RUNGS),
        {"simd": 0.9, "threads": 0.6, "runtime": 0.1},
        EXPECTED_S,
        left_s=25.0,
        asked=(),
    )
    assert chosen
    assert RUNGS[chosen[0]].informs == "simd"
    for rung_id in chosen:
        parent = RUNGS[rung_id].derived_from
        assert RUNGS[rung_id].role != "side" or parent in chosen


def test_no_budget_buys_no_side_rung_but_a_wish_is_granted() -> None:
    wish = frozenset({"web-baseline"})
    arguments = (STEPS, wish, {"runtime": 0.1}, EXPECTED_S)
    assert side_rungs(*arguments, left_s=0.0, asked=()) == ()
    assert side_rungs(*arguments, left_s=0.0, asked=wish) == ("web-baseline", "web-worker")


def test_what_was_asked_for_is_visited_whatever_it_costs_and_the_rest_with_what_is_left() -> None:
    """The wish costs six seconds, so that nothing is left of seven for a second one."""
    chosen = side_rungs(
        STEPS, frozenset(RUNGS), {"runtime": 0.9}, EXPECTED_S, left_s=7.0, asked={"web-unisolated"}
    )
    assert chosen == ("web-unisolated", "web-paced")  # whose trials `web` shares here
    assert "web-unisolated" not in side_rungs(
        STEPS, frozenset(RUNGS), {"threads": 0.9}, EXPECTED_S, left_s=1000.0, asked=()
    )
