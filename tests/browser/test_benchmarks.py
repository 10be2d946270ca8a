"""What a benchmark plants in a page holds there."""

from pathlib import Path

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser.visit import Equipment
from gapprof.gpu.graphics import here
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.records.cold import WEB_STAGES
from tests.browser.conftest import on
from tests.browser.gpu_models import job_of
from tests.scripts import script

LISTENERS = script("benchmarks/cold_listeners.py")
NO_STAGE_OF_THE_STEP = {"page", "worker"}


def test_a_start_that_nobody_listens_to_goes_the_same_way_and_tells_nothing_of_the_gpu(
    guard: Guard, tmp_path: Path
) -> None:
    browser = assets.find_browser()
    equipment = Equipment(executable=browser, probes=LISTENERS.deaf_modules(tmp_path), guard=guard)
    job = replace(on(job_of("matmul", tmp_path), device="gpu"), outputs_path="")
    seen = LISTENERS.start(job, Gpu(equipment=equipment, graphics=here(browser)))
    assert list(seen.started.stages_ms) == [one for one in WEB_STAGES if one not in NO_STAGE_OF_THE_STEP]
    assert seen.started.gpu_made == ()
    assert seen.adapter
