"""Ways for a page to run a model: in the library's worker, not isolated, with threads that spin or not."""

import dataclasses
import functools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gapprof.backends.chromium import BACKEND, Chromium
from gapprof.guard import Guard
from gapprof.native.tensors import read_arrays
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Trial
from tests.browser.conftest import PACE, job_in, on


def visited(chromium: Chromium, job: Job, **setting: object) -> Trial:
    found = chromium.timed(on(job, pacing="paced", **setting))
    assert isinstance(found, Trial), found
    return found


def outputs(job: Job) -> NDArray[Any]:
    return read_arrays(Path(job.outputs_path))["y"]


@pytest.fixture(scope="module")
def on_main(
    model_folder: Path, tmp_path_factory: pytest.TempPathFactory, guard: Guard
) -> Callable[[int], NDArray[Any]]:
    """Threads → what the model gives on the main thread, beside which every other way is held."""

    @functools.cache
    def of(threads: int) -> NDArray[Any]:
        job = job_in(tmp_path_factory.mktemp("main"), model_folder)
        visited(BACKEND.open(Settings(), guard), job, where="main", threads=threads)
        return outputs(job)

    return of


@pytest.mark.parametrize("threads", [pytest.param(1, marks=pytest.mark.long), 2])
def test_the_librarys_proxy_worker_runs_the_model_and_answers_the_same(
    chromium: Chromium, job: Job, on_main: Callable[[int], NDArray[Any]], threads: int
) -> None:
    trial = visited(chromium, job, where="proxy", threads=threads)
    assert np.array_equal(outputs(job), on_main(threads))
    assert (trial.seen.where, trial.seen.threads) == ("proxy", threads)
    assert len(trial.requests_ms) == PACE.requests
    roles = [use.role for use in trial.load.threads if use.process == "renderer"]
    assert (roles.count("inference"), roles.count("pool")) == (1, threads - 1)


@pytest.mark.parametrize(
    "where", [*(pytest.param(where, marks=pytest.mark.long) for where in ("main", "worker")), "proxy"]
)
def test_without_isolation_there_is_one_thread_whatever_is_asked(
    chromium: Chromium, job: Job, where: str
) -> None:
    trial = visited(chromium, job, where=where, threads=2, isolated=False)
    assert (trial.seen.isolated, trial.seen.threads) == (False, 1)
    assert not [use for use in trial.load.threads if use.role == "pool"]


@pytest.mark.parametrize("spinning", [pytest.param("on", marks=pytest.mark.long), "off"])
def test_the_option_to_spin_is_taken_and_changes_no_answer(
    chromium: Chromium, job: Job, on_main: Callable[[int], NDArray[Any]], spinning: str
) -> None:
    assert visited(chromium, job, where="main", threads=2, spinning=spinning).seen.threads == 2
    assert np.array_equal(outputs(job), on_main(2))


def test_a_build_without_a_proxy_worker_says_so(chromium: Chromium, job: Job, tmp_path: Path) -> None:
    """Its library takes the switch and runs the model on the main thread all the same."""
    for name in ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"):
        shutil.copy(chromium.web_dist / name, tmp_path)
    (tmp_path / "ort.wasm.min.mjs").rename(tmp_path / "real.mjs")
    (tmp_path / "ort.wasm.min.mjs").write_text(
        'import * as ort from "./real.mjs";\n'
        'Object.defineProperty(ort.env.wasm, "proxy", { get: () => false, set() {} });\n'
        'export * from "./real.mjs";\n'
    )
    without = dataclasses.replace(chromium, web_dist=tmp_path)
    found = without.timed(on(job, where="proxy", pacing="paced"))
    assert isinstance(found, Failure)
    assert "it has no proxy worker" in found.message
