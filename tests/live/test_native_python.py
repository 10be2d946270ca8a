"""A build of onnxruntime for GPUs in an environment of its own, named by --native-python."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from gapprof import Report
from tests.browser.gpu_models import job_of
from tests.live.conftest import Explained

BUILD = "onnxruntime-webgpu==1.27.0"
"""Its WebGPU provider runs on software as well."""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("native") / "env"
    venv.create(folder, with_pip=True)
    executable = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run(
        [executable, "-m", "pip", "install", "--quiet", BUILD, "msgspec", "psutil"], check=True, timeout=600
    )
    return str(executable)


@pytest.fixture(scope="module")
def report(explained: Explained, python: str, tmp_path_factory: pytest.TempPathFactory) -> Report:
    model = Path(job_of("matmul", tmp_path_factory.mktemp("webgpu")).model_path)
    return explained(of=model, backend="webgpu", native_python=python, rungs="native-webgpu")


@pytest.mark.long
def test_onnxruntimes_own_webgpu_provider_is_measured_and_called_another_build(report: Report) -> None:
    rows = {row.id: row for row in report.rungs}
    assert rows["native-webgpu"].latency_ms is not None, rows["native-webgpu"].why
    assert "no provider for a GPU that is its vendor's" in (rows["native"].refusal or "")
    library = next(row for row in report.causes if row.id == "library")
    (told,) = (one.text for one in library.evidence if "its own WebGPU provider" in one.text)
    assert "1.27.0" in told
    assert "another build" in told
    assert report.gap.ratio is None
    (placed,) = (one.text for one in library.evidence if one.text.startswith("Natively (native-webgpu"))
    assert "WebGpuExecutionProvider" in placed
    assert "every node ran on the GPU" in placed


@pytest.mark.long
def test_the_processor_s_outputs_are_that_build_s(report: Report) -> None:
    (check,) = (one for one in report.checks if one.id == "outputs")
    assert check.status == "pass"
    assert any("1.27.0" in text for text in report.warnings)
