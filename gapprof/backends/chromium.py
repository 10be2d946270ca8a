"""onnxruntime-web in a page of real Chromium: a fresh browser with a fresh profile for every call."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import flags, scheduler, slices, states, tasks, tracing, windows
from gapprof.browser.cdp import CallError
from gapprof.browser.counted import patience_s, under_counting
from gapprof.browser.crew import Crew
from gapprof.browser.gpu_waits import WITH_WAITS, no_other_of_the_gpu
from gapprof.browser.loadable import loadable
from gapprof.browser.readback import seen
from gapprof.browser.ready import Ready, outcome, readied, tiered_up
from gapprof.browser.settled import quiet_before, settled
from gapprof.browser.trouble import VisitError, reading
from gapprof.browser.visit import BUILT_IN, OPEN_S, Course, Equipment, Visit, user_folder
from gapprof.errors import GapprofError
from gapprof.fast_cores import Waiting, unheard
from gapprof.gpu.graphics import here
from gapprof.guard import Guard
from gapprof.records.environment import Setting, is_url
from gapprof.records.gpu_runs import RunCourse
from gapprof.records.gpu_wire import GpuListened, GpuListenTask
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import CountedStretch, Failure, NodeTime, Profile, Seen, Trace, Trial
from gapprof.records.wire.contrast import Contrasted
from gapprof.records.wire.open import Opened
from gapprof.records.wire.profile import Profiled, ProfileTask
from gapprof.records.wire.time import Timed

CHAIN_PROFILED_RUNS = 20
LISTENED_RUNS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Chromium:
    """Visits pages in Chromium. Opened with `BACKEND.open`."""

    executable: Path
    web_dist: Path
    guard: Guard
    waiting: Waiting = unheard
    id: str = "chromium"

    def refuse(self, setting: Setting) -> str | None:
        """Why not: a build of onnxruntime-web that was not fetched, or a page that is not there."""
        try:
            dist = self._dist(setting)
        except GapprofError as error:
            return f"{error.message}. {error.hint}".rstrip()
        if setting.build == "pinned" and dist.samefile(self.web_dist):
            return "--web-dist is the pinned onnxruntime-web"
        for page in (setting.page, *setting.tabs):
            if page not in BUILT_IN and not is_url(page):
                folder, name = user_folder(page)
                if not (folder / name).is_file():
                    return f"there is no page {folder / name}"
        return None

    def timed(self, job: Job) -> Trial | Failure:
        """Open, warm up, time. Nothing but the page itself runs in the timed stretch."""
        return outcome(job, lambda course: self._timed(job, course))

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        """The same, then runs without and with onnxruntime's profiler, and the chain, all in one page."""
        return outcome(job, lambda course: self._profiled(job, course, timed))

    def traced(self, job: Job, timed: Callable[[Trial], None]) -> Trace | Failure | None:
        """The same as `timed`, then as many more requests under the browser's tracing, in the same page."""
        return outcome(job, lambda course: self._traced(job, course, timed))

    async def _timed(self, job: Job, course: Course) -> Trial:
        async with self._ready(job, course) as ready:
            _, trial = await self._trial(job, ready)
            return trial

    async def _trial(self, job: Job, ready: Ready) -> tuple[Ready, Trial]:
        """With the page, as warm as it is by then."""
        visit = ready.visit
        visit.course.phase = "timed"
        stretch = await settled(job, ready, self.waiting)
        ready, timed = stretch.ready, stretch.timed
        facts = await self._seen(job, ready)  # of a browser that may not live through what follows
        counted = await _counted(job, ready, timed)
        courses = await _courses(job, visit)
        visit.course.phase = "stop"
        trial = Trial(
            rung=job.rung,
            round=job.round,
            started_s=0.0,
            ended_s=0.0,
            batch=job.pace.batch,
            samples_ms=timed.samples_ms,
            requests_ms=timed.requests_ms,
            ways=timed.ways,
            runs_ms=timed.runs_ms,
            warmup_ms=ready.opened.warmup_ms,
            cold_ms={"browser": visit.browser.launch_ms, "page": visit.load_ms, **ready.opened.cold_ms},
            seen=facts,
            load=stretch.load,
            compiled_ms=stretch.compiled_ms,
            counted=counted,
            courses=courses,
        )
        return ready, trial

    async def _profiled(self, job: Job, course: Course, timed: Callable[[Trial], None]) -> Profile:
        async with self._ready(job, course) as ready:
            ready, trial = await self._trial(job, ready)
            timed(trial)
            visit = ready.visit
            before = await scheduler.before(visit.page, visit.browser, ready.crew)
            course.phase = "timed"
            most = job.most_profiled_runs
            task = tasks.profile_task(ready.opening, run_ms=ready.run_ms, most_runs=most)
            profiled = await visit.ask(task, Profiled)
            after = await scheduler.after(visit.page, visit.browser, ready.crew)
            dispatch_us, profiler_us = await _per_node_us(job, ready)
            return Profile(
                rung=job.rung,
                round=job.round,
                started_s=0.0,
                ended_s=0.0,
                unprofiled_ms=profiled.unprofiled_ms,
                profiled_ms=profiled.profiled_ms,
                model_run_ms=profiled.model_run_ms,
                nodes=tuple(
                    NodeTime(
                        name=node.name,
                        op_type=node.op_type,
                        provider=node.provider,
                        samples_ms=node.samples_ms,
                    )
                    for node in profiled.nodes
                ),
                dispatch_us_per_node=dispatch_us,
                profiler_us_per_node=profiler_us,
                seen=trial.seen,
                load=scheduler.load(before, after),
            )

    async def _traced(self, job: Job, course: Course, timed: Callable[[Trial], None]) -> Trace:
        async with self._ready(job, course) as ready:
            ready, trial = await self._trial(job, ready)
            timed(trial)
            if course.troubled:
                raise VisitError("the page failed at requests behind the timed ones", kind="page")
            visit = ready.visit
            connection, base = visit.page.connection, visit.serving.base
            before = await scheduler.before(visit.page, visit.browser, ready.crew)
            course.phase = "timed"
            await tracing.start(connection, categories=WITH_WAITS)
            with states.watched(ready.crew) as watch:
                told = await visit.ask(tasks.traced_task(job, run_ms=ready.run_ms), Timed)
            after = await scheduler.after(visit.page, visit.browser, ready.crew)
            course.phase = "stop"
            events = await tracing.stop(connection, keep=no_other_of_the_gpu)
            load = scheduler.load(before, after, runs_ms=told.busy_ms)
            with reading("trace"):
                stretch = slices.stretch_of(events)
                if traces_tell(ready.crew):
                    threads = windows.uses(events, stretch, job.setting.where)
                    load = replace(load, threads=threads, told_by="trace")
            return Trace(
                rung=job.rung,
                round=job.round,
                started_s=0.0,
                ended_s=0.0,
                stretch_ms=stretch.ms,
                slices=slices.summarise(events, stretch, base=base),
                requests_ms=told.requests_ms,
                runs_ms=told.runs_ms,
                held=windows.while_waiting(
                    events, stretch, job.setting.requests_from, ready.crew.roles, base=base
                ),
                inside=windows.while_running(events, stretch, job.setting.where, ready.crew.roles, base=base),
                beside=windows.beside_runs(events, stretch, job.setting.where, ready.crew.roles, base=base),
                seen=trial.seen,
                load=load,
                balances=watch.balances,
            )

    def _ready(self, job: Job, course: Course) -> AbstractAsyncContextManager[Ready]:
        equipment = Equipment(
            executable=self.executable,
            probes=assets.probes_web(),
            guard=self.guard,
            graphics=here(self.executable).browser_args,
        )
        dist, quiet = self._dist(job.setting), quiet_before(job)
        return readied(loadable(job), equipment, course, dist=dist, quiet=quiet)

    async def _seen(self, job: Job, ready: Ready) -> Seen:
        return await seen(
            job,
            ready.visit,
            ready.opened,
            self._dist(job.setting),
            tier_up=ready.tier_up,
            renderer=ready.crew.renderer,
        )

    def _dist(self, setting: Setting) -> Path:
        match setting.build:
            case "served":
                return self.web_dist
            case "pinned":
                return assets.web_dist()
            case _:
                return assets.web_dist_118()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromiumFactory:
    """Finds the browser and the build of onnxruntime-web that a run will use."""

    id: str = "chromium"

    def open(self, settings: Settings, guard: Guard, waiting: Waiting = unheard) -> Chromium:
        """Raises EnvironmentUnusable or WrongUse: no browser, no onnxruntime-web, an impossible argument."""
        flags.check(settings.browser_args)
        return Chromium(
            executable=assets.find_browser(settings.browser),
            web_dist=assets.web_dist(settings.web_dist),
            guard=guard,
            waiting=waiting,
        )


