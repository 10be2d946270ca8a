"""As typed: models that one side alone can run, its report, no ratio, the reason; and what neither can."""

import io
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from gapprof import analyze, cli
from gapprof.errors import ExitCode
from gapprof.recordings import read_recording
from gapprof.records.codec import encode_report
from gapprof.records.report import Report, RungRow
from gapprof.records.trial import Failure
from gapprof.reports import read_report
from tests.live.rounds import ROUNDS, few_rounds, pared_down
from tests.unit.subject.drawing import drawn, saved

SAVE_OPTIMISED = """
import sys, onnxruntime
options = onnxruntime.SessionOptions()
options.optimized_model_filepath = sys.argv[2]
onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
"""
NATIVE_LAYOUT = "com.microsoft.nchwc"
DEATH = "node 'squash' (QLinearSigmoid): the native worker was killed by SIGABRT: Assertion"

Run = Callable[..., "Typed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """How a command ended, and what it handed out."""

    code: ExitCode
    shown: str
    """On stdout, as one line."""
    told: tuple[str, ...]
    """Lines on stderr."""
    report: Report
    recording: Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Measure in one round, or in as many as have an interval, and profile nothing: no claim is about single
    nodes. `analyze` must come to the same.
    """

    def measured(model: Path, *, rounds: int = 1) -> Typed:
        folder = tmp_path_factory.mktemp("one-side")
        path, written = folder / "recording.jsonl", folder / "report.json"
        command = ["explain", str(model), "--budget", "1", "--rungs", "main", "--quiet"]
        shown, told = io.StringIO(), io.StringIO()
        with (
            few_rounds(rounds),
            pared_down(),
            redirect_stdout(shown),
            redirect_stderr(told),
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setattr("gapprof.measure.passes.PROFILE_PASSES", 0)
            code = cli.run([*command, "--json", str(written), "--recording", str(path)])
        assert encode_report(analyze(path)) == written.read_bytes()
        return Typed(
            code=code,
            shown=" ".join(shown.getvalue().split()),
            told=tuple(told.getvalue().splitlines()),
            report=read_report(written),
            recording=path,
        )

    return measured


@pytest.fixture(scope="module")
def web_only(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """The operator's last input is optional; native onnxruntime 1.30 reads it all the same, and aborts."""
    given = ["x", "scale", "zero", "y_scale"]
    nodes = [
        helper.make_node("QLinearSigmoid", given, ["squashed"], name="squash", domain="com.microsoft"),
        helper.make_node("DequantizeLinear", ["squashed", "y_scale"], ["real"], name="real"),
        helper.make_node("ReduceMean", ["real"], ["y"], name="mean"),  # one number: no garbage to collect
    ]
    weights = {"scale": np.float32(0.1), "zero": np.uint8(128), "y_scale": np.float32(1 / 256)}
    model = drawn(nodes, inputs=[("x", TensorProto.UINT8, (1, 1 << 18))], weights=weights)
    model.opset_import.add(domain="com.microsoft", version=1)
    return run(saved(model, tmp_path_factory.mktemp("model") / "web_only.onnx"), rounds=ROUNDS)


@pytest.fixture(scope="module")
def native_only(run: Run, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """Optimised ahead of time at the level whose layout only native has."""
    target = tmp_path_factory.mktemp("model") / "native_only.onnx"
    subprocess.run([sys.executable, "-c", SAVE_OPTIMISED, model, target], check=True, capture_output=True)
    assert NATIVE_LAYOUT in {node.domain for node in onnx.load(target).graph.node}
    return run(target)


def rows(outcome: Typed) -> dict[str, RungRow]:
    return {row.id: row for row in outcome.report.rungs}


@pytest.mark.parametrize("side", ["web_only", "native_only"])
def test_one_side_is_no_ratio_and_the_models_fault(side: str, request: pytest.FixtureRequest) -> None:
    outcome: Typed = request.getfixturevalue(side)
    assert outcome.code == ExitCode.MODEL_UNUSABLE
    assert outcome.told == ()
    report = outcome.report
    assert (report.status, report.gap.ratio, report.gap.delta_ms) == ("failed", None, None)
    assert report.headline.startswith(f"No ratio: {report.gap.why}")
    assert report.headline in outcome.shown
    assert all(row.factor is None for row in report.causes)
    assert {check.id: check.status for check in report.checks}["timer"] != "unknown", "one side was looked at"


def test_what_native_crashes_on_names_the_node_and_is_measured_in_the_page(web_only: Typed) -> None:
    report = web_only.report
    assert report.latency_ms.native is None
    assert report.latency_ms.web is not None
    assert 0 < report.latency_ms.web.low < report.latency_ms.web.high
    assert report.gap.why.startswith(f"native gave no figure: {DEATH}")
    assert "The browser takes" in report.headline
    assert report.page["request_ms"]["p50_ms"] > 0
    assert {row.stage for row in report.cold.rows if row.web_ms is not None} >= {"fetch", "create"}


def test_what_native_refuses_leaves_the_rungs_on_the_original_file(web_only: Typed) -> None:
    ladder = rows(web_only)
    for rung in ("native", "native-threads", "native-extended", "native-128"):
        assert DEATH in (ladder[rung].refusal or "")
    assert (ladder["web-worker"].refusal or "").startswith(f"there is no common graph: {DEATH}")
    for rung in ("web-graph", "web-main", "web-paced", "web"):
        assert ladder[rung].latency_ms is not None


def test_what_the_browser_refuses_is_measured_natively_and_names_the_node(native_only: Typed) -> None:
    report = native_only.report
    assert report.latency_ms.web is None
    assert report.latency_ms.native is not None
    assert report.gap.why.startswith("the browser gave no figure: node '")
    assert NATIVE_LAYOUT in report.gap.why
    assert "Native takes" in report.headline
    assert NATIVE_LAYOUT in (rows(native_only)["web-graph"].refusal or "")


def test_what_neither_side_knows_is_told_by_both_after_one_visit_each(run: Run, tmp_path: Path) -> None:
    unknown = drawn([helper.make_node("Frobnicate", ["x"], ["y"], name="the one")])
    outcome = run(saved(unknown, tmp_path / "unknown.onnx"))
    assert outcome.code == ExitCode.MODEL_UNUSABLE
    sentence, hint = outcome.told
    assert sentence == (
        "gapprof: neither side can run this model; "
        "native: node 'the one' (Frobnicate): No Op registered for Frobnicate with domain_version of 17; "
        "web: node 'the one' (Frobnicate): onnxruntime-web has no Frobnicate in operator set 17"
    )
    assert hint.strip()
    failures = read_recording(outcome.recording).of(Failure)
    assert sorted(failure.rung for failure in failures) == ["native", "web"]


def test_shapes_that_do_not_fit_are_refused_by_both_with_the_way_out(run: Run, tmp_path: Path) -> None:
    nodes = [helper.make_node("Add", ["x", "z"], ["y"], name="sum")]
    inputs = [("x", TensorProto.FLOAT, ("seq",)), ("z", TensorProto.FLOAT, ("height",))]
    outcome = run(saved(drawn(nodes, inputs=inputs), tmp_path / "unfit.onnx"))
    assert outcome.code == ExitCode.MODEL_UNUSABLE
    sentence, hint = outcome.told
    assert "node 'sum' (Add)" in sentence
    assert "--shape" in hint
    assert len(list(read_recording(outcome.recording).of(Failure))) == 2
