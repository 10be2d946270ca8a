"""Checks that must hold before a number counts: what strikes it, and what refuses it."""

import re
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.errors import ExitCode
from gapprof.explain.report import build
from gapprof.pipeline import analysed
from gapprof.records.recording import Recording
from gapprof.records.trial import OutputCheck, Trial
from tests.scenarios.reading import check, report, text
from tests.truth.recorder import record


def test_s23_an_open_debugger_strikes_the_number() -> None:
    recording = changed(lambda trial: replace(trial, seen=replace(trial.seen, debugger_domain=True)))
    found = build(recording)
    assert (found.status, check(found, "debugger").status) == ("unreliable", "fail")
    assert "UNRELIABLE" in text(found)
    assert check(found, "debugger").text in text(found)


def test_check_1_a_variant_with_other_outputs_proves_nothing() -> None:
    recording = record(Machine(), rounds=4, outputs=(wrong("web-worker"), wrong("web-paced")))
    outcome = analysed(recording)
    assert (outcome.report.status, outcome.code) == ("outputs-differ", ExitCode.OUTPUTS_DIFFER)
    assert "Outputs differ, so the times do not compare" in text(outcome.report)


def test_check_2_what_was_really_served_is_compared() -> None:
    recording = changed(
        lambda trial: (
            replace(trial, seen=replace(trial.seen, wasm_sha256="another"))
            if trial.rung == "web-graph"
            else trial
        )
    )
    found = build(recording)
    assert check(found, "wasm-served").status == "fail"
    assert f"UNRELIABLE: {check(found, 'wasm-served').text}" in text(found)


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


def changed(change: Callable[[Trial], Trial]) -> Recording:
    recording = record(Machine(), rounds=4)
    entries = tuple(change(one) if isinstance(one, Trial) else one for one in recording.entries)
    return replace(recording, entries=entries)


def wrong(rung: str) -> OutputCheck:
    return OutputCheck(
        rung=rung,
        reference="native-128",
        output="y",
        dtype="float32",
        elements=10,
        same_shape=True,
        same_nan_positions=True,
        nan_count=0,
        max_abs_difference=1.0,
        max_abs_reference=1.0,
        exact=False,
    )