BACKEND = ChromiumFactory()


def traces_tell(crew: Crew) -> bool:
    """Whether a trace's own figures of threads are to stand in, as where the kernel says nothing of any.

    Where it does, one visit that cannot tell whose they are is no reason to mix both kinds in a run.
    """
    return crew.renderer is None and not crew.undecided


async def _counted(job: Job, ready: Ready, timed: Timed) -> CountedStretch | None:
    """Some more requests, of which the browser tells what the kernel does not; None where the kernel tells it
    all, or nothing, where there is no time for them, and where the page fails at them: the trial counts.

    It does not where a GPU is lost meanwhile, see `_courses`. Raises VisitError.
    """
    visit, crew = ready.visit, ready.crew
    by_main_thread = crew.renderer is not None and crew.roles[crew.renderer] == "inference"
    if job.setting.pacing != "paced" or not by_main_thread:
        return None
    period_ms = timed.stretch_ms / len(timed.requests_ms)
    task = tasks.counted_task(job, period_ms=period_ms)
    try:
        most_s = patience_s(task.requests * period_ms / 1e3, left_s=visit.course.left_s(OPEN_S))
        if most_s is None:
            return None
        told, load = await under_counting(
            visit.page, visit.browser, crew, lambda: visit.ask(task, Timed), deadline_s=most_s
        )
    except VisitError as error:
        if job.setting.device == "gpu" and error.kind in ("crash", "environment"):
            raise
        visit.course.troubled = True
        return None
    except (CallError, OSError):  # one that is late among them
        visit.course.troubled = True
        return None
    return CountedStretch(runs_ms=told.runs_ms, load=load)


