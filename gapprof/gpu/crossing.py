"""The library's runs once more, under the browser's tracing: what the way to the GPU's process and back takes
of processors. Never part of a timed visit."""

import time
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import tasks, tensors, tracing
from gapprof.browser.crossing import crossing_slices, stretch_of_runs
from gapprof.browser.trouble import reading
from gapprof.browser.visit import Equipment, Visit
from gapprof.errors import EnvironmentUnusable, ModelUnusable, WrongUse
from gapprof.gpu.graphics import here
from gapprof.gpu.visited import Gpu, visited
from gapprof.guard import Guard
from gapprof.measure.extra import Beyond, Extra, UnreachableError
from gapprof.records.crossing import TracedCrossing
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.wire.open import OpenTask
from gapprof.records.wire.time import Timed, TimeTask
from gapprof.records.wire.warm import Warmed, WarmTask

CATEGORIES = ("blink.user_timing", "gpu", "disabled-by-default-gpu.dawn")
TRACED_MS = 500.0
LEAST_RUNS, MOST_RUNS = 5, 50
"""Of a traced stretch: so many runs, or as many as fit."""
WARMED = WarmTask(warmup_ms=500.0, warmup_runs=LEAST_RUNS)
"""Beyond the warm-up of every visit: a page that has just opened a session has more to do than to run it."""
_SESSION = "web-session"


def tracing_crossing(settings: Settings, guard: Guard) -> Extra:
    """Bound to one run of this machine. What keeps the way from being traced is written down with it."""
    browser = assets.find_browser(settings.browser)
    equipment = Equipment(executable=browser, probes=assets.probes_web(), guard=guard)
    gpu, dist = Gpu(equipment=equipment, graphics=here(browser)), assets.web_dist(settings.web_dist)

    def traced(beyond: Beyond) -> None:
        if beyond.calls is None or not beyond.calls.exists():
            return  # nothing was recorded, and the replays say why
        beyond.teller.tell("crossing", "tracing the way to the GPU", rung=_SESSION)
        began = time.monotonic()
        try:
            found = crossed(beyond.job(_SESSION, 0, seed=settings.seed), gpu, dist=dist)
        except (UnreachableError, EnvironmentUnusable, ModelUnusable, WrongUse) as error:
            found = TracedCrossing(rung=_SESSION, took_s=0.0, why=str(error))
        beyond.journal.write(replace(found, took_s=time.monotonic() - began))
        beyond.teller.tell("crossing", "traced the way to the GPU", completed=True)

    return traced


def crossed(job: Job, gpu: Gpu, *, dist: Path) -> TracedCrossing:
    """Runs of a fresh page's session. Raises EnvironmentUnusable, ModelUnusable, WrongUse as
    `recorded.record` does."""
    module = assets.gpu_entry_point(dist, assets.webgpu_build(dist))
    block, pieces = tensors.packed(Path(job.inputs_path))

    async def run(visit: Visit) -> TracedCrossing:
        opening = tasks.open_task(job, base=visit.serving.base, module=module, inputs=pieces)
        return await crossed_in(visit, replace(opening, outputs_url=None), job)

    return visited(gpu, job, run, dist=dist, inputs=block)


async def crossed_in(visit: Visit, opening: OpenTask, job: Job) -> TracedCrossing:
    """Runs of a session, one after the other, under tracing. Raises VisitError."""
    connection, began = visit.page.connection, time.monotonic()
    opened = await visit.open(opening)
    warmed = await visit.ask(WARMED, Warmed)
    with reading("description of itself"):
        version = await connection.call("Browser.getVersion")
        product = str(version["product"])
    await tracing.start(connection, categories=CATEGORIES)
    timed = await visit.ask(_task(job, run_ms=median(warmed.runs_ms)), Timed)
    events = await tracing.stop(connection)
    with reading("trace"):
        stretch = stretch_of_runs(events, len(timed.runs_ms))
        slices = crossing_slices(events, stretch)
    return TracedCrossing(
        rung=job.rung,
        took_s=time.monotonic() - began,
        engine_version=product,
        adapter=opened.adapter,
        stretch_ms=stretch.ms,
        runs_ms=timed.runs_ms,
        slices=slices,
    )


def _task(job: Job, *, run_ms: float) -> TimeTask:
    """Requests without a pause between them, for they alone leave marks."""
    fitting = int(TRACED_MS / max(run_ms, 1e-3))
    return TimeTask(
        batch=1,
        samples=0,
        requests=max(LEAST_RUNS, min(MOST_RUNS, fitting)),
        think_ms=(0.0, 0.0),
        seed=job.seed,
        marks=True,
    )
