"""Which thread of a page has its model: the worker that was there first."""

from gapprof.browser.crew import by_age


def test_the_oldest_thread_is_the_first_whatever_its_number() -> None:
    """On a machine whose numbers have begun anew between the second and the third."""
    assert by_age({32_700: 500, 32_760: 500, 310: 501, 402: 640}) == [32_700, 32_760, 310, 402]
