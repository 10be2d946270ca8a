"""What a GPU's driver may do to a page's model, planted in that page: each is told under its own name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gapprof.backends.chromium import Chromium
from gapprof.records.trial import Failure
from tests.browser.conftest import on
from tests.browser.gpu_models import job_of
from tests.browser.gpu_troubles import LOST, NO_SHADER, OUT_OF_MEMORY


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (LOST, "the GPU device was lost"),
        (NO_SHADER, "a shader does not compile"),
        (OUT_OF_MEMORY, "the GPU is out of memory: no memory for a buffer of 36864 bytes"),
    ],
    ids=["lost", "shader", "memory"],
)
def test_what_becomes_of_a_device_is_told_with_what_to_do(
    script: str, said: str, chromium: Chromium, page_of: Callable[[str], str], tmp_path: Path
) -> None:
    job = job_of("matmul", tmp_path)
    failure = chromium.timed(on(job, device="gpu", where="main", page=page_of(script), deadline_s=60.0))
    assert isinstance(failure, Failure), failure
    assert failure.kind == "environment", failure
    assert said in failure.message
    assert "--backend wasm" in failure.hint
