"""Starts in real Chromium: with empty caches, with all that was fetched, with compiled code as well."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.backends.chromium import Chromium
from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.browser.visit import Equipment
from gapprof.cold.visits import KEEPING, RECREATIONS, Starting
from gapprof.explain.report import build
from gapprof.facts.started import stages_over_observed
from gapprof.gpu.graphics import here
from gapprof.guard import Guard
from gapprof.records.cold import (
    CACHES,
    EVERY_WEB_STAGE,
    GPU_CACHES,
    GPU_STAGES,
    STAGES_CLOSE,
    WEB_STAGES,
    Creations,
    Start,
)
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from tests.browser.conftest import on
from tests.browser.gpu_models import job_of
from tests.truth.recorder import record

HOLDS_UP = """
const { measure } = performance;
performance.measure = function (...told) {
  const until = performance.now() + 40;
  while (performance.now() < until);
  return measure.apply(this, told);
};
"""
"""gapprof's probe marks its stages when the last of them is over: 300 ms and more that no stage has."""

MORE_VISITS = 2
"""Of a shared machine, for a quiet moment: a start of half a second has 15 ms for all that is no stage."""


@pytest.fixture
def starting(chromium: Chromium, guard: Guard) -> Starting:
    return Starting(
        equipment=Equipment(executable=chromium.executable, probes=assets.probes_web(), guard=guard),
        dist=chromium.web_dist,
        now_s=lambda: 0.0,
    )


def patient(job: Job) -> Job:
    return replace(job, pace=replace(job.pace, deadline_s=180.0))


def starts(found: tuple[Start | Creations, ...] | Failure) -> dict[str, Start]:
    assert not isinstance(found, Failure), found
    return {one.cache: one for one in found if isinstance(one, Start)}


def apart(start: Start) -> float:
    return abs(stages_over_observed(start) - 1)


def checked(*found: Start) -> str:
    """What a report with these starts alone says of their stages."""
    recording = record(Machine(latency_ms=ladder_ms({"web-worker": 8.0})))
    report = build(replace(recording, entries=(*recording.entries, *found)))
    return next(check.status for check in report.checks if check.id == "start-stages")


@pytest.mark.parametrize(("where", "threads"), [("main", 1), ("worker", 2)])
def test_a_start_is_taken_apart_in_every_state_of_the_caches(
    starting: Starting, job: Job, where: str, threads: int
) -> None:
    found = starting.started(patient(on(job, where=where, threads=threads)))
    by_cache = starts(found)
    assert not isinstance(found, Failure)
    assert tuple(by_cache) == CACHES
    stages = tuple(stage for stage in WEB_STAGES if stage != "worker" or where == "worker")
    for start in by_cache.values():
        assert tuple(start.stages_ms) == stages
        assert all(ms >= 0 for ms in start.stages_ms.values())
        assert start.threads == threads
        assert len(start.runs_ms) >= 12
        assert stages_over_observed(start) <= 1.005, "what was seen from outside holds all stages"
        assert {file.name for file in start.files} >= {"tiny.onnx", "ort-wasm-simd-threaded.wasm"}
        assert not start.compiled, "nothing was traced"
    if where == "worker":
        assert min(start.stages_ms["worker"] for start in by_cache.values()) > 1.0
    assert not any(file.from_cache for file in by_cache["cold"].files if file.name == "tiny.onnx")
    for cache in ("warm", "code-cached"):
        assert all(file.from_cache for file in by_cache[cache].files if file.size_bytes)
    assert by_cache["cold"].code_kept is not None
    assert [start.v8_flags for start in by_cache.values()] == [(), (), (KEEPING,)]
    (creations,) = (one for one in found if isinstance(one, Creations))
    for times in (creations.usual_ms, creations.unoptimised_ms, creations.unpacked_ms):
        assert len(times) == RECREATIONS
    assert len(creations.parse_ms) == RECREATIONS
    assert max(creations.parse_ms) < max(creations.usual_ms)

    closest = min(map(apart, by_cache.values()))
    for _ in range(MORE_VISITS):
        if closest <= STAGES_CLOSE:
            break
        again = starts(starting.started(patient(on(job, where=where, threads=threads))))
        closest = min(closest, *map(apart, again.values()))
    assert closest <= STAGES_CLOSE, "in a quiet moment they add up"
    for start in by_cache.values():
        assert checked(start) == ("pass" if apart(start) <= STAGES_CLOSE else "fail")
        sum_ms = sum(start.stages_ms.values())
        for left_out, ms in start.stages_ms.items():
            if ms > 2 * STAGES_CLOSE * sum_ms:
                others = {stage: took for stage, took in start.stages_ms.items() if stage != left_out}
                assert checked(replace(start, stages_ms=others)) == "fail", left_out


