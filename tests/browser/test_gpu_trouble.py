"""What a GPU's driver may do to a page's model, planted in that page: each is told under its own name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gapprof.backends.chromium import Chromium
from gapprof.records.trial import Failure
from tests.browser.conftest import on
from tests.browser.gpu_models import job_of

LOST = """
const ask = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (...given) {
  const device = await ask.apply(this, given);
  setTimeout(() => device.destroy(), 300);
  return device;
};
"""
NO_SHADER = """
const make = GPUDevice.prototype.createShaderModule;
GPUDevice.prototype.createShaderModule = function (given) {
  return make.call(this, { ...given, code: `${given.code} this is no WGSL` });
};
"""


@pytest.mark.parametrize(
    ("script", "said"),
    [(LOST, "the GPU device was lost"), (NO_SHADER, "a shader does not compile")],
    ids=["lost", "shader"],
)
def test_what_becomes_of_a_device_is_told_with_what_to_do(
    script: str, said: str, chromium: Chromium, page_of: Callable[[str], str], tmp_path: Path
) -> None:
    job = job_of("matmul", tmp_path)
    failure = chromium.timed(on(job, device="gpu", where="main", page=page_of(script), deadline_s=60.0))
    assert isinstance(failure, Failure), failure
    assert failure.kind == "environment"
    assert said in failure.message
    assert "--backend wasm" in failure.hint
