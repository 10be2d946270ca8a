"""Whose memory is read."""

import pytest

from gapprof.browser.crew import Crew
from gapprof.browser.trouble import VisitError
from gapprof.memory.visits import known


def test_memory_that_may_be_another_tabs_is_not_told_as_the_pages() -> None:
    with pytest.raises(VisitError, match="which of the browser's processes is the page's cannot be told"):
        known(Crew(renderer=None, undecided=True))


@pytest.mark.parametrize("owner", [Crew(renderer=7), Crew(renderer=None)])
def test_a_page_that_is_known_and_a_system_that_says_nothing_of_threads_are_no_trouble(owner: Crew) -> None:
    assert known(owner) is owner
