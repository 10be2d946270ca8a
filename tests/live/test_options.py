"""What each option of `explain` does is in the report, under the right cause: by what its own trials say.

By how much, and even that it costs at all, one machine at one moment decides: machines by the dozen have that
(tests/truth), and recordings of real ones (tests/scenarios).
"""

import hashlib
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from gapprof import Report
from gapprof.assets import web_dist
from gapprof.facts.case import Case
from gapprof.facts.steps import before_the_page
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow
from gapprof.records.trial import OutputCheck, Profile, Trial
from gapprof.records.twins import TwinTrial
from tests.live import burning
from tests.live.closing import assert_closes
from tests.live.conftest import Recorded
from tests.live.joins import assert_reads, times
from tests.live.rounds import ROUNDS

EITHER = pytest.mark.parametrize("name", ["deployed", pytest.param("seen", marks=pytest.mark.long)])


def cause(report: Report, name: str) -> CauseRow:
    return next(row for row in report.causes if row.id == name)


def child(report: Report, name: str, part: str) -> CauseRow:
    return next(row for row in cause(report, name).children if row.id.endswith(part))


@pytest.fixture
def recording(deployed: Report, recorded: Recorded) -> Recording:
    return recorded(deployed)


def test_baseline_tier_flags_are_the_runtimes(deployed: Report, recording: Recording) -> None:
    """Browsers above that rung have them, none below."""
    row = child(deployed, "runtime", "flags")
    assert_reads(row, recording, "web-worker", "web-flags")
    assert any("--liftoff-only" in one.text for one in row.evidence)
    assert any(check.kind == "subject" and "liftoff" in check.text for check in deployed.checks)
    given = {
        trial.rung: [word for word in trial.seen.command_line if word.startswith("--js-flags")]
        for trial in recording.of(Trial)
        if trial.rung.startswith("web") and trial.round >= 0
    }
    assert given.pop("web-worker") == []
    assert given.keys() >= {"web-flags", "web-graph", "web-paced", "web", "web-isolated"}
    both = ["--js-flags=--liftoff-only --no-wasm-stack-checks"]
    assert list(given.values()) == [both] * len(given), "those of --js-flags and those of --browser-arg"
    assert any(check.id == "flags" and check.status == "pass" for check in deployed.checks), "V8 knows them"


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
def test_twins_and_the_model_are_seen_in_the_same_rounds(twinned: Report, recorded: Recorded) -> None:
    """As few as have an interval: a budget of a second was spent long ago."""
    found = recorded(twinned)
    timed = {trial.round for trial in found.of(TwinTrial) if trial.round >= 0}
    assert len(timed) == ROUNDS
    for rung in ("native-128", "web-worker"):
        assert timed <= {one.round for one in found.of(Profile) if one.rung == rung}


def test_a_worker_has_no_main_thread_to_wait_for(deployed: Report) -> None:
    assert deployed.settings.where == "worker"
    assert child(deployed, "contention", "main-thread").verdict == "not-applicable"


def test_real_inputs_are_what_both_sides_ran_on(deployed: Report, recording: Recording, model: Path) -> None:
    """The model's answer to them, computed here, is the one that the browser's answers agreed with."""
    assert deployed.settings.inputs is not None
    with np.load(model.with_name("inputs.npz")) as given:
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        (answer,) = session.run(None, dict(given))
    checks = list(recording.of(OutputCheck))
    assert {check.rung for check in checks} >= {"web-worker"}
    for check in checks:
        assert check.max_abs_reference == pytest.approx(float(np.abs(answer).max()), rel=1e-3)
        assert check.max_abs_difference <= 1e-3 * check.max_abs_reference


def test_a_planted_timer_is_named_with_its_time(deployed: Report, recording: Recording) -> None:
    burning.assert_its_timer_is_named(deployed, recording)


def test_a_busy_page_of_the_users_makes_requests_late(deployed: Report, recording: Recording) -> None:
    assert_reads(child(deployed, "contention", "page"), recording, before_the_page(Case(recording)), "web")
    burning.assert_requests_wait_for_it(recording)


def test_missing_isolation_is_named_under_threads(deployed: Report, recording: Recording) -> None:
    """That two threads are faster than one is nothing that a machine with other work would show."""
    row = cause(deployed, "threads")
    assert_reads(row, recording, "native", "native-threads")
    assert {one.seen.threads for one in recording.of(Trial) if one.rung in ("native-threads", "web")} == {1}
    assert (deployed.settings.threads, deployed.settings.isolation) == (2, False)
    assert "isolat" in " ".join([row.advice, *(one.text for one in row.evidence)])
    assert any(check.kind == "subject" and "isolat" in check.text for check in deployed.checks)


def test_what_the_headers_would_bring_is_measured(deployed: Report, recording: Recording) -> None:
    """Both threads, and by how much the page is faster then, or slower."""
    evidence = cause(deployed, "threads").evidence
    (gain,) = (one for one in evidence if one.text.startswith("With the headers"))
    assert gain.value == pytest.approx(times(recording, "web-isolated", "web"))
    assert {one.seen.threads for one in recording.of(Trial) if one.rung == "web-isolated"} == {2}


def test_a_build_of_ones_own_is_served_and_said(
    deployed: Report, recording: Recording, own_build: Path
) -> None:
    assert any("--web-dist" in text for text in deployed.warnings)
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
    assert 0 < inside.joined <= 1
    hottest = inside.functions[0]
    assert hottest.calls >= 1
    assert 0 < sum(hottest.operators.values()) <= 1 + 1e-9
    assert hottest.operators.keys() & {"Conv", "FusedConv"}
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
