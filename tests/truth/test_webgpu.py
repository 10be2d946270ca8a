"""The ladder to WebGPU on a machine whose costs are known: what was planted is found under its name."""

import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from gapprof.backends.synthetic import Machine, PlantedFailure, ladder_ms
from gapprof.errors import EnvironmentUnusable
from gapprof.explain.diagnosis import diagnose
from gapprof.explain.report import build
from gapprof.facts.case import Case
from gapprof.guard import Guard
from gapprof.measure.run import measure
from gapprof.records.job import Chain
from gapprof.records.recording import Recording
from gapprof.records.report import CauseRow, Report
from gapprof.records.settings import Settings
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.surface import Surface
from gapprof.render.markdown import RENDERER as MARKDOWN
from gapprof.render.terminal import RENDERER as TERMINAL
from tests.truth.recorder import begin

FACTORS: Mapping[str, float] = {
    "replay-native-unsafe": 2.0,
    "replay-native": 1.5,
    "replay-web": 1.2,
    "web-session": 1.3,
    "web-paced": 1.1,
    "web": 1.4,
    "web-busy": 1.6,
    "replay-native-no-zero-init": 1 / 1.4,
    "native-cpu": 5.0,
}
SETTINGS = Settings(backend="webgpu", page="busy", budget_s=3600.0)
NO_GPU = {("native", "device", "gpu"): "no execution provider for a GPU"}
REPLAYS = ("dawn", "web-replay")


def run(machine: Machine, folder: Path, settings: Settings = SETTINGS) -> Recording:
    staged = StagedModel(path=folder / "model.onnx")
    return measure(
        Subject(
            facts=begin(settings).model,
            original=staged,
            common=staged,
            inputs_path=folder / "inputs.npz",
            other_inputs_path=folder / "other.npz",
            chain=Chain(path="chain.onnx", nodes=1000, first_link_path="first_link.onnx"),
        ),
        settings,
        argv=("gapprof", "explain", "model.onnx", "--backend", "webgpu"),
        recording_path=folder / "run.jsonl",
        workdir=folder,
        guard=Guard(),
        observer=lambda _: None,
        realise=dict.fromkeys(("native", "chromium", *REPLAYS), machine),
        machine=begin(settings).machine,
    )


def machine(factors: Mapping[str, float] = FACTORS, **changes: object) -> Machine:
    return Machine(latency_ms=ladder_ms(factors, backend="webgpu"), noise=0.01, **changes)


def cause(report: Report, name: str) -> CauseRow:
    return next(row for row in report.causes if row.id == name)


def factor(row: CauseRow) -> float:
    assert row.factor is not None, row.why
    return row.factor.point


def child(row: CauseRow, name: str) -> CauseRow:
    return next(one for one in row.children if one.id == name)


def test_what_was_planted_is_found_under_its_name(tmp_path: Path) -> None:
    report = build(run(machine(), tmp_path))
    assert report.status == "ok", report.status_why
    assert report.gap.ratio is not None
    assert report.gap.ratio.point == pytest.approx(math.prod(list(FACTORS.values())[:6]), rel=0.03)
    layer = cause(report, "gpu-abstraction")
    assert factor(layer) == pytest.approx(1.8, rel=0.03)
    assert factor(child(layer, "wgsl-safety")) == pytest.approx(1.5, rel=0.03)
    assert factor(child(layer, "browser-boundary")) == pytest.approx(1.2, rel=0.03)
    assert any("Zeroing the memory of workgroups alone costs 1.4" in one.text for one in layer.evidence)
    assert factor(cause(report, "library")) == pytest.approx(2.0, rel=0.03)
    assert factor(cause(report, "runtime")) == pytest.approx(1.3 * 1.1, rel=0.03)
    assert factor(cause(report, "contention")) == pytest.approx(1.4, rel=0.03)


def test_the_processor_s_causes_cannot_apply(tmp_path: Path) -> None:
    report = build(run(machine(), tmp_path))
    for name in ("simd", "threads"):
        assert cause(report, name).verdict == "not-applicable"
        assert cause(report, name).why == "the model runs on the GPU"


def test_without_a_native_provider_the_chain_begins_at_the_replay(tmp_path: Path) -> None:
    """No gap to native is printed, and what lies between the replays and the page is told all the same."""
    recording = run(machine(refusals=NO_GPU), tmp_path)
    report = build(recording)
    assert report.status == "ok", report.status_why
    assert report.gap.ratio is None
    assert report.latency_ms.native is None
    assert "no execution provider for a GPU" in report.gap.why
    assert factor(cause(report, "gpu-abstraction")) == pytest.approx(1.8, rel=0.03)
    assert cause(report, "library").verdict == "not-measured"
    assert "no execution provider for a GPU" in cause(report, "library").why
    diagnosis = Case(recording).get(diagnose)
    assert diagnosis.gap is not None
    whole = sum(one.contrast.mean for one in diagnosis.findings if one.contrast is not None)
    assert diagnosis.residual is not None
    assert whole + diagnosis.residual.mean == pytest.approx(diagnosis.gap.mean, abs=1e-9)
    assert report.headline.startswith("The page takes 3.6x what ")
    for renderer in (TERMINAL, MARKDOWN):
        text = renderer.render(report, Surface())
        assert "no execution provider for a GPU" in text
        assert "The browser's layer above the GPU" in text
        assert "1.8x" in text


