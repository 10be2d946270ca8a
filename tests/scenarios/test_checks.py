"""Checks that must hold before a number counts: what strikes it, and what refuses it.

Each reads a run that was recorded. Where the run itself is sound, what it recorded elsewhere takes the place
of what the check looks at, and nothing is made up.
"""

import re
from functools import cache
from statistics import fmean

import pytest
from msgspec.structs import replace

from gapprof.errors import ExitCode
from gapprof.explain.report import build
from gapprof.facts.adapters import SOFTWARE_SENTENCE
from gapprof.facts.contention import DEPLOYED
from gapprof.pipeline import analysed
from gapprof.recordings import read_run
from gapprof.records.recording import Recording
from gapprof.records.trial import Trace, Trial
from tests.scenarios.reading import REPORTS, cause, check, child, report, text, told

DEBUGGED, SWAPPED, READING_BACK = "every-rung", "scalar-build", "reading-back"
WITHOUT, WITH = "web-scalar", "web-simd-118"
"""Rungs that were served onnxruntime-web 1.18 as it is: its scalar file, and its file with SIMD."""


@cache
def recording(name: str) -> Recording:
    return read_run(REPORTS / "scenarios" / f"{name}.jsonl")


def trials(name: str, rung: str) -> list[Trial]:
    return [one for one in recording(name).of(Trial) if one.rung == rung and not one.struck]


def test_s23_what_an_open_debugger_costs_is_measured_and_strikes_nothing_else() -> None:
    found = report(f"scenarios/{DEBUGGED}")
    cost = told(cause(found, "runtime"), "An open DevTools, by its debugger, would cost")
    assert cost.value is not None
    assert cost.value > 1.5
    assert cost.text in text(found)
    debugger = check(found, "debugger")
    assert debugger.status == "pass"
    assert debugger.text == "the Debugger domain was off, but for web-debugged, which is about it"
    for rung, on in (("web-debugged", True), ("web-worker", False)):
        assert {one.seen.debugger_domain for one in trials(DEBUGGED, rung)} == {on}


def test_s23_visits_under_a_debugger_strike_the_number_that_they_are_taken_for() -> None:
    """The same worker, page and file; what a run of gapprof's with a debugger on would have recorded."""
    found = recording(DEBUGGED)
    debugged = {one.round: one for one in trials(DEBUGGED, "web-debugged")}
    spoilt = replace(
        found,
        entries=tuple(
            replace(debugged[one.round], rung="web-worker")
            if isinstance(one, Trial) and one.rung == "web-worker" and one.round in debugged
            else one
            for one in found.entries
        ),
    )
    spoilt_report = build(spoilt)
    told_of_it = check(spoilt_report, "debugger")
    assert (spoilt_report.status, told_of_it.status) == ("unreliable", "fail")
    assert told_of_it.text.startswith("web-worker: the Debugger domain was on, with which wasm is slower")
    assert f"UNRELIABLE: {told_of_it.text}" in text(spoilt_report)


def test_check_1_a_variant_with_other_outputs_proves_nothing() -> None:
    """A page whose sine is a cosine: its times were measured, and no cause is told to cost anything."""
    outcome = analysed(recording("gpu-wrong"))
    found = outcome.report
    assert (found.status, outcome.code) == ("outputs-differ", ExitCode.OUTPUTS_DIFFER)
    assert check(found, "outputs").status == "fail"
    assert trials("gpu-wrong", "web-paced")
    assert "Outputs differ, so the times do not compare" in text(found)
    assert "slower in the browser" not in found.headline
    assert found.actions == ()


def test_check_2_a_file_that_is_called_simd_and_has_none_is_read_off_its_bytes() -> None:
    """As where a path led to the scalar file: the name that was asked for says nothing."""
    served, scalar, vectors = (trials(SWAPPED, rung)[0].seen for rung in ("web-worker", WITHOUT, WITH))
    assert served.wasm_file == vectors.wasm_file == "ort-wasm-simd.wasm"
    assert (served.wasm_simd, vectors.wasm_simd) == (False, True)
    assert served.wasm_sha256 == scalar.wasm_sha256 != vectors.wasm_sha256
    found = report(f"scenarios/{SWAPPED}")
    assert served.wasm_sha256 is not None
    assert served.wasm_sha256.startswith(found.versions["wasm"])
    row = child(found, "simd", "scalar-build")
    assert (row.title, row.verdict) == ("The served wasm has no SIMD at all", "costs")
    assert row.title in text(found)


