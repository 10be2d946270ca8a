"""What a page was seen to do: its runs, its pauses and its main thread, in the report and in words."""

import pytest
from msgspec.structs import replace

from gapprof.digest.observed import observed_sentences
from gapprof.explain.report import build
from gapprof.records.impossible import impossible
from gapprof.records.observed import ObservedStretch, PageObserved
from gapprof.records.report import Evidence, Report
from gapprof.records.settings import Settings
from tests.truth.recorder import record
from tests.unit.explain.watched import DEPLOYED_MS, MACHINE, SEEN, SESSION, report, said, seen_with


def test_runs_are_told_apart_by_the_first_and_the_later_ones() -> None:
    page = report().observed
    assert page is not None
    assert page.first_run_ms == 900.0
    assert page.run_ms == pytest.approx(DEPLOYED_MS * 1.5)
    assert (page.run_low_ms, page.run_high_ms) == (page.run_ms, page.run_ms)
    text = said()
    assert "It runs net.onnx (13.4 MiB) with onnxruntime-web 1.30.0, on its main thread" in text
    assert "10 runs, the first 900 ms" in text


def test_the_page_is_held_against_the_same_model_in_a_loop_on_a_quiet_one() -> None:
    page = report().observed
    assert page is not None
    assert page.times_deployed is not None
    assert page.times_deployed.point == pytest.approx(1.5, rel=0.01)


def test_how_the_pages_own_runs_differ_is_in_the_interval() -> None:
    runs = (900.0, *(DEPLOYED_MS * 1.5 * factor for factor in (0.8, 1.25, 0.9, 1.1, 1.0)))
    page = report(replace(SEEN, sessions=(replace(SESSION, runs_ms=runs),))).observed
    assert page is not None
    assert page.times_deployed is not None
    assert page.times_deployed.low < 1.4
    assert page.times_deployed.high > 1.6


def test_what_the_main_thread_did_is_told_in_shares() -> None:
    stretch = ObservedStretch(over_ms=2000.0, tasks_ms=1500.0, styles_ms=100.0, runs_ms=600.0)
    page = report(replace(SEEN, main_thread=stretch)).observed
    assert page is not None
    use = page.main_thread
    assert use is not None
    assert (use.busy, use.runs, use.own, use.styles) == (0.75, 0.3, pytest.approx(0.45), 0.05)
    on_gpu = report(replace(SEEN, main_thread=replace(stretch, runs_ms=None))).observed
    assert on_gpu is not None
    assert on_gpu.main_thread is not None
    assert (on_gpu.main_thread.runs, on_gpu.main_thread.own) == (None, None)


def contending(found: Report) -> dict[str, Evidence]:
    """What the page's own runs say of contention, which the ladder's quiet page does not exercise."""
    row = next(one for one in found.causes if one.id == "contention")
    assert "not exercised here" in row.why
    return {one.kind: one for one in row.evidence if one.kind in ("own-runs", "own-work")}


def test_what_the_pages_own_work_may_cost_is_evidence_of_contention_that_no_step_has() -> None:
    stretch = ObservedStretch(over_ms=2000.0, tasks_ms=1500.0, styles_ms=100.0, runs_ms=600.0)
    told = contending(report(replace(SEEN, main_thread=stretch)))
    assert told["own-runs"].value == pytest.approx(1.5, rel=0.01)
    assert "in a loop on the quiet page of this ladder: 1.50x [" in told["own-runs"].text
    assert told["own-runs"].text.endswith("is part of that, and of no step here.")
    assert told["own-work"].value == pytest.approx(0.45)
    assert "45 % of the time" in told["own-work"].text
    on_gpu = contending(report(replace(SEEN, main_thread=replace(stretch, runs_ms=None))))
    assert on_gpu.keys() == {"own-runs"}


def test_own_runs_that_may_be_as_fast_as_the_ladders_cost_nothing_that_anybody_knows() -> None:
    runs = (900.0, *(DEPLOYED_MS * factor for factor in (0.8, 1.25, 0.9, 1.1, 1.0)))
    told = contending(report(replace(SEEN, sessions=(replace(SESSION, runs_ms=runs),))))
    assert told["own-runs"].value is None
    assert told["own-runs"].text.endswith("which is unclear: its interval holds 1.")
    assert contending(build(record(MACHINE, Settings(threads=1), page_threads=1))) == {}, "a model was given"


def test_pauses_are_from_the_end_of_a_run_to_the_begin_of_the_next() -> None:
    began = tuple(1000.0 * number for number in range(10))
    page = report(seen_with(runs_began_ms=began)).observed
    assert page is not None
    assert page.pause_ms == pytest.approx(1000.0 - DEPLOYED_MS * 1.5)
    few = report(seen_with(runs_began_ms=began[:3], runs_ms=SESSION.runs_ms[:3])).observed
    assert few is not None
    assert few.pause_ms is None


def test_runs_that_leave_their_outputs_on_a_gpu_are_not_held_against_others() -> None:
    page = report(seen_with(bound=True)).observed
    assert page is not None
    assert page.times_deployed is None
    assert "Its outputs stay on the GPU" in said(sessions=(replace(SESSION, bound=True),))


STRETCH = ObservedStretch(over_ms=1000.0, tasks_ms=800.0, styles_ms=50.0, runs_ms=None)


@pytest.mark.parametrize(
    "seen",
    [
        replace(SEEN, chosen=1),
        seen_with(create_ms=float("inf")),
        seen_with(runs_began_ms=(0.0,)),
        seen_with(runs_began_ms=(-1.0, *SESSION.runs_ms[1:])),
        seen_with(thread_workers=-1),
        replace(SEEN, main_thread=replace(STRETCH, over_ms=0.0)),
        replace(SEEN, main_thread=replace(STRETCH, runs_ms=-1.0)),
    ],
)
def test_a_page_that_nobody_watched_is_refused(seen: PageObserved) -> None:
    assert impossible(seen)
    assert not impossible(replace(SEEN, main_thread=STRETCH))


def test_a_single_run_has_no_later_ones() -> None:
    text = said(sessions=(replace(SESSION, runs_ms=(900.0,)),))
    assert "1 run, the first 900 ms." in text
    page = report(replace(SEEN, sessions=(replace(SESSION, runs_ms=(900.0,)),))).observed
    assert page is not None
    assert page.times_deployed is None


def test_with_a_model_of_its_own_nothing_is_said() -> None:
    assert list(observed_sentences(build(record(MACHINE, Settings(threads=1), page_threads=1)))) == []
