"""What a watched page does beside its inference, in words."""

import pytest
from msgspec.structs import replace

from gapprof.digest.doubts import doubts
from gapprof.digest.own_work import own_work_sentences
from gapprof.records.report import Report
from gapprof.records.sections.observed import MainThreadUse, ObservedPage
from tests.unit.render import reports
from tests.unit.render.sections import watched_page

USE = MainThreadUse(over_ms=1450.0, busy=0.84, runs=0.55, own=0.29, styles=0.031)
PAGE = replace(watched_page(), main_thread=USE)
IN_WORKER = replace(PAGE, where="worker", main_thread=replace(USE, runs=0.0, own=0.84))
ON_GPU = replace(PAGE, main_thread=replace(USE, runs=None, own=None))
UNSEEN = replace(PAGE, main_thread=None, pause_ms=None, pause_high_ms=None)


def watching(page: ObservedPage) -> Report:
    return replace(reports.ok(), observed=page)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (PAGE, "was busy 84 % of 1450 ms: 55 % inside the library and 29 % with everything else"),
        (
            IN_WORKER,
            "its main thread, where the model does not run, was busy 84 % of 1450 ms; style and layout",
        ),
        (ON_GPU, "runs that wait for a GPU not told apart from all else; style and layout 3 %."),
        (PAGE, "next one's begin pass 12.4 ms (median; one pause in twenty is longer than 48.0 ms)."),
    ],
)
def test_what_the_main_thread_did_is_told(page: ObservedPage, words: str) -> None:
    assert words in " ".join(own_work_sentences(page))


def test_of_what_nobody_looked_at_nothing_is_said() -> None:
    assert list(own_work_sentences(UNSEEN)) == []


@pytest.mark.parametrize(
    ("page", "share"),
    [
        (PAGE, " (29 % of its main thread)"),
        (IN_WORKER, " (84 % of its main thread)"),
        (ON_GPU, ""),
        (UNSEEN, ""),
    ],
)
def test_that_no_rung_has_the_pages_own_work_is_a_doubt_with_what_to_do(
    page: ObservedPage, share: str
) -> None:
    (found,) = (one for one in doubts(watching(page)) if "own work" in one and "ladder" in one)
    assert found.startswith(f"The page's own work{share} is not in the ladder's figures")
    assert f"`gapprof explain MODEL --page {page.url}`" in found


def test_where_a_model_was_given_there_is_no_such_doubt() -> None:
    assert not any("is not in the ladder's figures" in one for one in doubts(reports.ok()))