async def _courses(job: Job, visit: Visit) -> tuple[RunCourse, ...]:
    """When some more runs submit to a GPU and wait for it; empty where nobody knows: the trial counts.

    It does not where the GPU is lost or has no memory left by then, which may come to light after the runs
    that were timed. Raises VisitError.
    """
    setting = job.setting
    if setting.device != "gpu" or setting.gpu_api != "webgpu" or setting.where == "proxy":
        return ()
    try:
        return (await visit.ask(GpuListenTask(runs=LISTENED_RUNS), GpuListened)).courses
    except VisitError as error:
        if error.kind in ("crash", "environment"):
            raise
        return ()


async def _per_node_us(job: Job, ready: Ready) -> tuple[float | None, float | None]:
    """What dispatching one node costs, and what the profiler adds to one node's time, on the chain.

    None where the chain does not run: the profile counts all the same. The chain against its first link,
    in turn, as natively: the difference holds no cost per run, only that of one more node that has next to
    nothing to compute. A node's time by the profiler, less its dispatch, is the profiler's own work.
    """
    if job.chain is None:
        return None, None
    visit = ready.visit
    chain, first_link = (
        tasks.chain_task(ready.opening, base=visit.serving.base, path=path)
        for path in (job.chain.path, job.chain.first_link_path)
    )
    try:
        await visit.ask(chain, Opened)
        await tiered_up(visit, ready.crew.renderer)
        timed = await visit.ask(tasks.chain_contrast(first_link), Contrasted)
        profiled = await visit.ask(ProfileTask(open=chain, blocks=1, runs=CHAIN_PROFILED_RUNS), Profiled)
    except VisitError:
        return None, None
    difference_ms = median(long - short for long, short in zip(timed.open_ms, timed.other_ms, strict=True))
    dispatch_us = difference_ms * 1e3 / (job.chain.nodes - 1)
    node_us = median(fmean(run) for run in zip(*(n.samples_ms for n in profiled.nodes), strict=True)) * 1e3
    return dispatch_us, node_us - dispatch_us
