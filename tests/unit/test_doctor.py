"""What the doctor says of this machine, and of machines that lack something."""

import sys
from pathlib import Path

import pytest

from gapprof import doctor, examination, rungs
from gapprof.doctor import Finding
from gapprof.gpu.examined import Examined
from gapprof.guard import Guard
from gapprof.kernels.llvm.binding import binding
from gapprof.native.isa.host import why_not
from gapprof.native.isa.proof import Ceilings
from tests.unit.native.other_library import planted


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examination, "_START_S", 300.0)
        return {finding.id: finding for finding in doctor.examine()}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finding]:
    """The findings with an empty cache and a browser that ends at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAPPROF_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("GAPPROF_BROWSER", "/bin/false")
        patch.setattr(examination, "_LOOK_S", 0.05)
        return {finding.id: finding for finding in doctor.examine()}


def test_the_browser_is_started_and_named(findings: dict[str, Finding]) -> None:
    assert findings["browser"].status == "ok"
    assert "Chrome/" in findings["browser"].what


def test_both_sides_are_named_with_their_version(findings: dict[str, Finding]) -> None:
    assert findings["onnxruntime"].what == "onnxruntime 1.30.0"
    assert findings["onnxruntime-web"].what == "onnxruntime-web 1.30.0"


def test_every_rung_is_measured_or_refused(findings: dict[str, Finding]) -> None:
    said = " ".join(finding.what for finding in findings.values() if finding.id in ("measured", "refused"))
    for rung in ("native", "web", "engine", "native-128"):
        assert f"{rung}," in said or f" {rung} " in said


@pytest.mark.parametrize("of", ["findings", "bare"])
def test_what_is_not_well_says_how_to_mend_it(of: str, request: pytest.FixtureRequest) -> None:
    found: dict[str, Finding] = request.getfixturevalue(of)
    assert all(finding.mend for finding in found.values() if finding.status == "missing")


def test_a_missing_runtime_sends_to_setup(bare: dict[str, Finding]) -> None:
    assert bare["onnxruntime-web"].status == "missing"
    assert bare["onnxruntime-web"].mend == "gapprof setup"


def test_a_browser_that_dies_at_start_is_told_with_its_exit_code(bare: dict[str, Finding]) -> None:
    assert bare["browser"].status == "missing"
    assert "/bin/false" in bare["browser"].what
    assert "exit code 1" in bare["browser"].what


def test_without_node_only_the_engine_rungs_are_refused(bare: dict[str, Finding]) -> None:
    assert bare["node"].status == "limited"
    assert "`engine` rungs are refused, nothing else" in bare["node"].what


def test_every_rung_to_a_gpu_is_measured_or_refused_as_well(findings: dict[str, Finding]) -> None:
    for backend in ("webgpu", "webgl"):
        said = " ".join(one.what for one in findings.values() if one.id.endswith(f"-{backend}"))
        for rung in rungs.ladder(backend):
            assert rung in said.replace(",", " ").split()
    assert "native (it needs --native-python" in findings["refused-webgl"].what


def test_who_draws_and_who_would_compute_natively_on_a_gpu_is_told(findings: dict[str, Finding]) -> None:
    assert findings["webgl"].what.startswith("WebGL in the browser on ")
    assert "--native-python" in findings["gpu-native"].mend


NONE = Finding(id="", status="ok", what="")
WITHOUT = {"dawn": "Dawn was not fetched", "webgpu": "no WebGPU here", "webgl": "no WebGL here"}


@pytest.mark.parametrize(
    ("backend", "lacking", "rung"),
    [
        ("webgpu", "dawn", "replay-native"),
        ("webgpu", "webgpu", "replay-web"),
        ("webgpu", "webgpu", "replay-native"),
        ("webgpu", "webgpu", "web"),
        ("webgl", "webgl", "web"),
    ],
)
def test_what_a_gpu_s_ladder_lacks_is_told_by_its_reason(
    backend: str, lacking: str, rung: str, tmp_path: Path
) -> None:
    gpu = Examined(refused={lacking: WITHOUT[lacking]})
    with Guard() as guard:
        ceilings = Ceilings(guard=guard, cache_folder=tmp_path)
        measured, *refused = doctor.outlook(backend, NONE, NONE, ceilings, gpu)
    (found,) = (one for one in refused if f" {rung}," in f"{one.what} ".replace(" (", ", ("))
    assert f"({WITHOUT[lacking]})" in found.what
    assert "native-cpu" in measured.what


def test_the_ladder_on_the_processor_lacks_nothing_for_want_of_a_gpu(tmp_path: Path) -> None:
    with Guard() as guard:
        ceilings = Ceilings(guard=guard, cache_folder=tmp_path)
        measured, *_ = doctor.outlook("wasm", NONE, NONE, ceilings, Examined(refused=WITHOUT))
    assert {"native", "web", "engine"} <= set(measured.what.replace(",", "").split())


@pytest.mark.skipif(why_not("128") is not None, reason=str(why_not("128")))
def test_a_ceiling_that_only_a_fresh_process_finds_wanting_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", planted(tmp_path))
    monkeypatch.setenv("GAPPROF_BROWSER", "/bin/false")
    monkeypatch.setattr(examination, "_LOOK_S", 0.05)
    [ceiling, *refused] = [one for one in doctor.examine() if "executes CPUID nowhere" in one.what]
    assert (ceiling.id, ceiling.status) == ("instruction-ceiling", "limited")
    assert [finding.id for finding in refused] == ["refused"]
    assert "native-128" in refused[0].what


def test_native_twins_are_listed_by_their_width(findings: dict[str, Finding]) -> None:
    assert findings["twins"].status == "ok"
    assert "128-bit" in findings["twins"].what


def test_without_llvmlite_a_hint_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    binding.cache_clear()
    try:
        finding = doctor._native_twins()
    finally:
        binding.cache_clear()
    assert finding.status == "limited"
    assert "gapprof[kernels]" in finding.mend


def test_one_core_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "usable_cores", lambda: 1)
    assert examination.cores().status == "limited"


def test_a_machine_without_proc_has_no_scheduler_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(examination, "_SCHEDSTAT", tmp_path / "schedstat")
    assert examination.scheduler().status == "limited"


def test_a_governor_that_saves_power_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    governor = tmp_path / "governor"
    governor.write_text("powersave\n", encoding="ascii")
    monkeypatch.setattr(examination, "_GOVERNOR", governor)
    [finding] = [finding for finding in examination.power() if finding.id == "governor"]
    assert (finding.status, bool(finding.mend)) == ("limited", True)


def test_another_version_of_one_side_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "ORT_VERSION", "1.31.0")
    found = {finding.id: finding.status for finding in (doctor._native_runtime(), doctor._web_runtime())}
    assert found == {"onnxruntime": "limited", "onnxruntime-web": "limited"}
