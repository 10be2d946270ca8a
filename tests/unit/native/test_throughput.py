"""A native process that answers on every core at once, with a real model."""

import time
from pathlib import Path
from typing import Any

import onnxruntime
import pytest

from gapprof.native.tensors import read_arrays
from gapprof.records.job import Job
from gapprof.subject import child
from gapprof.subject.child import Answered

LEAST_S = 0.3


def served(job: Job, scratch: Path, *, callers: int, **changes: Any) -> dict[str, Any]:
    request = {"model": job.model_path, "inputs": job.inputs_path, "callers": callers, "least_s": LEAST_S}
    said = child.ask("gapprof.native.throughput", {**request, **changes}, scratch=scratch, deadline_s=60.0)
    assert isinstance(said, Answered), said
    return said.value


@pytest.mark.parametrize("callers", [1, 2])
def test_runs_are_counted_over_the_time_that_they_took(job: Job, tmp_path: Path, callers: int) -> None:
    """A core is faster at one moment than at another: the fastest run is looked for before and after."""
    before_s = fastest_run_s(job)
    told = served(job, tmp_path, callers=callers)
    load = told["load"]
    assert load["wall_ms"] >= 1e3 * LEAST_S
    assert 0 < told["runs_per_s"] <= callers / min(before_s, fastest_run_s(job))
    assert load["own_cpu_ms"] > 0


def test_a_caller_that_is_slower_than_the_time_asked_for_still_answers_once(job: Job, tmp_path: Path) -> None:
    told = served(job, tmp_path, callers=2, least_s=0.0)
    took_s = told["load"]["wall_ms"] / 1e3
    assert told["runs_per_s"] >= 2 / took_s


def test_what_onnxruntime_refuses_is_said(job: Job, tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    assert "broken.onnx" in served(job, tmp_path, callers=1, model=str(broken))["error"]


def fastest_run_s(job: Job) -> float:
    """Of one thread that has the machine as it is: no caller can be faster than the fastest of many runs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(job.model_path, options, providers=["CPUExecutionProvider"])
    feed = read_arrays(Path(job.inputs_path))
    times = []
    for _ in range(2000):
        began = time.perf_counter()
        session.run(None, feed)
        times.append(time.perf_counter() - began)
    return min(times)
