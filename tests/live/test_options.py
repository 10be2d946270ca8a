"""What each option of `explain` does is in the report, under the right cause. Structure and sign only."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from gapprof import Report
from gapprof.assets import web_dist
from gapprof.measure.spending import FEWEST_ROUNDS
from gapprof.records.codec import decode_recording
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow, Evidence
from gapprof.records.trial import OutputCheck, Profile, Trial
from gapprof.records.twins import TwinTrial
from tests.live.closing import assert_closes
from tests.live.conftest import BURN_MS, EVERY_MS

EITHER = pytest.mark.parametrize("name", ["deployed", pytest.param("seen", marks=pytest.mark.long)])


def cause(report: Report, name: str) -> CauseRow:
    return next(row for row in report.causes if row.id == name)


def child(report: Report, name: str, part: str) -> CauseRow:
    return next(row for row in cause(report, name).children if row.id.endswith(part))


def burner(report: Report) -> Evidence:
    traces = [one for one in cause(report, "contention").evidence if one.kind == "trace"]
    return next(one for one in traces if "burnHalfTheTime" in one.text)


def rung_ms(report: Report, rung: str) -> float:
    row = next(row for row in report.rungs if row.id == rung)
    if row.alias_of:
        return rung_ms(report, row.alias_of)
    assert row.latency_ms is not None, row.refusal
    return row.latency_ms.point


def test_baseline_tier_flags_are_the_runtimes(deployed: Report) -> None:
    row = child(deployed, "runtime", "flags")
    assert row.factor is not None
    assert row.factor.point > 1
    assert rung_ms(deployed, "web-flags") > rung_ms(deployed, "web-worker")
    assert any(check.kind == "subject" and "liftoff" in check.text for check in deployed.checks)


@pytest.mark.long
def test_twins_tell_the_engine_from_the_library(twinned: Report) -> None:
    for of, part in (("runtime", "engine"), ("library", "kernels")):
        row = child(twinned, of, part)
        assert row.factor is not None
        assert row.factor.low < row.factor.high
    assert "--twins" not in twinned.residual.why
    assert {"native-128-avx", "web-engine", "web-library"} <= {row.id for row in twinned.rungs}
    assert all("runtime" in row.causes for row in twinned.operators if row.op_type.endswith("Conv"))


@pytest.mark.long
def test_twins_and_the_model_are_seen_in_the_same_rounds(
    twinned: Report, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As few as have an interval: a budget of a second was spent long ago."""
    assert twinned.settings.twins
    told = [one for one in recordings(tmp_path_factory) if one.begin.settings.twins]
    for recording in told:
        timed = {trial.round for trial in recording.of(TwinTrial) if trial.round >= 0}
        assert len(timed) == FEWEST_ROUNDS
        for rung in ("native-128", "web-worker"):
            assert timed <= {one.round for one in recording.of(Profile) if one.rung == rung}


def test_a_worker_has_no_main_thread_to_wait_for(deployed: Report) -> None:
    assert deployed.settings.where == "worker"
    assert child(deployed, "contention", "main-thread").verdict == "not-applicable"


def test_real_inputs_are_what_both_sides_ran_on(
    deployed: Report, model: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The model's answer to them, computed here, is the one that the browser's answers agreed with."""
    assert deployed.settings.inputs is not None
    with np.load(model.with_name("inputs.npz")) as given:
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        (answer,) = session.run(None, dict(given))
    (recording,) = recordings_with(tmp_path_factory, inputs=deployed.settings.inputs)
    checks = list(recording.of(OutputCheck))
    assert {check.rung for check in checks} >= {"web-worker"}
    for check in checks:
        assert check.max_abs_reference == pytest.approx(float(np.abs(answer).max()), rel=1e-3)
        assert check.max_abs_difference <= 1e-3 * check.max_abs_reference


def recordings_with(tmp_path_factory: pytest.TempPathFactory, *, inputs: str | None) -> list[Recording]:
    """Those that were made with these inputs."""
    return [one for one in recordings(tmp_path_factory) if one.begin.settings.inputs == inputs]


def recordings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    for path in tmp_path_factory.getbasetemp().glob("recording[0-9]*/recording.jsonl"):
        with path.open("rb") as lines:
            yield decode_recording(lines, source=path.name)


def test_a_planted_timer_is_named_with_its_time(deployed: Report) -> None:
    found = burner(deployed)
    assert found.value == pytest.approx(1000 * BURN_MS / EVERY_MS, rel=0.1)


def test_a_busy_page_of_the_users_makes_requests_late(deployed: Report) -> None:
    row = child(deployed, "contention", "page")
    assert row.factor is not None
    assert row.factor.point > 1
    assert rung_ms(deployed, "web") > rung_ms(deployed, "web-paced")


def test_missing_isolation_is_named_under_threads(deployed: Report) -> None:
    row = cause(deployed, "threads")
    assert row.factor is not None
    assert (deployed.settings.threads, deployed.settings.isolation) == (2, False)
    assert "isolat" in " ".join([row.advice, *(one.text for one in row.evidence)])
    assert any(check.kind == "subject" and "isolat" in check.text for check in deployed.checks)


def test_what_the_headers_would_bring_is_measured(deployed: Report) -> None:
    assert rung_ms(deployed, "web-isolated") > 0
    assert any(one.text.startswith("With the headers") for one in cause(deployed, "threads").evidence)


def test_missing_isolation_costs_threads(unthreaded: Report) -> None:
    row = cause(unthreaded, "threads")
    assert row.factor is not None
    assert row.factor.point > 1


def test_a_build_of_ones_own_is_served_and_said(
    deployed: Report, own_build: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert rung_ms(deployed, "web-worker") > 0
    assert any("--web-dist" in text for text in deployed.warnings)
    (recording,) = recordings_with(tmp_path_factory, inputs=deployed.settings.inputs)
    trials = [trial for trial in recording.of(Trial) if trial.rung.startswith("web")]
    (file,) = {trial.seen.wasm_file for trial in trials}
    assert file is not None
    digest = hashlib.sha256((own_build / file).read_bytes()).hexdigest()
    assert {trial.seen.wasm_sha256 for trial in trials} == {digest}
    assert digest != hashlib.sha256((web_dist(None) / file).read_bytes()).hexdigest()


@pytest.mark.long
def test_a_build_of_ones_own_is_looked_into(seen: Report, own_build: Path) -> None:
    inside = seen.inside
    assert inside is not None, seen.warnings
    assert inside.sha256 == hashlib.sha256((own_build / inside.file).read_bytes()).hexdigest()
    assert inside.vector_instructions > 0
    assert inside.same_outputs is True
    assert inside.overhead is not None
    assert inside.overhead.low < inside.overhead.high
    assert inside.joined is not None
    assert inside.joined >= 0.9
    hottest = inside.functions[0]
    assert hottest.calls >= 1
    assert sum(hottest.operators.values()) == pytest.approx(1.0, abs=0.1)
    assert max(hottest.operators, key=lambda name: hottest.operators[name]) in ("Conv", "FusedConv")
    library = [one.text for one in cause(seen, "library").evidence if one.kind == "inside"]
    assert any(f"function {hottest.function} of the wasm" in text for text in library)


@EITHER
def test_every_report_closes(name: str, request: pytest.FixtureRequest) -> None:
    assert_closes(request.getfixturevalue(name))


@EITHER
def test_nodes_join_by_name_without_loss(name: str, request: pytest.FixtureRequest) -> None:
    report: Report = request.getfixturevalue(name)
    assert report.overhead["node_join_share"] == 1.0
    assert any("conv0" in row.name for row in report.operators)
