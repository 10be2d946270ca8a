"""Which thread of a page has its model: the worker that was there first."""

from gapprof.browser.crew import by_age


def test_the_oldest_thread_is_the_first_whatever_its_number() -> None:
    """On a machine whose numbers have begun anew between the second and the third."""
    assert by_age({32_700: 500, 32_760: 500, 310: 501, 402: 640}) == [32_700, 32_760, 310, 402]


def test_a_thread_that_has_ended_is_not_taken_for_the_oldest() -> None:
    assert by_age({300: None, 310: 501, 402: 500}) == [402, 310]


def test_where_nobody_says_when_any_thread_began_their_numbers_decide() -> None:
    assert by_age({402: None, 310: None}) == [310, 402]
