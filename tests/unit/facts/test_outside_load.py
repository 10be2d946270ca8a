"""What requests lose to load from outside the browser is nobody's: it is told, and in no part of the page."""

import dataclasses
import math

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import PlantedPage
from gapprof.comparison.pairs import cause_pairs, residual_pair
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.facts.disturbance import UNCERTAIN_MS
from gapprof.facts.holding import holders
from gapprof.facts.outside_load import lost
from gapprof.facts.page_rungs import OUTSIDE
from gapprof.records.codec import encode_report
from gapprof.records.recording import Entry, Recording
from gapprof.records.report import CauseRow, Evidence, Report
from gapprof.records.settings import ASKING_WORKER, Settings
from gapprof.records.trial import ThreadUse, Trace, TraceSlice, Trial
from tests.truth.recorder import FULL, PACE
from tests.unit.facts.pages import IDLE, LATE_MS, QUIET_MS, TAB, ln, parts, piece, recorded

UNSURE_MS = UNCERTAIN_MS / PACE.requests
"""Of what programs outside used, by request: so much may be the counters' own."""
IN_WORKER = Settings(threads=2, page="busy", js_flags=("--user-flag",), where="worker")
ASKING = Settings(threads=2, page="busy", js_flags=("--user-flag",), where=ASKING_WORKER)


def contention(report: Report) -> CauseRow:
    return next(row for row in report.causes if row.id == "contention")


def rungs(report: Report) -> set[str]:
    return {row.id for row in report.rungs}


def outside_ln(report: Report) -> float:
    """ln of what load from outside adds to a request on the quiet page."""
    latency = {row.id: row.latency_ms for row in report.rungs}
    quiet, loaded = latency["web-paced"], latency[OUTSIDE]
    assert quiet is not None
    assert loaded is not None
    return math.log(loaded.point / quiet.point)


def held_by_programs() -> Recording:
    """A fifth more, all of it in waits for a core that programs outside the browser alone held."""
    return recorded(PlantedPage(run_queue_ms=20.0, outside_ms=40.0, held=IDLE), web_ms=120.0)


def test_waits_that_programs_outside_hold_are_no_part_of_the_page_and_no_contention() -> None:
    report = build(held_by_programs())
    found = parts(report)
    assert {row.id for row in found.values() if abs(ln(row)) > 1e-9} == set()
    assert found["page"].verdict == found["unseen-waits"].verdict == "unclear"
    assert contention(report).verdict == "unclear"
    assert outside_ln(report) == pytest.approx(math.log(1.2))
    assert report.residual.weights["web-paced"] == -report.residual.weights[OUTSIDE] == -1.0


def test_the_headline_and_what_to_change_are_silent_about_the_page_then() -> None:
    report = build(held_by_programs())
    assert "page" not in report.headline
    assert "1.2x is load from outside the browser" in report.headline.replace("1.20x", "1.2x")
    assert [action for action in report.actions if action.cause == "contention"] == []
    assert "load from outside the browser, 20.0 ms more of a request" in report.residual.why


def test_it_is_told_as_what_it_is() -> None:
    """The share and the ms are of kinds of their own: a value has one unit."""
    told = {one.kind: one for one in parts(build(held_by_programs()))["page"].evidence}
    assert told["outside"].value == pytest.approx(1.0)
    assert told["outside"].text == (
        "Programs outside the browser had 100 % of the CPU time that others than the model took."
    )
    assert told["outside-ms"].value == pytest.approx(20.0)
    assert told["outside-ms"].text == (
        "Load from outside the browser takes 20.0 ms more of a request than on the quiet page; that is not "
        "counted against the page."
    )


def test_the_page_keeps_what_others_of_the_browser_held() -> None:
    """A tab used 8 ms beside 12 ms of programs outside."""
    page = PlantedPage(run_queue_ms=20.0, outside_ms=12.0 + UNSURE_MS, held=IDLE, others=(TAB,))
    report = build(recorded(page, web_ms=120.0))
    found = parts(report)
    assert ln(found["other-tabs"]) == pytest.approx(math.log(1.2) * 8 / 20)
    assert ln(found["page"]) == pytest.approx(math.log(1.2) * 8 / 20)
    assert outside_ln(report) == pytest.approx(math.log(1.2) * 12 / 20)


