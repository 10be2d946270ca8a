"""The ladder to WebGL on a machine whose costs are known: what can be told apart, and one step."""

from pathlib import Path

import pytest

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.explain.report import build
from gapprof.records.report import CauseRow, Report
from gapprof.records.settings import Settings
from tests.truth.test_webgpu import NO_GPU, factor, run

FACTORS = {"web-session": 3.0, "web-paced": 1.2, "web": 1.4, "native-cpu": 5.0}
SETTINGS = Settings(backend="webgl", page="busy", budget_s=3600.0)


def report_of(folder: Path, **changes: object) -> Report:
    machine = Machine(latency_ms=ladder_ms(FACTORS, backend="webgl"), noise=0.01, **changes)
    return build(run(machine, folder, SETTINGS))


def cause(report: Report, name: str) -> CauseRow:
    return next(row for row in report.causes if row.id == name)


def test_kernels_and_webgl_below_them_are_one_step(tmp_path: Path) -> None:
    report = report_of(tmp_path)
    assert report.status == "ok", report.status_why
    assert factor(cause(report, "library")) == pytest.approx(3.0, rel=0.03)
    assert factor(cause(report, "runtime")) == pytest.approx(1.2, rel=0.03)
    assert factor(cause(report, "contention")) == pytest.approx(1.4, rel=0.03)
    layer = cause(report, "gpu-abstraction")
    assert (layer.verdict, layer.factor) == ("not-measured", None)
    assert "nothing replays WebGL's calls" in layer.why


def test_without_a_native_provider_the_chain_begins_in_the_browser(tmp_path: Path) -> None:
    report = report_of(tmp_path, refusals=NO_GPU)
    assert report.status == "ok", report.status_why
    assert report.gap.ratio is None
    assert cause(report, "library").verdict == "not-measured"
    assert "no execution provider for a GPU" in cause(report, "library").why
    assert report.headline.startswith("The page takes 1.7x what ")
    assert factor(cause(report, "contention")) == pytest.approx(1.4, rel=0.03)
