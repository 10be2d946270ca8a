"""The engine rungs: the same wasm in a real Node."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime as ort
import psutil
import pytest
from msgspec.structs import replace

import gapprof.rungs.wasm
from gapprof import registry
from gapprof.backends import node
from gapprof.core_speed import cores
from gapprof.guard import Guard
from gapprof.measure.resolve import FLAGS
from gapprof.records.backend import Backend
from gapprof.records.environment import Setting
from gapprof.records.job import CoreSpeed, Job, Pace
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Trial
from tests.browser.page_driver import Small, small_model
from tests.settings import QUIET

SETTING = replace(QUIET, backend="node")
RUNGS = {
    name: rung
    for name, rung in registry.load(gapprof.rungs.wasm, "RUNG").items()
    if rung.environment.backend == "node"
}
LONG_MS = 1500.0
"""Several times what the first look at cores takes: whoever waits has said so before it is over."""
SHORT_S = 1.5
"""Some of which the engine needs for opening the model; the runs that are asked for would take hours."""
PACE = Pace(
    warmup_ms=0.0, warmup_runs=3, batch=2, samples=5, requests=20, think_ms=(1.0, 2.0), deadline_s=60.0
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return small_model(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with Guard() as guard:
        yield node.BACKEND.open(Settings(), guard)


@pytest.fixture(scope="module")
def trial(backend: Backend, small: Small) -> Trial:
    """On two threads."""
    found = backend.timed(job(small, replace(SETTING, threads=2)))
    assert isinstance(found, Trial), found
    return found


def job(small: Small, setting: Setting = SETTING, **changes: object) -> Job:
    made = Job(
        rung="engine",
        round=0,
        seed=1,
        setting=setting,
        model_path=str(small.path),
        external_data=(),
        optimise=False,
        inputs_path=str(small.inputs_path),
        outputs_path="",
        pace=PACE,
    )
    return replace(made, **changes)


def test_a_trial_holds_what_the_pace_asked_for(trial: Trial) -> None:
    assert len(trial.samples_ms) == PACE.samples
    assert len(trial.warmup_ms) > PACE.warmup_runs
    assert trial.seen.tier_up in ("compiler-idle", "steady")
    assert set(trial.cold_ms) == {"process", "import", "fetch", "create", "first_run"}


@pytest.mark.skipif(not cores(), reason="needs a system that lets a thread choose its core")
def test_a_visit_says_for_how_long_it_waits_for_a_fast_core(small: Small) -> None:
    never, told = CoreSpeed(fastest_us=(1e-3,) * len(cores()), longest_wait_ms=LONG_MS), list[float]()
    with Guard() as guard:
        trial = node.BACKEND.open(Settings(), guard, told.append).timed(job(small, core_speed=never))
    assert isinstance(trial, Trial), trial
    assert trial.load.core_work is not None
    assert told
    assert told == sorted(told)
    assert told[-1] < LONG_MS <= trial.load.core_work.waited_ms


def test_the_engine_says_what_it_was(trial: Trial) -> None:
    assert trial.seen.engine_version.startswith("Node v26.")
    assert trial.seen.runtime_version == "1.30.0"
    assert trial.seen.threads == 2
    assert trial.seen.wasm_simd is True


@pytest.mark.parametrize("rung", RUNGS.values(), ids=RUNGS)
def test_v8_takes_every_flag_of_a_rung_and_outputs_equal_the_native_ones(
    backend: Backend, small: Small, tmp_path: Path, rung: Rung
) -> None:
    """Node does not start with a flag that it does not know."""
    outputs, flags = tmp_path / "outputs.npz", FLAGS[rung.environment.flags]
    trial = backend.timed(job(small, replace(SETTING, js_flags=flags), outputs_path=str(outputs)))
    assert isinstance(trial, Trial), trial
    session = ort.InferenceSession(small.path, providers=["CPUExecutionProvider"])
    with np.load(outputs) as found:
        for output, expected in zip(session.get_outputs(), session.run(None, small.inputs), strict=True):
            np.testing.assert_allclose(
                np.asarray(found[output.name], np.float64), np.asarray(expected, np.float64), atol=1e-5
            )


def test_one_rung_has_v8_fuse_vectors() -> None:
    flagged = {name: FLAGS[rung.environment.flags] for name, rung in RUNGS.items()}
    assert flagged == {"engine": (), "engine-256": ("--experimental-wasm-revectorize",)}


def test_a_flag_nobody_knows_is_a_failure_that_names_it(backend: Backend, small: Small) -> None:
    failure = backend.timed(job(small, replace(SETTING, js_flags=("--no-such-flag",))))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.phase) == ("environment", "start")
    assert "--no-such-flag" in failure.message


def test_a_file_that_is_no_model_is_a_failure_of_the_model(backend: Backend, small: Small) -> None:
    failure = backend.timed(job(small, model_path=str(small.inputs_path)))
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.phase) == ("model", "create")


def test_an_engine_that_takes_too_long_is_ended(backend: Backend, small: Small) -> None:
    failure = backend.timed(job(small, pace=replace(PACE, samples=10**9, deadline_s=SHORT_S)))
    assert isinstance(failure, Failure)
    assert failure.kind == "timeout"


@pytest.mark.usefixtures("trial")
def test_no_process_is_left_behind(backend: Backend, small: Small) -> None:
    """Neither by a trial nor by one that came to nothing."""
    backend.timed(job(small, replace(SETTING, js_flags=("--no-such-flag",))))
    children = psutil.Process(os.getpid()).children(recursive=True)
    assert not [child for child in children if "engine.mjs" in " ".join(child.cmdline())]


def test_paced_requests_are_refused(backend: Backend) -> None:
    assert backend.refuse(SETTING) is None
    assert backend.refuse(replace(SETTING, pacing="paced")) is not None


def test_without_node_the_rungs_are_refused(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path))
    assert "not fetched" in (backend.refuse(SETTING) or "")


def test_a_build_that_node_cannot_load_is_refused(tmp_path: Path) -> None:
    for name in ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.wasm"):
        (tmp_path / name).touch()
    with Guard() as guard:
        backend = node.BACKEND.open(Settings(web_dist=str(tmp_path)), guard)
        assert "ort.node.min.mjs" in (backend.refuse(SETTING) or "")
