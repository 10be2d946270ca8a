"""What an open DevTools does to wasm, beside the flag for V8's baseline tier; in real Chromium."""

import asyncio
import time
from pathlib import Path
from statistics import median

import pytest
from msgspec.structs import replace

from gapprof.browser import tasks
from gapprof.browser.ready import Ready, readied
from gapprof.browser.visit import Course
from gapprof.cold.visits import Starting
from gapprof.facts.conditions import BASELINE
from gapprof.records.job import Job
from gapprof.records.wire.time import Timed
from gapprof.subject.open import open_subject
from tests.browser.conftest import on

LAUNCHES = 3
ALIKE = 0.15
"""How near the flag would have to be to the debugger to stand for it, as a share."""


@pytest.fixture
def small(job: Job, tmp_path: Path) -> Job:
    """A small network of the zoo on the page's main thread."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    subject = open_subject("zoo:resnet20", shapes={}, inputs=None, seed=0, workdir=folder)
    return replace(
        on(job, where="main"),
        model_path=str(subject.original.path),
        external_data=subject.original.external_data,
        optimise=True,
        inputs_path=str(subject.inputs_path),
        outputs_path="",
        chain=None,
        pace=replace(job.pace, samples=15, warmup_ms=300.0),
    )


async def timed_ms(ready: Ready, job: Job) -> float:
    """The shortest: whatever else the machine does only makes runs longer."""
    return min((await ready.visit.ask(tasks.time_task(job), Timed)).samples_ms)


async def debugged(starting: Starting, job: Job) -> tuple[float, float]:
    """A run's ms before and after a debugger is attached, as an open DevTools attaches one."""
    course = Course(until=time.monotonic() + job.pace.deadline_s)
    async with readied(job, starting.equipment, course, dist=starting.dist) as ready:
        before = await timed_ms(ready, job)
        page = ready.visit.page
        await page.connection.call("Debugger.enable", session=page.session)
        await timed_ms(ready, job)  # the code is gone, and compiled anew
        return before, await timed_ms(ready, job)


async def baseline(starting: Starting, job: Job) -> float:
    course = Course(until=time.monotonic() + job.pace.deadline_s)
    flagged = on(job, js_flags=(BASELINE,))
    async with readied(flagged, starting.equipment, course, dist=starting.dist) as ready:
        return await timed_ms(ready, flagged)


@pytest.mark.long
def test_an_open_devtools_takes_longer_than_the_baseline_tier_which_is_called_the_least_of_it(
    starting: Starting, small: Job
) -> None:
    launches = [
        (*asyncio.run(debugged(starting, small)), asyncio.run(baseline(starting, small)))
        for _ in range(LAUNCHES)
    ]
    optimised_ms, debugged_ms, flagged_ms = (median(column) for column in zip(*launches, strict=True))
    assert flagged_ms > 1.3 * optimised_ms
    assert debugged_ms > (1 + ALIKE) * flagged_ms
