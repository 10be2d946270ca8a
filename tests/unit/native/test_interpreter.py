"""Another Python: what is said of its onnxruntime, how a worker runs there; no provider is taken on trust."""

import sys
import venv
from pathlib import Path

import onnxruntime
import pytest
from msgspec.structs import replace

from gapprof.backends.native import NativeBackend
from gapprof.errors import EnvironmentUnusable
from gapprof.native.interpreter import Interpreter, looked_at
from gapprof.records.job import Job
from gapprof.records.trial import Failure, Trial


def test_it_says_what_it_is() -> None:
    found = looked_at(sys.executable)
    assert found.onnxruntime == onnxruntime.__version__
    assert list(found.providers) == onnxruntime.get_available_providers()


def test_an_environment_without_onnxruntime_says_what_is_missing(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    folder = "Scripts" if sys.platform == "win32" else "bin"
    python = str(tmp_path / "env" / folder / "python")
    with pytest.raises(EnvironmentUnusable, match="has no onnxruntime") as caught:
        looked_at(python)
    assert caught.value.hint.startswith(f"{python} -m pip install onnxruntime")


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo no python at all", "said nothing"),
        ("echo broken library >&2; exit 3", "broken library"),
        (
            """echo '{"python": [3, 9, 1], "missing": [], "onnxruntime": "1.1", "providers": []}'""",
            "Python 3.9.1",
        ),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for the interpreter")
def test_what_is_no_python_of_use_is_told(script: str, why: str, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    with pytest.raises(EnvironmentUnusable, match=why) as caught:
        looked_at(str(python))
    assert caught.value.hint


def test_a_worker_runs_there(job: Job) -> None:
    there = NativeBackend(interpreter=looked_at(sys.executable))
    trial = there.timed(job)
    assert isinstance(trial, Trial), trial
    assert trial.seen.provider == "CPUExecutionProvider"
    assert trial.seen.runtime_version == onnxruntime.__version__


def test_the_best_provider_is_the_vendors() -> None:
    built = (
        "TensorrtExecutionProvider",
        "CUDAExecutionProvider",
        "WebGpuExecutionProvider",
        "CPUExecutionProvider",
    )
    found = Interpreter(executable="python", onnxruntime="1.30.0", providers=built)
    assert found.provider("best") == "CUDAExecutionProvider"
    assert found.provider("webgpu") == "WebGpuExecutionProvider"


def test_without_a_provider_for_a_gpu_its_rungs_are_refused_and_say_what_there_is(job: Job) -> None:
    for backend, said in (
        (NativeBackend(), "--native-python names the interpreter"),
        (NativeBackend(interpreter=looked_at(sys.executable)), "it has"),
    ):
        why = backend.refuse(replace(job.setting, device="gpu"))
        assert why is not None
        assert said in why


def test_no_ceiling_is_promised_for_another_onnxruntime(job: Job) -> None:
    there = NativeBackend(interpreter=looked_at(sys.executable))
    why = there.refuse(replace(job.setting, isa="128"))
    assert why is not None
    assert "--native-python" in why


def test_a_session_that_goes_back_to_the_processor_is_a_failure(job: Job) -> None:
    """Onnxruntime itself only warns; asked here for a provider that this build does not have."""
    claims = Interpreter(
        executable=sys.executable,
        onnxruntime=onnxruntime.__version__,
        providers=("CUDAExecutionProvider",),
    )
    on_gpu = replace(job, setting=replace(job.setting, device="gpu"))
    failure = NativeBackend(interpreter=claims).timed(on_gpu)
    assert isinstance(failure, Failure)
    assert failure.kind == "environment"
    assert "CUDAExecutionProvider was asked for" in failure.message
    assert failure.hint


def test_what_lies_in_the_working_directory_is_nobodys_onnxruntime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "onnxruntime").mkdir()
    (tmp_path / "json.py").write_text("raise SystemExit('run from the working directory')")
    monkeypatch.chdir(tmp_path)
    assert looked_at(sys.executable).onnxruntime == onnxruntime.__version__


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for the interpreter")
def test_a_name_without_a_folder_is_the_file_beside_us_not_one_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (tmp_path / "python").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert looked_at("python").executable == str(tmp_path / "python")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /bin/ls")
def test_another_program_is_told_in_one_line_without_what_it_was_asked() -> None:
    with pytest.raises(EnvironmentUnusable, match="/bin/ls cannot be used") as caught:
        looked_at("/bin/ls")
    assert "importlib" not in caught.value.message
    assert "\n" not in caught.value.message
