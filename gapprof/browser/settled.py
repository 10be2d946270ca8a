"""The timed stretch of a page that counts: its code has the speed that it keeps, and so had its cores."""

import dataclasses
from dataclasses import dataclass
from statistics import median

from msgspec.structs import replace

from gapprof.browser import tier_up
from gapprof.browser.crew import Crew
from gapprof.browser.pieces import Stretch, stretch
from gapprof.browser.ready import Ready, warmed_further
from gapprof.browser.tier_up import SHORT, Settling, compiled_share
from gapprof.browser.visit import BUILT_IN
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
    cores = FastCores(job.core_speed_for(_threads(job, ready.crew)), waiting)
    settling = Settling(ready.tier_up, ready.visit.course.until)
    found = await stretch(job, ready, cores)
    while _is_looked_at(job) and settling.was_warm_up(_compiled_most(found), median(found.times_ms)):
        ready = await warmed_further(ready)
        cores.forget()
        found = await stretch(job, ready, cores)
    return Settled(
        ready=dataclasses.replace(ready, tier_up=settling.ended),
        timed=found.timed,
        load=replace(found.load, core_work=cores.found()),
        compiled_ms=tuple(settling.compiled_ms),
    )


def _compiled_most(found: Stretch) -> Load:
    """Of all its loads: what is compiled beside a piece that does not count was not yet, before it."""
    return max((found.load, *found.others), key=compiled_share)


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
