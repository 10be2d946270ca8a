"""Two kinds of visit: one that feels the page, and one that answers a stream."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from gapprof import assets
from gapprof.browser import scheduler, tasks, tensors
from gapprof.browser.ready import Ready, outcome, readied
from gapprof.browser.trouble import VisitError, reading
from gapprof.browser.visit import Course, Equipment, Visit, visiting
from gapprof.browser.watched_cores import on_fast_cores
from gapprof.fast_cores import FastCores, Waiting, unheard
from gapprof.records.job import Job
from gapprof.records.qoe import Condition, FeltTrial
from gapprof.records.trial import Failure, Load
from gapprof.records.wire.answers import Answered, AnswersTask
from gapprof.records.wire.clicked import ClickedTask, Clicks
from gapprof.records.wire.felt import Felt, FeltTask
from gapprof.records.wire.tensors import TensorSlice

WATCH_MS = 2000.0
"""Long against a second, over which rates of frames are counted (Wang et al. 2025, section 5)."""
REPEATS = 6
CLICKS = 10
BETWEEN_CLICKS_S = (0.06, 0.18)
STEP_DUTY = 0.5
"""Of the application's steps: the model runs half of the time (the same)."""
_CLICK_AT = {"x": 60, "y": 60}
_LISTENS = "String(document.querySelector('[data-gapprof-listens]') !== null)"
_MOST_S = 60.0
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeling:
    """Where visits are made: the same equipment and build for all of a run."""

    equipment: Equipment
    dist: Path
    now_s: Callable[[], float]
    waiting: Waiting = unheard

    def felt(self, job: Job, condition: Condition) -> FeltTrial | Failure:
        """A fresh browser under one condition."""
        return outcome(job, lambda course: self._felt(job, condition, course))

    def answered(self, job: Job, frames: list[Path]) -> tuple[list[Arrays], tuple[float, ...]] | Failure:
        """Outputs and run times of the model in the page, frame by frame."""
        return outcome(job, lambda course: self._answered(job, frames, course))

    async def _felt(self, job: Job, condition: Condition, course: Course) -> FeltTrial:
        began = self.now_s()
        works = condition != "idle"
        async with readied(job, self.equipment, course, dist=self.dist) as ready:
            course.phase = "timed"
            task = FeltTask(
                duty=float(works),
                step_duty=STEP_DUTY * works,
                watch_ms=WATCH_MS,
                repeats=REPEATS,
                seed=job.seed,
            )
            felt, clicks, load = await self._on_fast_cores(job, ready, task)
            return FeltTrial(
                condition=condition,
                round=job.round,
                graph="own" if job.optimise else "common",
                started_s=began,
                ended_s=self.now_s(),
                duty=task.duty,
                step_duty=task.step_duty,
                frames_ms=felt.frames_ms,
                long_tasks_ms=felt.long_tasks_ms,
                video_frames=felt.video_frames,
                video_dropped=felt.video_dropped,
                video_ms=felt.video_ms,
                components_ms=felt.components_ms,
                steps_ms=felt.steps_ms,
                events_ms=clicks.events_ms,
                runs_ms=felt.runs_ms,
                runs_over_ms=felt.runs_over_ms,
                step_runs_ms=felt.step_runs_ms,
                step_runs_over_ms=felt.step_runs_over_ms,
                threads=ready.opened.threads,
                load=load,
            )

    async def _on_fast_cores(self, job: Job, ready: Ready, task: FeltTask) -> tuple[Felt, Clicks, Load]:
        """In one page, anew where a core was slow before or after, as long as the job has patience for it."""
        cores = FastCores(job.core_speed_for(ready.opened.threads), self.waiting)

        async def feel() -> tuple[Felt, Clicks]:
            felt = await ready.visit.ask(task, Felt)
            return felt, await _clicked(ready, duty=task.duty, seed=job.seed)

        while True:
            # Of all threads of the page: whoever runs the model, its main one is felt.
            (felt, clicks), between = await on_fast_cores(cores, ready, tuple(ready.crew.roles), feel)
            if cores.over(between.used, fmean(ms for times in felt.components_ms.values() for ms in times)):
                load = scheduler.load(between.before, between.after)
                return felt, clicks, replace(load, core_work=cores.found())

    async def _answered(
        self, job: Job, frames: list[Path], course: Course
    ) -> tuple[list[Arrays], tuple[float, ...]]:
        own, opening_inputs = tensors.packed(Path(job.inputs_path))
        block, slices = bytearray(), []
        for frame in frames:
            packed, pieces = tensors.packed(frame)
            slices.append(tuple(replace(one, offset=one.offset + len(block)) for one in pieces))
            block += packed
        blobs = {"frames.bin": bytes(block)}
        async with visiting(job, self.equipment, course, dist=self.dist, inputs=own, blobs=blobs) as visit:
            base = visit.serving.base
            opening = tasks.open_task(
                job, base=base, module=assets.entry_point(self.dist), inputs=opening_inputs
            )
            await visit.open(opening)
            course.phase = "timed"
            task = AnswersTask(
                ort_url=opening.ort_url,
                inputs_url=f"{base}frames.bin",
                inputs=tuple(slices),
                outputs_url=f"{base}outputs",
            )
            answered = await visit.ask(task, Answered)
            with reading("block of answers"):
                outputs = _unpacked(visit.serving.site.posted.get("outputs", b""), answered.outputs)
            return outputs, answered.runs_ms


def _unpacked(block: bytes, outputs: tuple[tuple[TensorSlice, ...], ...]) -> list[Arrays]:
    found, at = [], 0
    for slices in outputs:
        size = sum(piece.size_bytes for piece in slices)
        found.append(tensors.unpacked(block[at : at + size], slices))
        at += size
    return found


async def _clicked(ready: Ready, *, duty: float, seed: int) -> Clicks:
    """The page listens while somebody clicks. Raises VisitError where not a single click was heard."""
    visit, moments = ready.visit, np.random.default_rng(seed)
    task = ClickedTask(duty=duty, clicks=CLICKS, most_ms=_MOST_S * 1e3)

    async def click() -> None:
        for _ in range(CLICKS):
            await asyncio.sleep(moments.uniform(*BETWEEN_CLICKS_S))
            for kind in ("mousePressed", "mouseReleased"):
                await visit.page.connection.call(
                    "Input.dispatchMouseEvent",
                    {"type": kind, **_CLICK_AT, "button": "left", "clickCount": 1},
                    session=visit.page.session,
                    deadline_s=visit.course.left_s(_MOST_S),
                )

    hearing = asyncio.create_task(visit.ask(task, Clicks, most_s=2 * _MOST_S))
    clicking = asyncio.create_task(_once_it_listens(visit, hearing, click))
    try:
        heard, _ = await asyncio.gather(hearing, clicking)
    finally:
        for one in (hearing, clicking):
            one.cancel()
    if not heard.events_ms:
        raise VisitError("the page heard no click", kind="page")
    return heard


async def _once_it_listens(
    visit: Visit, hearing: asyncio.Task[Clicks], click: Callable[[], Awaitable[None]]
) -> None:
    """A click that came before would be lost, and the page wait for it. None is made where it gave up."""
    while not hearing.done():
        if await visit.page.evaluate(_LISTENS, deadline_s=visit.course.left_s(_MOST_S)) == "true":
            await asyncio.sleep(2 * BETWEEN_CLICKS_S[1])  # what it has just made of itself is painted by then
            await click()
            return
        await asyncio.sleep(0.02)
