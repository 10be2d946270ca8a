"""What starts in real Chromium say of themselves, whatever else the machine does meanwhile: what is compiled
in which stage, what the GPU makes, and that time which no stage has is missed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gapprof.cold.visits import Starting
from gapprof.facts.started import stages_over_observed
from gapprof.records.cold import EVERY_WEB_STAGE, GPU_CACHES, GPU_STAGES, STAGES_CLOSE
from gapprof.records.job import Job
from tests.browser.conftest import on
from tests.browser.gpu_models import job_of
from tests.browser.gpu_places import quickly
from tests.browser.starts import apart, checked, holds_all_stages, patient, starts

HOLDS_UP = """
const { measure } = performance;
performance.measure = function (...told) {
  const until = Math.max(performance.now() + 40, 1.06 * performance.now());
  while (performance.now() < until);
  return measure.apply(this, told);
};
"""
"""gapprof's probe marks its stages when the last of them is over: 300 ms and more that no stage has, and on a
slow machine a part of all the time since the page began."""


@pytest.mark.long
def test_time_that_no_stage_has_fails_the_check(
    starting: Starting, job: Job, page_of: Callable[[str], str]
) -> None:
    """In `make test` each stage of other starts is left out in turn, which the same check is to miss."""
    held_up = starts(starting.started(patient(on(job, where="main", page=page_of(HOLDS_UP)))))
    for start in held_up.values():
        assert stages_over_observed(start) < 1 - STAGES_CLOSE
        assert checked(start) == "fail"


@pytest.mark.parametrize("where", ["main", pytest.param("worker", marks=pytest.mark.long)])
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
        lazy = [one for one in start.compilers if one.compiler == "lazy"]
        baseline = [one for one in start.compilers if one.compiler == "baseline"]
        assert all(one.thread.startswith(model_thread) for one in lazy)
        within = [one for one in baseline if one.lazy_ms]
        assert sum(one.functions for one in within) == sum(one.functions for one in lazy)
        assert 0 < sum(one.lazy_ms for one in within) < sum(one.compile_ms for one in lazy)
        optimising = [one for one in start.compilers if one.compiler == "optimising"]
        assert sum(one.compile_ms for one in optimising) == pytest.approx(start.optimised_ms)
        called[cache] = sum(one.functions for one in lazy)
    assert (found["cold"].optimised_ms or 0) > 0
    assert called["code-cached"] < called["warm"], "what was kept compiled is not compiled when called"


def test_a_start_on_the_gpu_has_its_adapter_its_device_and_its_pipelines(
    starting_on_gpu: Starting, tmp_path: Path
) -> None:
    job = patient(on(quickly(job_of("links", tmp_path)), device="gpu", where="main"))
    found = starting_on_gpu.started(job)
    by_cache = starts(found)
    assert tuple(by_cache) == GPU_CACHES
    for start in by_cache.values():
        assert tuple(start.stages_ms) == tuple(stage for stage in EVERY_WEB_STAGE if stage != "worker")
        assert all(ms >= 0 for ms in start.stages_ms.values())
        assert min(start.stages_ms[stage] for stage in GPU_STAGES) > 0
        assert holds_all_stages(start)
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
    counts = {sum(one.pipelines for one in start.gpu_made) for start in by_cache.values()}
    assert len(counts) == 1, "the same model has the same pipelines made, in whatever cache they are found"
