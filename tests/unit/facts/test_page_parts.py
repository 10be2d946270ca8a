"""What a page costs a request, by part, and what is not known of it."""

import math

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import PlantedPage
from gapprof.explain.report import build
from gapprof.records.recording import Entry
from gapprof.records.trial import ThreadUse, Trace, Trial
from tests.unit.facts.pages import (
    DRAWING,
    HELPER,
    LATE_MS,
    MAIN,
    POOL,
    QUIET_MS,
    TAB,
    ln,
    parts,
    piece,
    recorded,
)


def test_a_request_that_waits_for_timers_waits_for_the_main_thread() -> None:
    timers = piece("TimerFire", LATE_MS, "burn (page/app.js:3)")
    found = parts(build(recorded(PlantedPage(late_ms=LATE_MS, held=(timers,)), web_ms=QUIET_MS + LATE_MS)))
    assert ln(found["page"]) == pytest.approx(math.log(1.3))
    assert ln(found["main-thread-work"]) == pytest.approx(math.log(1.3))
    assert found["main-thread-work"].verdict == "costs"
    assert any("30.0 ms timers" in one.text for one in found["main-thread-work"].evidence)
    assert any("burn (page/app.js:3)" in one.text for one in found["main-thread-work"].evidence)
    assert found["gc"].verdict == found["browser-threads"].verdict == "unclear"


def test_a_request_that_waits_while_pixels_are_read_back_waits_for_the_main_thread() -> None:
    held = (
        piece("GLES2::ReadPixels", 20.0, "drawMask (page/app.js:3)"),
        piece("ImplementationBase::WaitForCmd", 4.0, "drawMask (page/app.js:3)"),
        piece("TimerFire", 6.0, "drawMask (page/app.js:3)"),
    )
    found = parts(build(recorded(PlantedPage(late_ms=LATE_MS, held=held), web_ms=QUIET_MS + LATE_MS)))
    work = found["main-thread-work"]
    assert (work.verdict, ln(work)) == ("costs", pytest.approx(math.log(1.3)))
    waited, source = (one.text for one in work.evidence if one.kind == "trace")
    assert waited == (
        "While a request waits, the page's main thread is at: 20.0 ms reading pixels back from the GPU, "
        "6.00 ms timers, 4.00 ms waiting for the GPU."
    )
    assert source == "30.0 ms of it per request in drawMask (page/app.js:3)."


def test_garbage_collection_is_named_as_such_wherever_it_happens() -> None:
    held = (piece("TimerFire", 10.0, "litter (page/app.js:3)"), piece("V8.GC_SCAVENGER", 20.0))
    page = PlantedPage(late_ms=LATE_MS, held=held, inside=(piece("MinorGC", 10.0),))
    found = parts(build(recorded(page, web_ms=QUIET_MS + LATE_MS + 10.0)))
    whole = ln(found["page"])
    assert ln(found["gc"]) == pytest.approx(whole * 30 / 40)
    assert ln(found["main-thread-work"]) == pytest.approx(whole * 10 / 40)
    assert any("collected for 10.0 ms inside of each run" in one.text for one in found["gc"].evidence)


def test_a_wait_for_a_core_is_laid_at_the_doors_of_those_who_were_on_the_cores() -> None:
    page = PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),), others=(MAIN, HELPER, DRAWING, TAB))
    found = parts(build(recorded(page, web_ms=QUIET_MS + 20.0)))
    whole = ln(found["page"])
    expected = {"main-thread-work": 6, "gc": 2, "browser-threads": 4, "other-tabs": 8}
    for part, cpu_ms in expected.items():
        assert ln(found[part]) == pytest.approx(whole * cpu_ms / 20), part
    assert any("other tabs" in one.text for one in found["other-tabs"].evidence)
    assert ln(found["slower-runs"]) == pytest.approx(0.0, abs=1e-9)


def test_helpers_that_collect_nothing_are_no_garbage_and_a_pages_own_worker_is_its_own() -> None:
    worker = ThreadUse(process="renderer", thread="DedicatedWorker", cpu_ms=6.0, run_queue_ms=0.0)
    page = PlantedPage(run_queue_ms=20.0, held=(piece("idle", 0.0),), others=(worker, HELPER, DRAWING))
    compiling = (piece("V8.CompileJob", 5.0, thread=POOL), piece("DecodeImage", 5.0, thread=POOL))
    found = parts(build(recorded(page, web_ms=QUIET_MS + 20.0, helpers=compiling)))
    whole = ln(found["page"])
    assert ln(found["gc"]) == pytest.approx(0.0, abs=1e-9)
    assert ln(found["browser-threads"]) == pytest.approx(whole * 6 / 12)
    assert ln(found["main-thread-work"]) == pytest.approx(whole * 6 / 12)