def test_time_that_no_stage_has_fails_the_check(
    starting: Starting, job: Job, page_of: Callable[[str], str]
) -> None:
    held_up = starts(starting.started(patient(on(job, where="main", page=page_of(HOLDS_UP)))))
    for start in held_up.values():
        assert stages_over_observed(start) < 1 - STAGES_CLOSE
        assert checked(start) == "fail"


@pytest.mark.parametrize("where", ["main", "worker"])
def test_a_traced_start_says_what_is_compiled_in_which_stage_and_what_came_compiled(
    starting: Starting, job: Job, where: str
) -> None:
    found = starts(starting.traced(patient(on(job, where=where))))
    assert {cache: start.code_cached for cache, start in found.items()} == {
        "cold": False,
        "warm": False,
        "code-cached": True,
    }
    model_thread = "CrRendererMain" if where == "main" else "DedicatedWorker"
    called: dict[str, int] = {}
    for cache, start in found.items():
        assert start.traced
        by_stage = {one.stage: one for one in start.compiled}
        assert by_stage["session"].functions > (500 if cache != "code-cached" else 0)
        assert 0 < by_stage["session"].compile_ms < start.stages_ms["session"]
        assert (start.optimised_ms or 0) > 0
        lazy = [one for one in start.compilers if one.compiler == "lazy"]
        baseline = [one for one in start.compilers if one.compiler == "baseline"]
        assert all(one.thread.startswith(model_thread) for one in lazy)
        within = [one for one in baseline if one.lazy_ms]
        assert sum(one.functions for one in within) == sum(one.functions for one in lazy)
        assert 0 < sum(one.lazy_ms for one in within) < sum(one.compile_ms for one in lazy)
        optimising = [one for one in start.compilers if one.compiler == "optimising"]
        assert sum(one.compile_ms for one in optimising) == pytest.approx(start.optimised_ms)
        called[cache] = sum(one.functions for one in lazy)
    assert called["code-cached"] < 0.9 * called["warm"], "what was kept compiled is not compiled when called"


@pytest.fixture
def starting_on_gpu(starting: Starting) -> Starting:
    graphics = here(starting.equipment.executable).browser_args
    return dataclasses.replace(starting, equipment=dataclasses.replace(starting.equipment, graphics=graphics))


def test_a_start_on_the_gpu_has_its_adapter_its_device_and_its_pipelines(
    starting_on_gpu: Starting, tmp_path: Path
) -> None:
    job = patient(on(job_of("matmul", tmp_path), device="gpu", where="main"))
    found = starting_on_gpu.started(job)
    by_cache = starts(found)
    assert tuple(by_cache) == GPU_CACHES
    for start in by_cache.values():
        assert tuple(start.stages_ms) == tuple(stage for stage in EVERY_WEB_STAGE if stage != "worker")
        assert all(ms >= 0 for ms in start.stages_ms.values())
        assert min(start.stages_ms[stage] for stage in GPU_STAGES) > 0
        assert stages_over_observed(start) <= 1.005
        assert [made.stage for made in start.gpu_made] == [one for one in start.stages_ms if one != "page"]
        made = {one.stage: one for one in start.gpu_made}
        assert sum(one.pipelines for one in made.values()) >= sum(one.shaders for one in made.values()) > 0
        assert made["first-run"].pipelines > 0
        for stage, one in made.items():
            assert max(one.pipelines_ms, one.waits_ms, one.shaders_ms) <= start.stages_ms[stage] + 0.1
        assert made["first-run"].pipelines_ms > 0
        assert len(start.gpu_waits_ms) == 5
        assert checked(start) == ("pass" if apart(start) <= STAGES_CLOSE else "fail")
    files = {file.name for start in by_cache.values() for file in start.files}
    assert "ort-wasm-simd-threaded.asyncify.wasm" in files
    assert min(map(apart, by_cache.values())) <= STAGES_CLOSE, "in a quiet moment they add up"
    counts = {sum(one.pipelines for one in start.gpu_made) for start in by_cache.values()}
    assert len(counts) == 1, "the same model has the same pipelines made, in whatever cache they are found"