def test_load_that_both_pages_see_alike_cancels() -> None:
    """A quarter of a request on either side: the page's own 30 ms are all of its step."""
    timers = (piece("TimerFire", LATE_MS, "burn (page/app.js:3)"),)
    loaded = PlantedPage(run_queue_ms=25.0, outside_ms=50.0, late_ms=LATE_MS, held=timers)
    quiet = PlantedPage(run_queue_ms=25.0, outside_ms=50.0, held=IDLE)
    report = build(recorded(loaded, web_ms=QUIET_MS + LATE_MS, quiet=quiet))
    found = parts(report)
    assert ln(found["page"]) == pytest.approx(math.log(1.3))
    assert ln(found["main-thread-work"]) == pytest.approx(math.log(1.3))


def test_load_on_the_quiet_page_alone_does_not_excuse_the_page() -> None:
    """Both take as long, but the quiet page lost 20 ms of it to programs outside: the page costs them."""
    quiet = PlantedPage(run_queue_ms=20.0, outside_ms=40.0, held=IDLE)
    report = build(recorded(PlantedPage(held=IDLE), web_ms=QUIET_MS, quiet=quiet))
    assert ln(parts(report)["page"]) == pytest.approx(20.0 / QUIET_MS)
    assert outside_ln(report) == pytest.approx(-20.0 / QUIET_MS)
    assert "20.0 ms less of a request" in report.residual.why


def test_what_a_hypervisor_takes_is_no_run_that_takes_longer() -> None:
    """A seventh of the time in which anybody should have run."""
    report = build(recorded(PlantedPage(stolen_ms=20.0 + UNSURE_MS, held=IDLE), web_ms=120.0))
    found = parts(report)
    stolen_ms = 120.0 * 20.0 / (120.0 + 20.0 + UNSURE_MS)
    assert outside_ln(report) == pytest.approx(math.log(1.2) * stolen_ms / 20.0)
    assert ln(found["slower-runs"]) == pytest.approx(math.log(1.2) * (1 - stolen_ms / 20.0))
    (told,) = (one for one in found["page"].evidence if one.kind == "stolen")
    assert told.value == pytest.approx(stolen_ms / 120.0)
    assert told.text.startswith("A hypervisor gave")


def test_a_helper_that_waits_for_programs_outside_makes_a_run_no_slower_of_the_pages() -> None:
    helper = ThreadUse(
        process="renderer", thread="DedicatedWorker", cpu_ms=80.0, run_queue_ms=20.0, role="pool"
    )
    page = PlantedPage(outside_ms=40.0, held=IDLE, others=(helper,))
    report = build(recorded(page, web_ms=120.0))
    assert {row.id for row in parts(report).values() if abs(ln(row)) > 1e-9} == set()
    assert outside_ln(report) == pytest.approx(math.log(1.2))


def main_thread(cpu_ms: float, run_queue_ms: float) -> ThreadUse:
    return ThreadUse(
        process="renderer", thread="chrome", cpu_ms=cpu_ms, run_queue_ms=run_queue_ms, role="main"
    )


def told_of_requests(report: Report) -> list[Evidence]:
    """In a worker: what its runs take, and for how much longer requests wait."""
    return [one for one in parts(report)["page"].evidence if one.kind == "requests"]


def held_late(timers: TraceSlice, settings: Settings) -> Report:
    """A third of what the page's main thread is at is waiting for cores; the model's thread used 100 ms."""
    page = PlantedPage(
        late_ms=LATE_MS, outside_ms=QUIET_MS + UNSURE_MS, held=(timers,), others=(main_thread(40.0, 20.0),)
    )
    return build(recorded(page, web_ms=QUIET_MS + LATE_MS, settings=settings))


