"""The timed stretch of a page that counts: its code has the speed that it keeps, and so had its cores."""

import asyncio
import dataclasses
from dataclasses import dataclass
from statistics import fmean, median

from msgspec.structs import replace

from gapprof.browser import scheduler, tasks, tier_up
from gapprof.browser.crew import Crew
from gapprof.browser.ready import Ready, warmed_further
from gapprof.browser.tier_up import SHORT, Settling
from gapprof.browser.visit import BUILT_IN
from gapprof.core_speed import LOOK_S
from gapprof.cores_used import Whereabouts, used_between, whereabouts
from gapprof.fast_cores import FastCores, Waiting
from gapprof.records.job import Job
from gapprof.records.trial import Load
from gapprof.records.wire.time import Timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The stretch that counts, in a page that is as warm as it is by then."""

    ready: Ready
    timed: Timed
    load: Load
    compiled_ms: tuple[float, ...]
    """Of stretches before it that were warm-up."""


async def settled(job: Job, ready: Ready, waiting: Waiting) -> Settled:
    """One timed stretch and who used the processors meanwhile, beside which nothing was compiled and no core
    was slow; anew where it was so, as long as that is to be expected of the engine and the job has time.

    Raises CallError, VisitError.
    """
    page, browser = ready.visit.page, ready.visit.browser
    cores = FastCores(job.core_speed_for(_threads(job, ready.crew)), waiting)
    settling = Settling(ready.tier_up, ready.visit.course.until)
    while True:
        while not cores.ready_on(tuple(_whereabouts(ready.crew).places.values())):
            await asyncio.sleep(LOOK_S)
        first = _whereabouts(ready.crew)  # behind the look, which is on every core for a moment
        before = await scheduler.before(page, browser, ready.crew)
        timed = await ready.visit.ask(tasks.time_task(job), Timed)
        after = await scheduler.after(page, browser, ready.crew)
        used = used_between(first, _whereabouts(ready.crew))
        load = scheduler.load(before, after, runs_ms=timed.busy_ms)
        times_ms = timed.requests_ms or timed.samples_ms
        if _is_looked_at(job) and settling.was_warm_up(load, median(times_ms)):
            ready = await warmed_further(ready)
        elif cores.over(used, fmean(times_ms)):
            return Settled(
                ready=dataclasses.replace(ready, tier_up=settling.ended),
                timed=timed,
                load=replace(load, core_work=cores.found()),
                compiled_ms=tuple(settling.compiled_ms),
            )


def quiet_before(job: Job) -> float:
    """As `TierUp.share`: less before a stretch that is looked at and lasts longer than a whole quiet."""
    return SHORT if _is_looked_at(job) and job.pace.stretch_ms >= tier_up.QUIET_MS else 1.0


def _is_looked_at(job: Job) -> bool:
    """Whether compiling beside the stretch says that it was warm-up: what a page of somebody else's compiles
    beside its model is what it does to it."""
    return job.setting.page in BUILT_IN and not job.setting.tabs


def _threads(job: Job, crew: Crew) -> int:
    """As many as the model got, or was to get where nobody says."""
    return sum(role != "main" for role in crew.roles.values()) or job.setting.threads


def _whereabouts(crew: Crew) -> Whereabouts:
    """Of the threads that run the model."""
    if crew.renderer is None:
        return whereabouts(0, ())
    return whereabouts(crew.renderer, [tid for tid, role in crew.roles.items() if role != "main"])
