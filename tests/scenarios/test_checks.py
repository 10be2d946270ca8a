"""Checks that must hold before a number counts: what strikes it, and what refuses it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.errors import ExitCode
from gapprof.explain.report import build
from gapprof.native.profile_file import ProfileError, runs_of
from gapprof.pipeline import analysed
from gapprof.records.recording import Recording
from gapprof.records.trial import Failure, OutputCheck, Profile, Trial
from tests.scenarios.reading import check, text
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


def test_check_5_a_profile_that_stopped_at_the_event_cap_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "profile.json"
    file.write_text("[\n]\n")
    with pytest.raises(ProfileError, match="buffer is full"):
        runs_of(file, made=3, wanted=3)


def test_check_5_a_report_without_that_profile_says_why_operators_are_missing() -> None:
    message = "the profile holds 2 runs, 3 were made; the profiler's buffer is full"
    recording = record(Machine(), rounds=4)
    entries = tuple(
        Failure(
            rung=one.rung,
            round=one.round,
            started_s=one.started_s,
            ended_s=one.ended_s,
            phase="stop",
            kind="environment",
            message=message,
        )
        if isinstance(one, Profile) and one.rung == "native-extended"
        else one
        for one in recording.entries
    )
    found = build(replace(recording, entries=entries))
    assert found.operators == ()
    assert f"failed 3 times (stop): {message}" in text(found)


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
