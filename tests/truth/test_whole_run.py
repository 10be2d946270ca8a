"""The whole program on a machine that takes no time: measure, write, analyse, and again from the file."""

from pathlib import Path

import pytest

from gapprof.backends.synthetic import BACKEND, Machine, PlantedFailure, PlantedPage, ladder_ms
from gapprof.explain.report import build
from gapprof.guard import Guard
from gapprof.measure.run import measure
from gapprof.records.codec import decode_recording, encode_report
from gapprof.records.job import Chain
from gapprof.records.recording import Recording
from gapprof.records.report import Report
from gapprof.records.settings import Settings
from gapprof.records.subject import StagedModel, Subject
from gapprof.records.trial import TraceSlice
from tests.truth.recorder import begin

PLANTED = ladder_ms(
    {
        "native-threads": 1.6,
        "native-extended": 1.5,
        "native-all-128": 3.0,
        "native-128": 2.0,
        "web-worker": 1.2,
        "web": 1.5,
        "web-busy": 1.4,
    }
)
SETTINGS = Settings(threads=2, page="busy", where="worker", budget_s=3600.0)


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
        argv=("gapprof", "explain", "model.onnx"),
        recording_path=folder / "run.jsonl",
        workdir=folder,
        guard=Guard(),
        observer=lambda _: None,
        realise=dict.fromkeys(("native", "chromium", "node"), machine),
        machine=begin(settings).machine,
    )


def factors(report: Report) -> dict[str, float]:
    return {row.id: row.factor.point for row in report.causes if row.factor is not None}


def test_a_whole_run_finds_what_was_planted(tmp_path: Path) -> None:
    report = build(run(Machine(latency_ms=PLANTED, noise=0.02, launch_noise=0.01), tmp_path))
    assert report.status == "ok", report.status_why
    found = factors(report)
    assert found["threads"] == pytest.approx(1.6, rel=0.05)
    assert found["simd"] == pytest.approx(6.0**0.5, rel=0.05)
    assert found["contention"] == pytest.approx(1.5, rel=0.05)
    assert report.operators
    assert report.what_ifs


def test_load_from_outside_on_the_page_alone_is_flagged_and_the_page_costs_nothing(tmp_path: Path) -> None:
    """Requests take half as long again there, all of it waiting for a core that another program held."""
    idle = (TraceSlice(thread="CrRendererMain", name="idle", detail="", count=1, wall_ms=0.0, cpu_ms=None),)
    page_ms = PLANTED["web"]
    loaded = PlantedPage(run_queue_ms=page_ms / 3, outside_ms=page_ms, held=idle)
    pages = {"web-paced": PlantedPage(held=idle), "web": loaded}
    report = build(run(Machine(latency_ms=PLANTED, noise=0.02, launch_noise=0.01, pages=pages), tmp_path))
    assert next(check for check in report.checks if check.id == "outside-load").status == "unknown"
    contention = next(row for row in report.causes if row.id == "contention")
    assert contention.verdict == "unclear"
    assert contention.factor is not None
    assert contention.factor.point == pytest.approx(1.0, abs=0.02)
    assert [action for action in report.actions if action.cause == "contention"] == []
    assert "is load from outside the browser" in report.headline
    assert "page" not in report.headline
    assert report.residual.factor is not None
    assert report.residual.factor.low > 1.4


def test_the_file_gives_the_same_report_byte_for_byte(tmp_path: Path) -> None:
    recording = run(Machine(latency_ms=PLANTED, noise=0.02), tmp_path)
    with (tmp_path / "run.jsonl").open("rb") as lines:
        again = decode_recording(lines, source="run.jsonl")
    assert encode_report(build(again)) == encode_report(build(recording))


def test_outputs_that_differ_are_found_by_the_gate(tmp_path: Path) -> None:
    wrong = frozenset(rung for rung in PLANTED if rung.startswith("web"))
    assert build(run(Machine(latency_ms=PLANTED, wrong_outputs=wrong), tmp_path)).status == "outputs-differ"


def test_a_crashing_rung_leaves_a_partial_report(tmp_path: Path) -> None:
    machine = Machine(
        latency_ms=PLANTED,
        noise=0.01,
        failures=(PlantedFailure(rung="web-graph", message="renderer crashed"),),
    )
    report = build(run(machine, tmp_path))
    assert report.status == "partial"
    assert "web-graph" in report.status_why
    assert report.gap.ratio is not None


def test_the_plugin_opens_a_machine_without_a_cause(tmp_path: Path) -> None:
    machine = BACKEND.open(SETTINGS, Guard())
    report = build(run(machine, tmp_path))
    assert report.gap.ratio is not None
    assert report.gap.ratio.point == pytest.approx(1.0)
