"""What the page's own work is made of: pages with a planted load, and another tab."""

from statistics import fmean

import pytest

from gapprof.facts.closing import visited
from gapprof.facts.contention import DEPLOYED, QUIET, trials_of
from gapprof.facts.model_threads import inference_of
from gapprof.facts.outside_load import lost
from gapprof.records.report import CauseRow
from tests.scenarios.reading import case, cause, check, child, factor, report


def page_parts(name: str) -> dict[str, CauseRow]:
    """What the page's own work is made of in a scenario's report."""
    page = child(report(f"scenarios/{name}"), "contention", "page")
    return {row.id: row for row in page.children}


def test_a_page_that_burns_its_main_thread_is_told_by_its_timer() -> None:
    parts = page_parts("burning-page")
    work = parts["main-thread-work"]
    assert work.verdict == "costs"
    assert max(parts.values(), key=factor).id == "main-thread-work"
    assert any("planted (page/burning.html:" in one.text for one in work.evidence)
    assert parts["gc"].verdict == parts["browser-threads"].verdict == "unclear"
    assert parts["other-tabs"].verdict == "not-applicable"


def test_garbage_collection_is_told_as_such_and_not_as_the_script_that_made_it_run() -> None:
    parts = page_parts("littering-page")
    assert parts["gc"].verdict == "costs"
    assert factor(parts["gc"]) > factor(parts["main-thread-work"]) ** 10
    assert any(one.text.startswith("Make less garbage") for one in report("scenarios/littering-page").actions)


def test_a_program_outside_the_browser_is_flagged_and_no_page_is_blamed() -> None:
    found = report("scenarios/outside-burner")
    flagged = check(found, "outside-load")
    assert flagged.status == "unknown"
    assert "were disturbed by other programs" in flagged.text
    assert cause(found, "contention").verdict == "unclear"
    assert child(found, "contention", "page").verdict == "unclear"
    assert "page's own work" not in found.headline
    assert not any("worker" in one.text or "tabs" in one.text for one in found.actions)


@pytest.mark.parametrize("rung", [QUIET, DEPLOYED])
def test_no_request_loses_more_to_a_program_outside_than_the_models_thread_waits_for_cores(rung: str) -> None:
    """By the kernel, on either page: a trace of one of them tells more."""
    found = case("scenarios/outside-burner")
    taken, waits_ms = lost(found, rung), {}
    for trial in trials_of(found, rung):
        inference = inference_of(trial.load)
        assert inference is not None
        waits_ms[trial.round] = inference.run_queue_ms / len(trial.requests_ms)
    assert taken.keys() == waits_ms.keys()
    assert 0 < fmean(one.ms for one in taken.values()) <= fmean(waits_ms.values())
    assert all(0 <= one.ms <= waits_ms[number] for number, one in taken.items())


def test_a_page_that_loses_less_to_a_program_outside_than_the_quiet_page_is_not_helped_by_it() -> None:
    page = child(report("scenarios/outside-burner"), "contention", "page")
    (told,) = (one for one in page.evidence if one.kind == "outside-ms")
    assert told.value is not None
    assert told.value < 0
    latency = {row.id: row.latency_ms for row in report("scenarios/outside-burner").rungs}
    quiet, deployed = latency[QUIET], latency[DEPLOYED]
    assert quiet is not None
    assert deployed is not None
    assert factor(page) > deployed.point / quiet.point


def test_another_tab_is_named_and_not_held_against_the_page() -> None:
    found, parts = report("scenarios/busy-tab"), page_parts("busy-tab")
    assert parts["other-tabs"].verdict == "costs"
    assert max(parts.values(), key=factor).id == "other-tabs"
    assert any("other tabs" in one.text for one in parts["other-tabs"].evidence)
    assert "Close other tabs that are at work" in [one.text for one in found.actions]


@pytest.mark.parametrize(("name", "all_tell"), [("burning-page", False), ("busy-tab", True)])
def test_the_schedulers_figures_and_the_threads_own_clocks_agree(name: str, all_tell: bool) -> None:
    """Visits that are too short to tell anything are counted, and said to be."""
    found = [one for one in visited(case(f"scenarios/{name}")) if one.closures]
    assert len(found) >= 9
    assert all(one.closes for one in found)
    told = check(report(f"scenarios/{name}"), "scheduler-balance")
    assert (told.status == "pass") == all_tell
    assert told.text.startswith(f"only {len(found)} of ") != all_tell
    assert (f"in {len(found)} of {len(found)} visits" in told.text) == all_tell


def test_beside_garbage_the_figures_of_every_visit_agree() -> None:
    found = check(report("scenarios/littering-page"), "scheduler-balance")
    assert found.status == "pass"
    assert not found.text.startswith("only")
