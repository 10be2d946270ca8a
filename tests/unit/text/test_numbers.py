import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapprof.records.estimate import Estimate
from gapprof.text import numbers

FINITE = st.floats(min_value=-1e12, max_value=1e12)
EVERY_WRITER = (
    numbers.factor,
    numbers.ms,
    numbers.bare_ms,
    numbers.percent,
    numbers.whole_percent,
    numbers.count,
    numbers.size,
)


def estimate(point: float, low: float, high: float) -> Estimate:
    return Estimate(point=point, low=low, high=high, level=0.95, rounds=6)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0.0123, "0.0123 ms"),
        (0.00049, "0.0005 ms"),
        (8.614, "8.61 ms"),
        (9.996, "10.0 ms"),
        (135.2, "135 ms"),
        (1234.4, "1234 ms"),
        (0.0, "0 ms"),
    ],
)
def test_a_time_shows_three_digits_and_never_less_than_a_tenth_of_a_microsecond(
    milliseconds: float, text: str
) -> None:
    assert numbers.ms(milliseconds) == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(2.444, "2.4x"), (1.041, "1.04x"), (0.87, "0.87x"), (136.2, "136x")]
)
def test_a_factor_near_one_keeps_the_decimal_that_is_its_message(ratio: float, text: str) -> None:
    assert numbers.factor(ratio) == text


@pytest.mark.parametrize("write", EVERY_WRITER)
@pytest.mark.parametrize("nothing", [-0.0, -1e-12])
def test_a_zero_never_has_a_sign(write: object, nothing: float) -> None:
    assert "-" not in write(nothing)


@given(FINITE)
def test_a_time_reads_back_to_within_its_digits(value: float) -> None:
    shown = float(numbers.bare_ms(value))
    assert math.isclose(shown, value, rel_tol=0.006, abs_tol=0.00006)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (estimate(2.444, 2.381, 2.502), "2.44x [2.38, 2.50]"),
        (estimate(2.4, 1.1, 5.2), "2.4x [1.1, 5.2]"),
        (estimate(13.6, 13.1, 14.1), "13.6x [13.1, 14.1]"),
        (estimate(136.4, 120.0, 150.0), "136x [120, 150]"),
    ],
)
def test_a_factor_has_as_many_digits_as_its_interval_bears(value: Estimate, text: str) -> None:
    assert numbers.factor_with_interval(value) == text


def test_an_interval_across_zero_keeps_its_minus() -> None:
    assert numbers.ms_with_interval(estimate(-0.01, -0.2, 0.18)) == "-0.01 ms [-0.20, 0.18]"


def test_an_interval_without_width_is_still_printed() -> None:
    assert numbers.ms_with_interval(estimate(3.5, 3.5, 3.5)) == "3.50 ms [3.50, 3.50]"


def test_a_single_round_does_not_look_like_certainty() -> None:
    single = Estimate(point=2.9, low=2.9, high=2.9, level=0.95, rounds=1)
    assert numbers.factor_with_interval(single) == "2.90x [one round]"


def test_numbers_of_a_column_line_up_at_the_point() -> None:
    assert numbers.bare_column([2.9, 0.31, 0.0]) == ("2.90", "0.31", "0.00")


def test_shares_are_percents() -> None:
    assert numbers.percent(0.042) == "4.2 %"
    assert numbers.percent(0.42) == "42 %"
    assert numbers.whole_percent(0.042) == "4 %"


def test_a_share_has_its_interval_in_percent() -> None:
    assert numbers.percent_with_interval(estimate(0.42, 0.38, 0.46)) == "42 % [38, 46]"
    assert numbers.percent_with_interval(estimate(0.042, 0.039, 0.045)) == "4.2 % [3.9, 4.5]"


@pytest.mark.parametrize(("seconds", "text"), [(7.2, "7 s"), (59.7, "1 min 00 s"), (125.0, "2 min 05 s")])
def test_a_wait_is_told_as_a_person_would(seconds: float, text: str) -> None:
    assert numbers.duration(seconds) == text


def test_sizes_and_counts_are_shortened() -> None:
    assert numbers.size(13_964_571) == "13.3 MiB"
    assert numbers.size(900) == "900 bytes"
    assert numbers.count(3_487_816) == "3.49 M"
    assert numbers.count(65) == "65"


@pytest.mark.parametrize(("number", "text"), [(0, "0 runs"), (1, "1 run"), (12_345, "12345 runs")])
def test_of_one_there_is_no_plural(number: int, text: str) -> None:
    assert numbers.many(number, "run") == text


def test_a_plural_may_be_a_word_of_its_own() -> None:
    assert numbers.many(1, "copy", "copies") == "1 copy"
    assert numbers.many(2, "copy", "copies") == "2 copies"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_says_so(value: float) -> None:
    assert not any(sign.isdigit() for sign in numbers.ms(value))


@pytest.mark.parametrize(("level", "text"), [(0.95, "95 %"), (0.999, "99.9 %"), (0.9999, "99.99 %")])
def test_a_level_of_confidence_keeps_its_digits(level: float, text: str) -> None:
    assert numbers.confidence(level) == text


@pytest.mark.parametrize(
    ("point", "low", "high", "expected"),
    [
        (1.04, 0.93, 1.16, "1.04x [0.93, 1.16]"),
        (0.9, 0.4, 2.0, "0.90x [0.40, 2.00]"),
        (12.3, 9.9, 15.1, "12.3x [9.9, 15.1]"),
        (150.0, 120.0, 190.0, "150x [120, 190]"),
    ],
)
def test_a_change_keeps_two_decimals_near_1(point: float, low: float, high: float, expected: str) -> None:
    estimate = Estimate(point=point, low=low, high=high, level=0.95, rounds=6)
    assert numbers.change_with_interval(estimate) == expected


@pytest.mark.parametrize(("number", "expected"), [(8.0, "8"), (1.25, "1.25"), (0.1, "0.1"), (1e6, "1000000")])
def test_a_number_that_was_given_is_shown_as_it_was(number: float, expected: str) -> None:
    assert numbers.given(number) == expected