def test_on_the_main_thread_the_trace_tells_a_run_from_the_pages_work() -> None:
    """The kernel tells of both together: what keeps the thread waiting there may never be in a run."""
    run = replace(piece("gapprof:run", 100.0), cpu_ms=95.0)
    page = PlantedPage(run_queue_ms=60.0, held=(piece("idle", 0.0),), inside=(run,), others=(TAB,))
    recording = recorded(page, web_ms=QUIET_MS + 20.0)
    on_main = replace(
        recording,
        entries=tuple(
            replace(one, seen=replace(one.seen, where="main")) if isinstance(one, Trial) else one
            for one in recording.entries
        ),
    )
    found = parts(build(on_main))
    assert ln(found["other-tabs"]) == pytest.approx(ln(found["page"]) * 6 / 20)


def test_what_a_request_waits_for_and_no_trace_shows_is_no_slower_run() -> None:
    """Timers come late on a page whose other timers wake it up, and nobody holds its thread meanwhile."""
    timers, idle = piece("TimerFire", 10.0, "burn (page/app.js:3)"), piece("idle", 20.0)
    page = PlantedPage(late_ms=LATE_MS, held=(timers, idle))
    found = parts(build(recorded(page, web_ms=QUIET_MS + LATE_MS)))
    whole = ln(found["page"])
    assert ln(found["main-thread-work"]) == pytest.approx(whole * 10 / 30)
    assert ln(found["unseen-waits"]) == pytest.approx(whole * 20 / 30)
    assert ln(found["slower-runs"]) == pytest.approx(0.0, abs=1e-9)


def test_a_run_that_just_takes_longer_is_told_alone() -> None:
    page = PlantedPage(held=(piece("idle", 0.0),))
    found = parts(build(recorded(page, web_ms=150.0)))
    assert ln(found["slower-runs"]) == pytest.approx(math.log(1.5))
    assert found["slower-runs"].verdict == "costs"
    assert ln(found["unseen-waits"]) == pytest.approx(0.0, abs=1e-9)


def test_parts_add_up_to_the_page_whatever_the_noise() -> None:
    page = PlantedPage(
        late_ms=LATE_MS,
        run_queue_ms=5.0,
        held=(piece("TimerFire", 18.0, "a (page/a.js:1)"), piece("V8.GC_X", 6.0), piece("idle", 6.0)),
        inside=(piece("MajorGC", 2.0),),
        others=(MAIN, HELPER, DRAWING, TAB),
    )
    report = build(recorded(page, web_ms=QUIET_MS + LATE_MS + 9.0, noise=0.05))
    found = parts(report)
    whole = found.pop("page")
    assert sum(ln(row) for row in found.values()) == pytest.approx(ln(whole))
    assert whole.ms is not None
    assert sum(row.ms.point for row in found.values() if row.ms) == pytest.approx(whole.ms.point)


def test_without_a_trace_nobody_says_what_requests_wait_for() -> None:
    recording = recorded(PlantedPage(late_ms=LATE_MS, held=(piece("TimerFire", LATE_MS),)), web_ms=130.0)
    blind = replace(recording, entries=tuple(one for one in recording.entries if not isinstance(one, Trace)))
    assert set(parts(build(blind))) == {"page"}


def test_two_traced_passes_decide_nothing() -> None:
    timers = piece("TimerFire", LATE_MS, "burn (page/app.js:3)")
    recording = recorded(PlantedPage(late_ms=LATE_MS, held=(timers,)), web_ms=130.0)
    kept = tuple(one for one in recording.entries if not (isinstance(one, Trace) and one.round == 2))
    row = parts(build(replace(recording, entries=kept)))["main-thread-work"]
    assert row.verdict == "unclear"
    assert "2 so far; 3 decide" in row.why


def test_without_a_kernel_that_tells_the_trace_does_and_that_is_said() -> None:
    """A quarter of the run off the CPU, beside a tab and the page's main thread."""
    run = replace(piece("gapprof:run", 80.0), cpu_ms=60.0)
    page = PlantedPage(held=(piece("idle", 0.0),), inside=(run,))
    recording = recorded(page, web_ms=120.0)

    def without_a_kernel(entry: Entry) -> Entry:
        if isinstance(entry, Trace):
            return replace(entry, load=replace(entry.load, threads=(MAIN, TAB), told_by="trace"))
        if isinstance(entry, Trial):
            return replace(entry, load=replace(entry.load, threads=(), at_work_ms=None))
        return entry

    report = build(replace(recording, entries=tuple(map(without_a_kernel, recording.entries))))
    found = parts(report)
    whole, waited = ln(found["page"]), 120.0 / 4
    assert ln(found["other-tabs"]) == pytest.approx(whole * waited / 20.0 * 8 / 14)
    assert ln(found["main-thread-work"]) == pytest.approx(whole * waited / 20.0 * 6 / 14)
    assert any("by thread times of the trace" in one.text for one in found["slower-runs"].evidence)
    balance = next(check for check in report.checks if check.id == "scheduler-balance")
    assert balance.status == "unknown"
