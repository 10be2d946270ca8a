"""A start's stages are held against what was seen of it from outside."""

import pytest

from tests.unit.facts.started import STAGES, report, said, start, traced, web


@pytest.mark.parametrize(("page_ms", "status"), [(50.0, "pass"), (150.0, "fail")])
def test_a_page_that_two_clocks_saw_is_held_to_the_same_bound(page_ms: float, status: str) -> None:
    found = report(web(page_observed_ms=page_ms))
    (check,) = (check for check in found.checks if check.id == "start-stages")
    assert check.status == status
    assert "left out" not in check.text
    (check,) = (check for check in report(web()).checks if check.id == "start-stages")
    assert "the page's own loading is left out of both sides" in check.text


@pytest.mark.parametrize(
    ("whole_ms", "pause_ms", "word_ms", "status"),
    [
        (1250.0, 200.0, None, "pass"),
        (1290.0, 200.0, None, "fail"),
        (1250.0, 160.0, None, "fail"),
        (1290.0, 200.0, 45.0, "pass"),
        (1250.0, 200.0, 90.0, "fail"),
    ],
    ids=["closes", "longer outside", "a shorter pause", "late word", "late word that the stages hold"],
)
def test_a_start_seen_in_one_stretch_is_held_to_it_less_what_the_page_waited_for_us(
    whole_ms: float, pause_ms: float, word_ms: float | None, status: str
) -> None:
    found = report(web(whole_observed_ms=whole_ms, pause_ms=pause_ms, word_ms=word_ms))
    (check,) = (check for check in found.checks if check.id == "start-stages")
    assert check.status == status
    assert "left out" not in check.text


def test_a_workers_own_start_is_a_stage_between_page_and_library() -> None:
    with_it = {"page": 50.0, "worker": 40.0, **{key: ms for key, ms in STAGES.items() if key != "page"}}
    found = report(web(stages_ms=with_it, observed_ms=1040.0, page_observed_ms=50.0))
    rows = start(found.cold).rows
    assert [row.stage for row in rows][:3] == ["page", "worker", "import"]
    assert start(found.cold).web_ms == pytest.approx(1090.0)
    assert found.cold.closure == pytest.approx(1.0)
    without = report(web(stages_ms=STAGES, observed_ms=1040.0, page_observed_ms=50.0))
    assert [check.status for check in without.checks if check.id == "start-stages"] == ["fail"]


@pytest.mark.parametrize(("observed_ms", "status"), [(1000.0, "pass"), (1025.0, "pass"), (1100.0, "fail")])
def test_stages_are_held_against_what_was_seen_from_outside(observed_ms: float, status: str) -> None:
    found = report(web(), web(number=1, observed_ms=observed_ms), traced())
    assert [check.status for check in found.checks if check.id == "start-stages"] == [status]
    assert found.cold.closure == pytest.approx(1000.0 / observed_ms)
    assert ("more than the 3 %" in said(found.cold)) == (status == "fail")
