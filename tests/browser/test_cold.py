"""Starts in real Chromium: with empty caches, with all that was fetched, with compiled code as well.

How their stages add up; nothing else may be at work meanwhile.
"""

from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof.cold.visits import KEEPING, RECREATIONS, Starting
from gapprof.facts.started import stages_over_observed
from gapprof.records.cold import CACHES, STAGES_CLOSE, WEB_STAGES, Creations
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from tests.browser.conftest import on
from tests.browser.gpu_models import job_of
from tests.browser.starts import apart, checked, patient, starts

MORE_VISITS = 2
"""Of a shared machine, for a quiet moment: a start of half a second has 15 ms for all that is no stage."""


@pytest.mark.parametrize(
    ("where", "threads"), [pytest.param("main", 1, marks=pytest.mark.long), ("worker", 2)]
)
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


@pytest.mark.long
def test_the_stages_of_a_start_on_the_gpu_add_up_in_a_quiet_moment(
    starting_on_gpu: Starting, tmp_path: Path
) -> None:
    found = starts(
        starting_on_gpu.started(patient(on(job_of("matmul", tmp_path), device="gpu", where="main")))
    )
    assert min(map(apart, found.values())) <= STAGES_CLOSE
