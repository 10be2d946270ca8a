"""Flags that our own rungs give V8, in real visits: it knows every word of them, and computes the same."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from msgspec.structs import replace

import gapprof.rungs.wasm
from gapprof import registry
from gapprof.backends.chromium import Chromium
from gapprof.measure.resolve import FLAGS
from gapprof.native.tensors import read_arrays
from gapprof.records.job import Job
from gapprof.records.rung import Rung
from gapprof.records.trial import Trial
from tests.browser.conftest import on

FLAGGED = {
    name: rung
    for name, rung in registry.load(gapprof.rungs.wasm, "RUNG").items()
    if rung.environment.backend == "chromium" and FLAGS.get(rung.environment.flags)
}


def test_three_rungs_turn_something_of_v8s_own_on_or_off() -> None:
    assert {"web-baseline", "web-checked", "web-unchecked"} <= FLAGGED.keys()


@pytest.mark.parametrize("rung", FLAGGED.values(), ids=FLAGGED)
def test_v8_takes_every_flag_of_a_rung_and_computes_the_same(
    chromium: Chromium, job: Job, rung: Rung
) -> None:
    """One that it does not know it names, and with that what comes behind it, which it ignores."""
    flags = FLAGS[rung.environment.flags]
    hurried = replace(job.pace, warmup_ms=0.0)
    visited = chromium.timed(replace(on(job, js_flags=flags), pace=hurried))
    assert isinstance(visited, Trial), visited
    assert visited.seen.rejected_flags == ()
    assert f"--js-flags={' '.join(flags)}" in visited.seen.command_line
    session = ort.InferenceSession(job.model_path, providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, read_arrays(Path(job.inputs_path)))
    np.testing.assert_allclose(read_arrays(Path(job.outputs_path))["y"], expected, rtol=1e-4, atol=1e-5)
