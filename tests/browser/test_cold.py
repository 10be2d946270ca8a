"""Starts in real Chromium: with nothing in any cache, and with everything."""

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.backends.chromium import Chromium
from gapprof.browser.visit import Equipment
from gapprof.cold.visits import RECREATIONS, Starting
from gapprof.facts.started import stages_over_observed
from gapprof.guard import Guard
from gapprof.records.cold import WEB_STAGES, Creations, Start
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from tests.browser.conftest import on


@pytest.fixture
def starting(chromium: Chromium, guard: Guard) -> Starting:
    return Starting(
        equipment=Equipment(executable=chromium.executable, probes=assets.probes_web(), guard=guard),
        dist=chromium.web_dist,
        now_s=lambda: 0.0,
    )


def patient(job: Job) -> Job:
    return replace(job, pace=replace(job.pace, deadline_s=120.0))


@pytest.mark.parametrize(("where", "threads"), [("main", 1), ("worker", 2)])
def test_a_start_is_taken_apart_with_cold_caches_and_with_warm_ones(
    starting: Starting, job: Job, where: str, threads: int
) -> None:
    found = starting.started(patient(on(job, where=where, threads=threads)))
    assert not isinstance(found, Failure), found
    cold, warm, creations = found
    assert isinstance(cold, Start)
    assert isinstance(warm, Start)
    assert isinstance(creations, Creations)
    for start in (cold, warm):
        assert tuple(start.stages_ms) == WEB_STAGES
        assert all(ms >= 0 for ms in start.stages_ms.values())
        assert start.threads == threads
        assert len(start.runs_ms) >= 12
        assert 0.8 < stages_over_observed(start) <= 1.0, "what was seen from outside holds all stages"
        assert {file.name for file in start.files} >= {"tiny.onnx", "ort-wasm-simd-threaded.wasm"}
    assert not any(file.from_cache for file in cold.files if file.name == "tiny.onnx")
    assert all(file.from_cache for file in warm.files if file.size_bytes)
    assert not cold.compiled, "nothing was traced"
    for times in (creations.usual_ms, creations.unoptimised_ms, creations.unpacked_ms):
        assert len(times) == RECREATIONS
    assert len(creations.parse_ms) == RECREATIONS
    assert max(creations.parse_ms) < max(creations.usual_ms)


@pytest.mark.parametrize("where", ["main", "worker"])
def test_a_traced_start_says_what_is_compiled_in_which_stage(
    starting: Starting, job: Job, where: str
) -> None:
    found = starting.traced(patient(on(job, where=where)))
    assert not isinstance(found, Failure), found
    for start in found:
        assert isinstance(start, Start)
        assert start.traced
        by_stage = {one.stage: one for one in start.compiled}
        assert by_stage["session"].functions > 500
        assert 0 < by_stage["session"].compile_ms < start.stages_ms["session"]
        assert (start.optimised_ms or 0) > 0
        assert start.code_cached is not None
