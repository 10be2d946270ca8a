"""onnxruntime-web in a page of real Chromium: a fresh browser with a fresh profile for every call."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import TypeVar

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import blocking, flags, scheduler, slices, tasks, tensors, tracing
from gapprof.browser.cdp import CallError
from gapprof.browser.readback import seen
from gapprof.browser.tier_up import CHUNK, TierUp, compiled_since, compiler_ms
from gapprof.browser.trouble import VisitError, failure, reading
from gapprof.browser.visit import Course, Equipment, Visit, user_folder, visiting
from gapprof.errors import EnvironmentUnusable, GapprofError
from gapprof.guard import Guard
from gapprof.records.environment import Setting, is_url
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, NodeTime, Profile, Seen, TierUpEnd, Trace, Trial
from gapprof.records.wire import Contrasted, Opened, OpenTask, Profiled, ProfileTask, Timed, Warmed

T = TypeVar("T")

CHAIN_PROFILED_RUNS = 20
_MACHINE = (
    "See that there is room on the disk of the temporary folder, memory, and that the files are still there."
)
_NET_S = 10.0
"""Every step ends at the deadline by itself; this catches what is no step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A page whose session is warm."""

    visit: Visit
    opening: OpenTask
    opened: Opened
    """Its warm-up runs go on to the last one."""
    tier_up: TierUpEnd

    @property
    def run_ms(self) -> float:
        """What a run takes by now."""
        return median(self.opened.warmup_ms[-5:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Chromium:
    """Visits pages in Chromium. Opened with `BACKEND.open`."""

    executable: Path
    web_dist: Path
    guard: Guard
    id: str = "chromium"

    def refuse(self, setting: Setting) -> str | None:
        """Why not: a build of onnxruntime-web that was not fetched, or a page that is not there."""
        try:
            self._dist(setting)
        except GapprofError as error:
            return f"{error.message}. {error.hint}".rstrip()
        if setting.page not in ("quiet", "busy") and not is_url(setting.page):
            folder, name = user_folder(setting.page)
            if not (folder / name).is_file():
                return f"there is no page {folder / name}"
        return None

    def timed(self, job: Job) -> Trial | Failure:
        """Open, warm up, time. Nothing but the page itself runs in the timed stretch."""
        return _outcome(job, lambda course: self._timed(job, course))

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        """The same, then runs without and with onnxruntime's profiler, and the chain, all in one page."""
        return _outcome(job, lambda course: self._profiled(job, course, timed))

    def traced(self, job: Job) -> Trace | Failure | None:
        """Paced requests under the browser's tracing."""
        return _outcome(job, lambda course: self._traced(job, course))

    async def _timed(self, job: Job, course: Course) -> Trial:
        async with self._ready(job, course) as ready:
            return await self._trial(job, ready)

    async def _trial(self, job: Job, ready: Ready) -> Trial:
        visit, opened = ready.visit, ready.opened
        connection, browser = visit.page.connection, visit.browser
        before = await scheduler.before(connection, browser)
        visit.course.phase = "timed"
        timed = await visit.ask(tasks.time_task(job), Timed)
        after = await scheduler.after(connection, browser)
        visit.course.phase = "stop"
        return Trial(
            rung=job.rung,
            round=job.round,
            started_s=0.0,
            ended_s=0.0,
            batch=job.pace.batch,
            samples_ms=timed.samples_ms,
            requests_ms=timed.requests_ms,
            ways=timed.ways,
            warmup_ms=opened.warmup_ms,
            cold_ms={"browser": browser.launch_ms, "page": visit.load_ms, **opened.cold_ms},
            seen=await self._seen(job, ready),
            load=scheduler.load(before, after),
        )

    async def _profiled(self, job: Job, course: Course, timed: Callable[[Trial], None]) -> Profile:
        async with self._ready(job, course) as ready:
            trial = await self._trial(job, ready)
            timed(trial)
            visit = ready.visit
            connection, browser = visit.page.connection, visit.browser
            before = await scheduler.before(connection, browser)
            course.phase = "timed"
            profiled = await visit.ask(tasks.profile_task(ready.opening, run_ms=ready.run_ms), Profiled)
            after = await scheduler.after(connection, browser)
            dispatch_us, profiler_us = await _per_node_us(job, visit, ready.opening)
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

    async def _traced(self, job: Job, course: Course) -> Trace:
        async with self._ready(job, course) as ready:
            visit = ready.visit
            connection, browser = visit.page.connection, visit.browser
            facts = await self._seen(job, ready)
            before = await scheduler.before(connection, browser)
            course.phase = "timed"
            await tracing.start(connection)
            timed = await visit.ask(tasks.traced_task(job, run_ms=ready.run_ms), Timed)
            after = await scheduler.after(connection, browser)
            course.phase = "stop"
            events = await tracing.stop(connection)
            with reading("trace"):
                stretch = slices.stretch_of(events)
                summary = slices.summarise(events, stretch, base=visit.serving.base)
            return Trace(
                rung=job.rung,
                round=job.round,
                started_s=0.0,
                ended_s=0.0,
                stretch_ms=stretch.ms,
                slices=summary,
                requests_ms=timed.requests_ms,
                seen=facts,
                load=scheduler.load(before, after),
            )

    @asynccontextmanager
    async def _ready(self, job: Job, course: Course) -> AsyncIterator[Ready]:
        """A visit with the model loaded, its outputs saved, warmed up until the engine has compiled it."""
        dist = self._dist(job.setting)
        block, pieces = tensors.packed(Path(job.inputs_path))
        equipment = Equipment(executable=self.executable, probes=assets.probes_web(), guard=self.guard)
        async with visiting(job, equipment, course, dist=dist, inputs=block) as visit:
            opening = tasks.open_task(
                job, base=visit.serving.base, module=assets.entry_point(dist), inputs=pieces
            )
            opened = await visit.open(opening)
            if job.outputs_path:
                with reading("block of outputs"):
                    outputs = tensors.unpacked(visit.serving.site.posted.get("outputs", b""), opened.outputs)
                tensors.save(outputs, Path(job.outputs_path))
            course.phase = "warmup"
            tier_up = await _tiered_up(visit)
            yield Ready(
                visit=visit,
                opening=opening,
                opened=replace(opened, warmup_ms=(*opened.warmup_ms, *tier_up.runs_ms)),
                tier_up=tier_up.ended,
            )

    async def _seen(self, job: Job, ready: Ready) -> Seen:
        return await seen(
            job,
            ready.visit,
            ready.opened,
            self._dist(job.setting),
            tier_up=ready.tier_up,
        )

    def _dist(self, setting: Setting) -> Path:
        return self.web_dist if setting.build == "served" else assets.web_dist_118()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromiumFactory:
    """Finds the browser and the build of onnxruntime-web that a run will use."""

    id: str = "chromium"

    def open(self, settings: Settings, *, guard: Guard) -> Chromium:
        """Raises EnvironmentUnusable or WrongUse: no browser, no onnxruntime-web, an impossible argument."""
        flags.check(settings.browser_args)
        return Chromium(
            executable=assets.find_browser(settings.browser),
            web_dist=assets.web_dist(settings.web_dist),
            guard=guard,
        )


