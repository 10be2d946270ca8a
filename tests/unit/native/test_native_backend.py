"""The native backend, with real workers."""

import dataclasses
import queue
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import psutil
import pytest
from msgspec.structs import replace

from gapprof.backends.native import BACKEND, WORKER, NativeBackend
from gapprof.core_speed import cores
from gapprof.measure.fastest import Fastest
from gapprof.native.isa.ceiling import why_not
from gapprof.native.runtime import CPU
from gapprof.native.tensors import read_arrays
from gapprof.native.wire import Placed
from gapprof.records.job import CoreSpeed, Job
from gapprof.records.trial import PROFILE_BLOCKS, Failure, Profile, Trial
from tests.unit.native.models import plain_job

needs_ceiling = pytest.mark.skipif(why_not("128") is not None, reason=str(why_not("128")))
LONG_MS = 1500.0
"""Many times what the first look at cores takes: whoever waits has said so before it is over."""


def _timed(job: Job) -> Trial:
    outcome = BACKEND.timed(job)
    assert isinstance(outcome, Trial), outcome
    return outcome


def _expected(job: Job) -> np.ndarray:
    model = onnx.load(job.model_path)
    values = read_arrays(Path(job.inputs_path))["x"]
    for weight in model.graph.initializer:
        values = np.tanh(values @ onnx.numpy_helper.to_array(weight))
    return values


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Of the visit and of the profile that every test may read."""
    return plain_job(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="module")
def trial(usual: Job) -> Trial:
    return _timed(usual)


@pytest.fixture(scope="module")
def profile(usual: Job) -> Profile:
    found = BACKEND.profiled(usual, lambda _: None)
    assert isinstance(found, Profile), found
    return found


def test_a_trial_brings_the_samples_that_were_asked_for(usual: Job, trial: Trial) -> None:
    assert (trial.rung, trial.round, trial.batch) == (usual.rung, usual.round, usual.pace.batch)
    assert len(trial.samples_ms) == usual.pace.samples
    assert all(sample > 0 for sample in trial.samples_ms)
    assert trial.requests_ms == ()
    assert len(trial.warmup_ms) >= usual.pace.warmup_runs


def test_a_pass_of_its_own_says_who_runs_which_node(job: Job) -> None:
    found = BACKEND.placed(job)
    assert isinstance(found, Placed), found
    model = onnx.load(job.model_path)
    wanted = [node.op_type for node in model.graph.node]
    assert len(found.nodes) == len(wanted)
    assert {node.provider for node in found.nodes} == {BACKEND.provider_of(job.setting)} == {CPU}


def test_a_pass_over_a_model_that_is_none_is_a_failure(job: Job, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.onnx"
    nothing.write_bytes(b"no model")
    found = BACKEND.placed(replace(job, model_path=str(nothing)))
    assert isinstance(found, Failure)
    assert (found.kind, found.phase) == ("model", "create")


def test_a_trial_says_what_its_start_cost_stage_by_stage(trial: Trial) -> None:
    assert set(trial.cold_ms) == {"process", "import", "create", "first_run"}
    assert all(ms > 0 for ms in trial.cold_ms.values())
    assert trial.cold_ms["first_run"] == trial.warmup_ms[0]


def test_a_trial_reads_back_what_it_ran_in(trial: Trial) -> None:
    seen = trial.seen
    assert seen.runtime_version == "1.30.0"
    assert seen.engine_version == "Python " + sys.version.split()[0]
    assert seen.threads == 1
    assert 0 < seen.timer_step_us < 1000
    assert seen.ceiling_hits is None
    assert seen.sentinel_gflops is not None
    assert seen.sentinel_gflops > 0


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted on Linux only")
def test_two_threads_are_two_threads(job: Job) -> None:
    trial = _timed(replace(job, setting=replace(job.setting, threads=2)))
    assert trial.seen.threads == 2


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_trial_says_who_used_the_machine_meanwhile(job: Job) -> None:
    load = _timed(replace(job, pace=replace(job.pace, batch=200))).load
    spent = sum(use.cpu_ms for use in load.threads)
    assert load.machine_busy_ms is not None
    assert load.own_cpu_ms is not None
    assert {use.process for use in load.threads} == {"native"}
    assert spent > 0
    assert load.own_cpu_ms >= spent * 0.5  # the same work seen by another clock


def test_the_outputs_of_one_run_are_left_under_their_names(usual: Job, trial: Trial) -> None:
    with np.load(usual.outputs_path) as outputs:
        assert outputs.files == ["file"]
        np.testing.assert_allclose(outputs["file"], _expected(usual), rtol=1e-4, atol=1e-5)


def test_nothing_is_left_beside_the_model_but_the_outputs(job: Job) -> None:
    folder = Path(job.model_path).parent
    before = set(folder.iterdir())
    _timed(job)
    assert isinstance(BACKEND.profiled(job, lambda _: None), Profile)
    assert set(folder.iterdir()) - before == {Path(job.outputs_path)}


def test_outputs_that_nobody_needs_are_not_written(job: Job) -> None:
    _timed(replace(job, outputs_path=""))
    assert not Path(job.outputs_path).exists()


def test_a_graph_is_optimised_only_when_the_job_says_so(job: Job) -> None:
    names = {}
    for optimise in (False, True):
        profile = BACKEND.profiled(replace(job, optimise=optimise), lambda _: None)
        assert isinstance(profile, Profile)
        names[optimise] = {node.name for node in profile.nodes}
    assert "out" in names[False]  # an Identity, which every optimiser removes
    assert "out" not in names[True]


def test_a_profile_has_every_node_of_the_graph_once_per_run(usual: Job, profile: Profile) -> None:
    graph = onnx.load(usual.model_path).graph
    assert [(node.name, node.op_type) for node in profile.nodes] == [(n.name, n.op_type) for n in graph.node]
    runs = len(profile.profiled_ms)
    assert 20 <= runs <= 200
    assert len(profile.unprofiled_ms) == len(profile.model_run_ms) == runs
    assert {len(node.samples_ms) for node in profile.nodes} == {runs}
    assert {node.provider for node in profile.nodes} == {"CPUExecutionProvider"}


def test_a_profile_of_what_counts_as_a_large_graph_has_every_node_of_it_too(usual: Job) -> None:
    """By sessions that come one at a time, a run for each block. `benchmarks/scale.py` has a real one."""
    profile = BACKEND.profiled(replace(usual, outputs_path="", nodes=20_000), lambda _: None)
    assert isinstance(profile, Profile), profile
    graph = onnx.load(usual.model_path).graph
    assert [(node.name, node.op_type) for node in profile.nodes] == [(n.name, n.op_type) for n in graph.node]
    runs = (profile.unprofiled_ms, profile.profiled_ms, profile.model_run_ms)
    assert [len(one) for one in runs] == [PROFILE_BLOCKS] * 3
    assert {len(node.samples_ms) for node in profile.nodes} == {PROFILE_BLOCKS}
    assert profile.profiler_us_per_node is not None


def test_nodes_fit_into_their_run_and_a_run_into_its_wall_time(profile: Profile) -> None:
    microsecond = 1e-3  # the profiler's resolution, once per node
    for number, (run_ms, wall_ms) in enumerate(zip(profile.model_run_ms, profile.profiled_ms, strict=True)):
        in_nodes = sum(node.samples_ms[number] for node in profile.nodes)
        assert in_nodes <= run_ms + microsecond * (len(profile.nodes) + 1)
        assert run_ms <= wall_ms + microsecond


def test_dispatch_and_the_profilers_own_cost_are_measured_where_there_is_a_chain(
    job: Job, profile: Profile
) -> None:
    assert profile.dispatch_us_per_node is not None
    assert profile.dispatch_us_per_node > 0
    assert profile.profiler_us_per_node is not None
    assert profile.profiler_us_per_node > 0
    without = BACKEND.profiled(replace(job, chain=None), lambda _: None)
    assert isinstance(without, Profile)
    assert without.dispatch_us_per_node is without.profiler_us_per_node is None


def test_a_chain_that_cannot_run_costs_only_its_own_figure(job: Job) -> None:
    assert job.chain is not None
    graph = onnx.load(job.chain.path)
    graph.graph.node[-1].op_type = "NoSuchOperator"
    onnx.save(graph, job.chain.path)
    profile = BACKEND.profiled(job, lambda _: None)
    assert isinstance(profile, Profile)
    assert profile.nodes
    assert profile.dispatch_us_per_node is profile.profiler_us_per_node is None


@needs_ceiling
def test_a_ceiling_changes_the_kernels_and_not_the_result(job: Job) -> None:
    """`benchmarks/narrow_kernels.py` prints how fast its product is under each."""
    full = _timed(job)
    with np.load(job.outputs_path) as outputs:
        reference = outputs["file"]
    held = _timed(replace(job, setting=replace(job.setting, isa="128")))
    with np.load(job.outputs_path) as outputs:
        np.testing.assert_allclose(outputs["file"], reference, rtol=1e-4, atol=1e-5)
        assert not np.array_equal(outputs["file"], reference), "narrow kernels add up in another order"
    assert held.seen.ceiling_hits is not None
    assert held.seen.ceiling_hits > 3
    assert held.cold_ms["ceiling"] > 0
    for trial in (full, held):
        assert trial.seen.sentinel_gflops is not None
        assert trial.seen.sentinel_gflops > 0


@needs_ceiling
def test_the_scan_for_cpuid_is_kept_where_it_is_told(job: Job, tmp_path: Path) -> None:
    backend = NativeBackend(cache_folder=tmp_path / "cache")
    outcome = backend.timed(replace(job, setting=replace(job.setting, isa="128")))
    assert isinstance(outcome, Trial)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_setting_is_refused_with_its_reason_before_anything_starts(job: Job) -> None:
    setting = job.setting
    assert BACKEND.refuse(setting) is None
    assert "'chromium'" in str(BACKEND.refuse(replace(setting, backend="chromium")))
    assert "back to back" in str(BACKEND.refuse(replace(setting, pacing="paced")))
    assert "'amx'" in str(BACKEND.refuse(replace(setting, isa="amx")))
    assert "thread" in str(BACKEND.refuse(replace(setting, threads=0)))


def test_there_is_nothing_to_trace(job: Job) -> None:
    assert BACKEND.traced(job, lambda _: pytest.fail("nothing is timed for it")) is None


def test_a_ceiling_that_cannot_be_had_is_a_failure_of_the_environment(job: Job) -> None:
    outcome = BACKEND.timed(replace(job, setting=replace(job.setting, isa="amx")))
    assert isinstance(outcome, Failure)
    assert (outcome.kind, outcome.phase) == ("environment", "start")
    assert "'amx'" in outcome.message


@pytest.mark.skipif(not cores(), reason="needs a system that lets a thread choose its core")
def test_a_visit_waits_for_a_fast_core_as_long_as_it_may(job: Job) -> None:
    never, told = CoreSpeed(fastest_us=(1e-3,) * len(cores()), longest_wait_ms=LONG_MS), list[float]()
    trial = dataclasses.replace(BACKEND, waiting=told.append).timed(replace(job, core_speed=never))
    assert isinstance(trial, Trial), trial
    work = trial.load.core_work
    assert work is not None
    assert work.waited_ms >= LONG_MS
    assert told
    assert told == sorted(told)
    assert 0 < told[0] <= told[-1] < LONG_MS, "from then on it waits no more"
    assert len(work.before_us) == len(work.after_us) == len(cores())
    always = CoreSpeed(fastest_us=(1e9,) * len(cores()), longest_wait_ms=60_000.0)
    trial = _timed(replace(job, core_speed=always))
    assert len(trial.samples_ms) == 6, "five, in pieces of two"
    assert trial.load.core_work is not None
    assert trial.load.core_work.discarded_ms == ()
    assert 1 <= len(trial.load.core_work.used) <= 2 * 3, "before and after each piece"


@pytest.mark.skipif(not cores(), reason="needs a system that lets a thread choose its core")
def test_what_a_worker_waited_is_charged_where_it_dies_meanwhile(job: Job) -> None:
    never, run = CoreSpeed(fastest_us=(1e-3,) * len(cores()), longest_wait_ms=60_000.0), Fastest(left_s=60.0)
    killed = list[psutil.Process]()

    def heard(so_far_ms: float) -> None:
        run.waits.hear(so_far_ms)
        for child in () if killed else psutil.Process().children():
            with suppress(psutil.NoSuchProcess):  # one that has ended, and nobody has asked how
                if WORKER[-1] in child.cmdline():
                    child.kill()
                    killed.append(child)

    outcome = dataclasses.replace(BACKEND, waiting=heard).timed(replace(job, core_speed=never))
    assert isinstance(outcome, Failure)
    assert (outcome.kind, outcome.phase) == ("crash", "timed")
    assert len(killed) == 1
    assert 0.0 < run.failed() < 60_000.0
    assert run.left_s == pytest.approx(60.0 - run.waited_s)


@pytest.mark.skipif(not cores(), reason="needs a system that lets a thread choose its core")
def test_what_is_raised_by_who_hears_of_a_wait_is_not_taken_for_the_deadline(job: Job) -> None:
    never = CoreSpeed(fastest_us=(1e-3,) * len(cores()), longest_wait_ms=60_000.0)

    def heard(_: float) -> None:
        raise queue.Empty

    with pytest.raises(queue.Empty):
        dataclasses.replace(BACKEND, waiting=heard).timed(replace(job, core_speed=never))


def test_where_nobody_asks_for_it_no_core_is_looked_at(trial: Trial) -> None:
    assert trial.load.core_work is None