def test_where_nothing_could_be_replayed_the_page_alone_is_told(tmp_path: Path) -> None:
    gone = {(backend, "device", "gpu"): "no Dawn" for backend in REPLAYS}
    report = build(run(machine(refusals={**NO_GPU, **gone}), tmp_path))
    assert report.status == "ok", report.status_why
    told_without_replays(report)


def test_where_every_replay_failed_the_page_alone_is_told_and_the_report_is_not_whole(
    tmp_path: Path,
) -> None:
    main = ("replay-native-unsafe", "replay-native", "replay-web")
    failures = tuple(PlantedFailure(rung=rung, message="other bytes", kind="environment") for rung in main)
    report = build(run(machine(refusals=NO_GPU, failures=failures), tmp_path))
    assert report.status == "partial"
    assert "replay-web has no figure: failed: other bytes" in report.status_why
    told_without_replays(report)


def test_a_replay_that_works_is_begun_with_where_those_before_it_failed(tmp_path: Path) -> None:
    broken = PlantedFailure(rung="replay-native-unsafe", message="it crashed")
    report = build(run(machine(refusals=NO_GPU, failures=(broken,)), tmp_path))
    assert report.status == "partial"
    layer = cause(report, "gpu-abstraction")
    assert child(layer, "wgsl-safety").factor is None
    assert factor(child(layer, "browser-boundary")) == pytest.approx(1.2, rel=0.03)


def told_without_replays(report: Report) -> None:
    """From the library's own runs on: as on WebGL, whose calls nothing replays."""
    assert report.gap.ratio is None
    assert "no execution provider for a GPU" in report.gap.why
    assert report.latency_ms.web is not None
    assert report.headline.startswith('The page takes 1.5x what "In the browser, by onnxruntime-web" takes')
    assert factor(cause(report, "contention")) == pytest.approx(1.4, rel=0.03)
    assert factor(cause(report, "runtime")) == pytest.approx(1.1, rel=0.03)
    for name in ("gpu-abstraction", "library"):
        assert (cause(report, name).verdict, cause(report, name).factor) == ("not-measured", None)
    for renderer in (TERMINAL, MARKDOWN):
        assert "The page takes 1.5x" in renderer.render(report, Surface())


@pytest.mark.parametrize("lost", ["replay-native", "replay-web"])
def test_a_replay_that_is_missing_merges_its_steps(tmp_path: Path, lost: str) -> None:
    backend, toggles = {"replay-native": ("dawn", "()"), "replay-web": ("web-replay", "()")}[lost]
    report = build(run(machine(refusals={(backend, "toggles", toggles): "it crashed"}), tmp_path))
    assert report.residual.factor is not None
    merged = FACTORS[lost] * {"replay-native": 1.2, "replay-web": 1.3}[lost]
    assert report.residual.factor.point == pytest.approx(merged, rel=0.03)
    assert "gpu-abstraction" in report.residual.why


def test_outputs_are_held_against_native_s_on_the_processor(tmp_path: Path) -> None:
    wrong = frozenset({"web-session", "web-paced", "web", "web-busy"})
    report = build(run(machine(refusals=NO_GPU, wrong_outputs=wrong), tmp_path))
    assert report.status == "outputs-differ"
    assert "native-cpu" in report.status_why


@pytest.mark.parametrize("phase", ["create", "warmup"])
def test_a_page_without_a_gpu_is_no_report_but_the_next_backend_s_turn(phase: str, tmp_path: Path) -> None:
    """That there is none shows when a session is made, not when the page is loaded."""
    gone = PlantedFailure(rung="web", message="no WebGPU here", kind="environment", phase=phase)
    with pytest.raises(EnvironmentUnusable, match="no WebGPU here"):
        run(machine(failures=(gone,)), tmp_path)


def test_a_provider_that_gives_no_session_takes_nothing_else_with_it(tmp_path: Path) -> None:
    """Built in, and its driver is missing: outputs are held against the processor's all the same."""
    broken = PlantedFailure(rung="native", message="went back to the CPU", kind="environment", phase="create")
    report = build(run(machine(failures=(broken,)), tmp_path))
    rows = {row.id: row for row in report.rungs}
    assert rows["native"].refusal == "went back to the CPU"
    assert rows["native-cpu"].refusal is None
    (check,) = (one for one in report.checks if one.id == "outputs")
    assert (check.status, "native-cpu" in check.text) == ("pass", True)
    assert factor(cause(report, "gpu-abstraction")) == pytest.approx(1.8, rel=0.03)