BACKEND = ChromiumFactory()


async def _tiered_up(visit: Visit) -> TierUp:
    """Warm up in short stretches until the renderer's compiler threads are idle."""
    pid = await scheduler.busiest_renderer(visit.page.connection)
    tier_up = TierUp()
    while not tier_up.over:
        before_ms, began = compiler_ms(pid), time.perf_counter()
        warmed = await visit.ask(CHUNK, Warmed)
        wall_ms = (time.perf_counter() - began) * 1e3
        tier_up.add(warmed.runs_ms, compiled_since(pid, before_ms), wall_ms=wall_ms)
    return tier_up


async def _per_node_us(job: Job, visit: Visit, opening: OpenTask) -> tuple[float | None, float | None]:
    """What dispatching one node costs, and what the profiler adds to one node's time, on the chain.

    None where the chain does not run: the profile counts all the same. The chain against its first link,
    in turn, as natively: the difference holds no cost per run, only that of one more node that has next to
    nothing to compute. A node's time by the profiler, less its dispatch, is the profiler's own work.
    """
    if job.chain is None:
        return None, None
    chain, first_link = (
        tasks.chain_task(opening, base=visit.serving.base, path=path)
        for path in (job.chain.path, job.chain.first_link_path)
    )
    try:
        await visit.ask(chain, Opened)
        await _tiered_up(visit)
        timed = await visit.ask(tasks.chain_contrast(first_link), Contrasted)
        profiled = await visit.ask(ProfileTask(open=chain, blocks=1, runs=CHAIN_PROFILED_RUNS), Profiled)
    except VisitError:
        return None, None
    difference_ms = median(long - short for long, short in zip(timed.open_ms, timed.other_ms, strict=True))
    dispatch_us = difference_ms * 1e3 / (job.chain.nodes - 1)
    node_us = median(fmean(run) for run in zip(*(n.samples_ms for n in profiled.nodes), strict=True)) * 1e3
    return dispatch_us, node_us - dispatch_us


def _outcome(job: Job, carry_out: Callable[[Course], Awaitable[T]]) -> T | Failure:
    """Run to the end in time; whatever a browser, a page or a model does becomes a Failure here."""
    course = Course(until=time.monotonic() + job.pace.deadline_s)

    async def whole() -> T:
        async with asyncio.timeout(job.pace.deadline_s + _NET_S):
            return await carry_out(course)

    try:
        return blocking.run(whole)
    except VisitError as error:
        return failure(job, error, phase=course.phase)
    except TimeoutError:
        late = VisitError("the browser did not answer in time", kind="timeout")
        return failure(job, late, phase=course.phase)
    except CallError as error:
        refused = VisitError(f"the browser refused a call: {error}", kind="page")
        return failure(job, refused, phase=course.phase)
    except EnvironmentUnusable as error:
        trouble = VisitError(error.message, kind="environment", phase="start", hint=error.hint)
        return failure(job, trouble, phase=course.phase)
    except OSError as error:  # a full disk, no more sockets, a file that went away
        machine = VisitError(f"the machine refused: {error}", kind="environment", hint=_MACHINE)
        return failure(job, machine, phase=course.phase)