@pytest.mark.parametrize("rung", ["web-graph", "web-main"])
def test_check_2_another_file_under_the_same_name_is_found(rung: str) -> None:
    """What that run's own rung with SIMD was served takes the place of what this rung was."""
    found, other = recording(SWAPPED), trials(SWAPPED, WITH)[0].seen
    swapped = replace(
        found,
        entries=tuple(
            replace(
                one,
                seen=replace(
                    one.seen,
                    wasm_file=other.wasm_file,
                    wasm_sha256=other.wasm_sha256,
                    wasm_simd=other.wasm_simd,
                ),
            )
            if isinstance(one, Trial) and one.rung == rung
            else one
            for one in found.entries
        ),
    )
    told_of_it = check(build(swapped), "wasm-served")
    assert told_of_it.status == "fail"
    assert told_of_it.text.startswith(f"{rung}: it was served another wasm file than the other rungs")
    assert f"UNRELIABLE: {told_of_it.text}" in text(build(swapped))
    assert check(report(f"scenarios/{SWAPPED}"), "wasm-served").status == "pass"


def test_check_2_a_build_that_has_a_file_of_its_own_for_threads_is_one_build() -> None:
    name = "verify-build"
    files = {(one.seen.threads > 1, one.seen.wasm_file) for one in trials(name, "web-worker")}
    files |= {(one.seen.threads > 1, one.seen.wasm_file) for one in trials(name, "web-threads")}
    assert files == {(False, "ort-wasm-simd.wasm"), (True, "ort-wasm-simd-threaded.wasm")}
    found = report(f"scenarios/{name}")
    served = check(found, "wasm-served")
    assert (found.status, served.status) == ("ok", "pass")
    assert all(file in served.text for _, file in files if file)


def test_check_3_a_hidden_read_back_is_named_with_what_it_takes_of_the_main_thread() -> None:
    found = report(f"scenarios/{READING_BACK}")
    contention = cause(found, "contention")
    page = child(found, "contention", "page")
    work = next(one for one in page.children if one.id == "main-thread-work")
    assert {contention.verdict, page.verdict, work.verdict} == {"costs"}
    read = told(contention, "GLES2::ReadPixels drawMask (page/readback.html:")
    assert read.value is not None
    assert read.value > 100, "ms per second of the page's main thread"
    assert "of the page’s main thread, reading pixels back from the GPU (" in read.text
    assert f"of it on a core, the rest a wait; {SOFTWARE_SENTENCE})." in read.text
    waited = told(work, "While a request waits, the page's main thread is at: ")
    assert re.search(r"is at: \S+ ms reading pixels back from the GPU[,.]", waited.text), "that most of all"
    assert told(work, "of it per request in drawMask (page/readback.html:").value
    actions = [one.text for one in found.actions if one.cause == "contention"]
    assert any(text.startswith("Read pixels back from the GPU less often") for text in actions)
    assert read.text in text(found)


def test_check_3_a_read_back_is_a_wait_of_more_than_10_ms_and_no_work() -> None:
    reads = [
        piece
        for trace in recording(READING_BACK).of(Trace)
        if trace.rung == DEPLOYED
        for piece in trace.slices
        if piece.name == "GLES2::ReadPixels"
    ]
    assert len(reads) >= 3, "one of each traced pass"
    assert fmean(piece.wall_ms / piece.count for piece in reads) > 10
    for piece in reads:
        assert piece.cpu_ms is not None
        assert piece.cpu_ms < 0.1 * piece.wall_ms


@pytest.mark.parametrize("rung", ["Native, common graph", "Native at 128 bits, common graph"])
def test_check_5_a_profile_that_stopped_at_the_event_cap_is_refused_with_the_reason(rung: str) -> None:
    shown = text(report("scenarios/capped-profile"))
    found = re.search(
        rf"{rung}\W+ failed once \(stop\): the profile holds (\d+) runs, (\d+) were made", shown
    )
    assert found is not None
    held, made = map(int, found.groups())
    assert 0 < held < made
    assert f"{found[0]}; the profiler's buffer is full" in shown


def test_check_5_without_that_profile_there_are_no_operators_and_the_rest_stands() -> None:
    """A page that prints so much may be at its deadline before it can say how many runs were left."""
    found = report("scenarios/capped-profile")
    shown = text(found)
    assert re.search(
        r"In the browser: worker of a quiet page, common graph\W+ failed once \(timed\): ", shown
    )
    assert found.operators == ()
    assert found.gap.ratio is not None
    assert {row.id for row in found.causes if row.factor} >= {"threads", "simd"}
