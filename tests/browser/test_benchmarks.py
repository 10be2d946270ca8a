"""What a benchmark plants in a page, or beside it, holds there."""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from busy.browser import accompanied
from busy.process import running
from msgspec.structs import replace

from gapprof import assets
from gapprof.backends.chromium import Chromium
from gapprof.browser.launch import launched
from gapprof.browser.visit import Equipment
from gapprof.gpu.graphics import here
from gapprof.gpu.visited import Gpu
from gapprof.guard import Guard
from gapprof.records.cold import WEB_STAGES
from gapprof.records.job import Job
from tests.browser.aftermath import PATIENCE_S
from tests.browser.conftest import on
from tests.browser.gpu_models import job_of
from tests.scripts import script
from tests.unit.facts.felt import trial

BUSY = script("benchmarks/busy_core.py")
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


def busy(pids: Iterable[int]) -> list[psutil.Process]:
    found = []
    for pid in pids:
        with suppress(psutil.Error):  # it ended meanwhile
            process = psutil.Process(pid)
            found += [process] if "busy.runs" in process.cmdline() else []
    return found


def used_s(process: psutil.Process) -> float:
    """Of CPU time; the kernel counts it in hundredths."""
    used = process.cpu_times()
    return used.user + used.system


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_process_of_the_browsers_session_is_at_work_when_the_browser_is_and_ends_with_it(
    chromium: Chromium, job: Job, guard: Guard, tmp_path: Path
) -> None:
    program = accompanied(chromium.executable, job, tmp_path)

    async def seen() -> psutil.Process:
        async with launched(program, guard=guard, deadline_s=PATIENCE_S) as browser:
            (one,) = busy(browser.pids())
            before_s, until = used_s(one), time.monotonic() + PATIENCE_S
            while used_s(one) - before_s < 0.05:
                assert time.monotonic() < until, "it is not at work"
                await asyncio.sleep(0.05)
            return one

    assert is_gone(asyncio.run(seen()))


def test_a_process_outside_the_browser_is_gone_when_somebody_interrupts(job: Job) -> None:
    found: list[psutil.Process] = []

    def interrupted() -> None:
        with running(job):
            found.extend(busy(child.pid for child in psutil.Process().children()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    (one,) = found
    assert is_gone(one)


def test_what_a_page_loses_is_a_ratio_of_visits_in_the_same_round() -> None:
    rest, worker, process = (
        {number: trial("idle", number, components_ms={"table": (ms * 2**number,)}) for number in rounds}
        for ms, rounds in ((10.0, range(4)), (12.0, range(4)), (15.0, range(2)))
    )
    trials = {BUSY.REST: rest, BUSY.WORKER: worker, BUSY.PROCESS: process, BUSY.SAME_SESSION: {}}
    ratios = [
        BUSY.ratio("components", trials, BUSY.WORKER, base)
        for base in (BUSY.REST, BUSY.PROCESS, BUSY.SAME_SESSION)
    ]
    assert ratios == ["1.20x [1.20, 1.20]", "0.80x [0.80, 0.80]", "no round has both"]