def test_a_main_thread_that_asks_late_because_it_waits_for_cores_is_late_for_those_who_held_them() -> None:
    timers = piece("TimerFire", LATE_MS, "burn (page/app.js:3)")
    report = held_late(timers, IN_WORKER)
    found = parts(report)
    held = 20 / 60 * 1 / 2
    assert told_of_requests(report)[-1].value == pytest.approx(LATE_MS * (1 - held))
    assert outside_ln(report) == pytest.approx(math.log(1.3) * held)
    assert ln(found["main-thread-work"]) == pytest.approx(math.log(1.3) * (1 - held))
    assert ln(found["unseen-waits"]) == pytest.approx(0.0, abs=1e-9)


def test_a_worker_that_asks_by_itself_does_not_wait_for_the_main_thread() -> None:
    assert OUTSIDE not in rungs(held_late(piece("TimerFire", LATE_MS), ASKING))


def test_without_load_beyond_what_the_counters_are_unsure_of_the_report_is_as_without_any() -> None:
    clean = PlantedPage(run_queue_ms=20.0, held=IDLE, others=(TAB,))
    little = dataclasses.replace(clean, outside_ms=UNSURE_MS - 0.1)
    found, without = (build(recorded(page, web_ms=120.0)) for page in (little, clean))
    assert OUTSIDE not in rungs(found)
    assert encode_report(replace(found, checks=())) == encode_report(replace(without, checks=()))


def test_the_page_of_a_run_with_such_load_compares_with_one_without() -> None:
    """Every step is the same, wherever the page's begins; none of this comes from separate passes."""
    clean = build(recorded(PlantedPage(held=IDLE), web_ms=110.0, noise=0.01))
    loaded = build(held_by_programs())
    (pair,) = (one for one in cause_pairs(clean, loaded) if one.id == "contention")
    assert (pair.why, [child.why for child in pair.children]) == ("", ["", ""])
    left, unloaded = residual_pair(clean, loaded), residual_pair(clean, clean)
    assert (left.why, left.passes) == (unloaded.why, unloaded.passes)


def test_the_whole_page_is_told_apart_without_a_trace_as_well() -> None:
    recording = held_by_programs()
    untraced = replace(
        recording, entries=tuple(one for one in recording.entries if not isinstance(one, Trace))
    )
    found = parts(build(untraced))
    assert set(found) == {"page"}
    assert ln(found["page"]) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("settings", [FULL, IN_WORKER, ASKING], ids=lambda one: one.where)
def test_wherever_the_model_runs(settings: Settings) -> None:
    page = PlantedPage(run_queue_ms=20.0, outside_ms=40.0, held=IDLE)
    report = build(recorded(page, web_ms=120.0, settings=settings))
    assert ln(parts(report)["page"]) == pytest.approx(0.0, abs=1e-9)


def test_what_helpers_wait_for_between_runs_makes_no_run_longer() -> None:
    """They look out for work in all of a request's 240 ms, and half of their waits are not in its run."""
    helper = ThreadUse(
        process="renderer", thread="DedicatedWorker", cpu_ms=200.0, run_queue_ms=40.0, role="pool"
    )
    page = PlantedPage(outside_ms=40.0, held=IDLE, others=(helper,))
    report = build(recorded(page, web_ms=120.0))
    assert outside_ln(report) == pytest.approx(math.log(1.2))


def test_runs_in_a_worker_are_not_said_to_be_slowed_by_a_page_for_what_programs_outside_took() -> None:
    page = PlantedPage(run_queue_ms=20.0, outside_ms=40.0, held=IDLE)
    (runs,) = told_of_requests(build(recorded(page, web_ms=120.0, settings=IN_WORKER)))
    assert runs.value == pytest.approx(1.0)


def run_of_model(wall_ms: float, cpu_ms: float) -> TraceSlice:
    return replace(piece("FunctionCall", wall_ms), cpu_ms=cpu_ms)


