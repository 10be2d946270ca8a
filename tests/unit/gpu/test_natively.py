"""What runs a model natively on a GPU is never there by chance: doctor says how to get it and to name it."""

import pytest

from gapprof.gpu import natively

CPU = "CPUExecutionProvider"


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ("Linux", ("python3 -m venv", "gpu-env/bin/python -m pip install onnxruntime-gpu ")),
        ("Windows", ("py -m venv", r"gpu-env\Scripts\python.exe -m pip install onnxruntime-directml ")),
        ("Darwin", ("python3 -m venv", "gpu-env/bin/python -m pip install onnxruntime ")),
    ],
)
def test_without_a_provider_the_command_that_gets_one_is_given(system: str, words: tuple[str, ...]) -> None:
    found = natively.finding(("AzureExecutionProvider", CPU), system=system, executable="python")
    assert found.status == "limited"
    assert f"AzureExecutionProvider, {CPU}" in found.what
    assert all(word in found.mend for word in (*words, "msgspec psutil", "--native-python gpu-env"))


@pytest.mark.parametrize(
    "provider", ["CUDAExecutionProvider", "CoreMLExecutionProvider", "WebGpuExecutionProvider"]
)
def test_a_provider_that_is_there_is_named_with_the_option_that_uses_it(provider: str) -> None:
    found = natively.finding((provider, CPU), system="Linux", executable="/env/bin/python")
    assert provider in found.what
    assert found.mend == "--native-python /env/bin/python"


def test_the_interpreter_of_gapprof_itself_is_asked() -> None:
    found = natively.here()
    assert found.id == "gpu-native"
    assert "ExecutionProvider" in found.what
    assert found.mend
