"""Twins on as many threads as the page has, in real Chromium."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.errors import EnvironmentUnusable
from gapprof.guard import Guard
from gapprof.kernels.families.mapped import Mapped
from gapprof.kernels.family import Tile
from gapprof.records.job import Job
from gapprof.yardstick.buffers import memory_for
from gapprof.yardstick.shapes import key_of
from gapprof.yardstick.web_side import Candidate, Page
from gapprof.yardstick.wish import Effort, Wanted, need_of
from tests.browser.conftest import on

SHAPES = tuple(key_of(Mapped(count=count, function="relu")) for count in (1 << 10, 1 << 14))
EFFORT = Effort(warmup_ms=5.0, sample_ms=1.0, samples=4)


def times(job: Job, guard: Guard, threads: int) -> tuple[tuple[float, ...], ...]:
    equipment = Equipment(executable=assets.find_browser(), probes=assets.probes_web(), guard=guard)
    memory = memory_for([need_of(shape) for shape in SHAPES], footprint_bytes=1 << 20, alive_bytes=1 << 20)
    page = Page(job=replace(job, model_path=""), equipment=equipment, memory=memory)
    candidates = [
        Candidate(target="wasm", wanted=Wanted(shape=shape, tile=Tile(1, 1, 2, 1))) for shape in SHAPES
    ]
    (samples,), browser = page.timed([candidates], EFFORT, threads=threads, seed=1, deadline_s=60.0)
    assert "Chrome" in browser
    return samples


@pytest.mark.parametrize("threads", [1, 3])
def test_each_nest_has_its_samples_whoever_else_runs_it(
    threads: int, job: Job, guard: Guard, tmp_path: Path
) -> None:
    small, large = times(job, guard, threads)
    assert [len(small), len(large)] == [EFFORT.samples] * 2
    assert min(large) > 4 * min(small) > 0


def test_a_page_that_shares_no_memory_says_so(job: Job, guard: Guard) -> None:
    with pytest.raises(EnvironmentUnusable, match="cross-origin isolated"):
        times(on(job, isolated=False), guard, 2)