def test_a_trace_of_the_page_alone_makes_no_more_waits_than_the_kernel_told_on_both_pages() -> None:
    """Traced runs have a core in half of their time, and the quiet page is never traced."""
    quiet = PlantedPage(run_queue_ms=20.0, outside_ms=60.0, held=IDLE)
    page = dataclasses.replace(quiet, inside=(run_of_model(100.0, 50.0),))
    report = build(recorded(page, web_ms=QUIET_MS, quiet=quiet))
    assert OUTSIDE not in rungs(report)
    assert ln(parts(report)["page"]) == pytest.approx(0.0, abs=1e-9)


def test_what_a_trace_tells_of_waits_beyond_the_kernel_is_no_tab_s_unless_tabs_held_cores() -> None:
    """The kernel told 20 ms of waits and the trace 60; tabs used a tenth of what the model did not."""
    page = PlantedPage(
        run_queue_ms=20.0,
        outside_ms=9 * TAB.cpu_ms + UNSURE_MS,
        held=IDLE,
        inside=(run_of_model(120.0, 60.0),),
        others=(TAB,),
    )
    found = parts(build(recorded(page, web_ms=120.0)))
    assert ln(found["page"]) == pytest.approx(math.log(1.2) * 2 / 20)
    assert ln(found["other-tabs"]) == pytest.approx(math.log(1.2) * 6 / 20)
    assert ln(found["slower-runs"]) == pytest.approx(math.log(1.2) * -40 / 20)


@pytest.mark.parametrize("more_ms", [0.1, 0.5 * UNSURE_MS])
def test_what_the_counters_could_be_unsure_of_makes_no_step_of_the_ladder(more_ms: float) -> None:
    """Beyond doubt there was load, but what it took of a request nobody can tell from nothing."""
    clean = PlantedPage(run_queue_ms=20.0, held=IDLE, others=(TAB,))
    little = dataclasses.replace(clean, outside_ms=UNSURE_MS + more_ms)
    found, without = (build(recorded(page, web_ms=120.0)) for page in (little, clean))
    assert rungs(found) == rungs(without)
    assert found.residual == without.residual
    assert contention(found).factor == contention(without).factor


def test_a_share_that_takes_too_little_to_tell_is_told_as_that() -> None:
    page = PlantedPage(run_queue_ms=20.0, outside_ms=1.5 * UNSURE_MS, held=IDLE, others=(TAB,))
    told = {one.kind: one for one in parts(build(recorded(page, web_ms=120.0)))["page"].evidence}
    assert told["outside"].text.endswith("beyond the quiet page is too little to tell.")
    assert "outside-ms" not in told


def untold(recording: Recording, *, visits: int) -> Recording:
    """The same, and so many more visits of the page in each round, of whose threads nobody could tell any."""

    def more(entry: Entry) -> tuple[Entry, ...]:
        if not isinstance(entry, Trial) or entry.rung != "web":
            return (entry,)
        unknown = replace(entry, load=replace(entry.load, threads=(), at_work_ms=None))
        return (entry, *(replace(unknown, visit=entry.visit + 1 + number) for number in range(visits)))

    return replace(recording, entries=tuple(one for entry in recording.entries for one in more(entry)))


def test_a_visit_of_whose_threads_nobody_tells_says_nothing_of_who_held_the_cores() -> None:
    """Programs outside would be all that is known of it, and hold everything."""
    recording = recorded(
        PlantedPage(run_queue_ms=20.0, outside_ms=12.0 + UNSURE_MS, held=IDLE, others=(TAB,)), web_ms=120.0
    )
    told, beside = Case(recording), Case(untold(recording, visits=1))
    assert holders(beside, "web") == holders(told, "web")
    assert {number: one.ms for number, one in lost(beside, "web").items()} == pytest.approx(
        {number: one.ms for number, one in lost(told, "web").items()}
    )
    nobody = replace(
        recording,
        entries=tuple(
            replace(one, load=replace(one.load, threads=(), at_work_ms=None))
            if isinstance(one, Trial)
            else one
            for one in recording.entries
        ),
    )
    assert holders(Case(nobody), "web") == {}
