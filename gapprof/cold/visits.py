"""Starts in fresh browsers with a profile in common: what one has fetched and compiled, the next one finds.

V8 keeps compiled wasm in the browser's code cache only where it was compiled while it was fetched (as
onnxruntime-web does), and only code of its optimising tier: by its own rule once 1 MB of that has come
together, or when nothing more was compiled for 2 s (`--wasm-caching-hard-threshold`,
`--wasm-caching-timeout-ms`). In Chromium 156 a model's start stays below the first, and the second never left
anything within 16 s; so V8 is told to keep what it has. That needs a browser that fills the cache first, for
V8 takes no code that was made under other flags.

On a GPU the cache beside HTTP's that matters is the one of shaders and pipelines, which the browser fills by
itself; it is forgotten before the warm start, and the start after that finds what the warm one left.
"""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from msgspec import structs

from gapprof.browser import scheduler, tasks, tensors, tracing
from gapprof.browser.counters import counters, counting
from gapprof.browser.crew import SIGNS_S, Crew, beginnings, crew
from gapprof.browser.flags import NO_GPU
from gapprof.browser.launch import closed
from gapprof.browser.ready import module_of, outcome
from gapprof.browser.server import Serving
from gapprof.browser.trouble import VisitError, reading
from gapprof.browser.visit import Course, Equipment, Visit, served, visited
from gapprof.cold import shader_cache
from gapprof.cold.compiling import CATEGORIES, code_cached, compiled, compilers, optimised_ms
from gapprof.cold.witness import WORD, witnessed
from gapprof.records.cold import Cache, Creations, Start
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from gapprof.records.wire.open import OpenTask
from gapprof.records.wire.start import Started, StartStep, StartTask

SETTLE_MS = 2000.0
"""V8 compiles for 1.2 s at the most (see `tier_up`)."""
LATER_SETTLE_MS = 500.0
"""Of starts that find something in a cache: what runs take once they are steady is known by then."""
SETTLE_RUNS = 12
KEPT_RUNS = 200
"""Of a fast model's thousands: the first ones show the curve."""
RECREATIONS = 4
KEEPING = "--wasm-caching-hard-threshold=50000"
"""V8 keeps what it has whenever so many bytes of optimised code came together."""
_KEPT = "private, max-age=3600"
_CODE_S = 8.0
"""For the code to reach the disk."""
_CODE = "*/Code Cache/wasm/*_0"
_CODE_CACHES = "*/Code Cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A page at a start."""

    visit: Visit
    job: Job
    opening: OpenTask
    cache: Cache
    now_s: Callable[[], float]

    async def step(self, step: StartStep) -> Started:
        """Have it done."""
        task = StartTask(
            step=step,
            open=self.opening,
            settle_ms=SETTLE_MS if self.cache == "cold" else LATER_SETTLE_MS,
            settle_runs=SETTLE_RUNS,
            recreations=RECREATIONS,
            word=WORD,
        )
        return await self.visit.ask(task, Started)


Begin = Callable[[Going], Awaitable[Start]]
GoOn = Callable[[Going], Awaitable[Sequence[Creations]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """Where visits are made: the same equipment and build for all of a run."""

    equipment: Equipment
    dist: Path
    now_s: Callable[[], float]

    def started(self, job: Job) -> tuple[Start | Creations, ...] | Failure:
        """A start for every state of the caches, and sessions made anew.

        Without `code-cached` where V8 keeps no code in spite of what it was told; with `gpu-cached` in its
        place on a GPU.
        """
        return outcome(job, lambda course: self._visited(job, course, plainly, recreated))

    def traced(self, job: Job) -> tuple[Start | Creations, ...] | Failure:
        """The same starts under the browser's tracing."""
        return outcome(job, lambda course: self._visited(job, course, under_tracing, nothing_more))

    async def _visited(
        self, job: Job, course: Course, begin: Begin, go_on: GoOn
    ) -> tuple[Start | Creations, ...]:
        block, pieces = tensors.packed(Path(job.inputs_path))
        found: list[Start | Creations] = []
        with (
            served(job, self.equipment, dist=self.dist, inputs=block, caching=_KEPT) as server,
            self.equipment.guard.folder("profile") as profile,
        ):
            opening = tasks.open_task(job, base=server.base, module=module_of(job, self.dist), inputs=pieces)

            @asynccontextmanager
            async def at(cache: Cache) -> AsyncIterator[Going]:
                asked = telling(job) if cache == "code-cached" else job
                async with self._browser(asked, course, server, profile) as visit:
                    yield Going(visit=visit, job=asked, opening=opening, cache=cache, now_s=self.now_s)

            async with at("cold") as going:
                found.append(structs.replace(await begin(going), code_kept=code_kept(profile)))
            forget_code(profile)
            shader_cache.forget(profile)
            async with at("warm") as going:
                found.append(await begin(going))
                found += await go_on(going)
            forget_code(profile)
            if job.setting.device == "gpu":
                kept = shader_cache.entries(profile)
                async with at("gpu-cached") as going:
                    found.append(structs.replace(await begin(going), gpu_kept=kept))
                return tuple(found)
            async with at("code-cached") as going:
                filled = await _filled(going, profile)
            if filled:
                async with at("code-cached") as going:
                    found.append(structs.replace(await begin(going), v8_flags=(KEEPING,)))
        return tuple(found)

    @asynccontextmanager
    async def _browser(
        self, job: Job, course: Course, server: Serving, profile: Path
    ) -> AsyncIterator[Visit]:
        """One that leaves its caches on the disk, where nothing went wrong."""
        graphics = self.equipment.graphics if job.setting.device == "gpu" else NO_GPU
        async with visited(
            job, self.equipment, course, server=server, profile=profile, graphics=graphics
        ) as visit:
            yield visit
            await closed(visit.browser, visit.page.connection)


def telling(job: Job) -> Job:
    """The same job in a browser whose V8 is told to keep compiled code."""
    setting = job.setting
    return structs.replace(job, setting=structs.replace(setting, js_flags=(*setting.js_flags, KEEPING)))


def code_kept(profile: Path) -> bool:
    """Whether compiled wasm stands in the code cache of this profile."""
    return any(profile.glob(_CODE))


def forget_code(profile: Path) -> None:
    """Leave the HTTP cache alone there. No browser may run on it."""
    for folder in profile.glob(_CODE_CACHES):
        shutil.rmtree(folder)


async def _filled(going: Going, profile: Path) -> bool:
    """Go the whole way, and wait for what V8 leaves of it."""
    for step in ("prepare", "start", "settle"):
        await going.step(step)
    patience = time.monotonic() + _CODE_S
    while not code_kept(profile) and time.monotonic() < patience:
        await asyncio.sleep(0.05)
    return code_kept(profile)


async def plainly(going: Going) -> Start:
    """Nothing but the page itself runs, from the order until the first result."""
    visit, began = going.visit, going.now_s()
    visit.course.phase = "load"
    page_ms = await _page_ms(visit)
    renderers = await beginnings(visit.page.connection)
    prepared = await going.step("prepare")
    nobody = Crew(renderer=None)
    before = await scheduler.before(visit.page, visit.browser, nobody)
    async with witnessed(visit.page) as witness:
        ordered = perf_counter()
        started = await going.step("start")
        answered = perf_counter()
    result_s = witness.result_s(ordered, answered)
    most_s = visit.course.left_s(SIGNS_S)
    owner = await crew(visit.page, going.job.setting.where, renderers, most_s=most_s)
    after = await scheduler.after(visit.page, visit.browser, owner)
    visit.course.phase = "warmup"
    settled = await going.step("settle")
    return Start(
        side="web",
        cache=going.cache,
        round=going.job.round,
        started_s=began,
        ended_s=going.now_s(),
        threads=started.threads,
        stages_ms={"page": page_ms, **started.stages_ms},
        observed_ms=(answered - ordered) * 1e3,
        whole_observed_ms=(answered - visit.navigated_s) * 1e3,
        pause_ms=started.moment_ms - prepared.moment_ms,
        word_ms=None if result_s is None else (answered - result_s) * 1e3,
        runs_ms=(started.stages_ms["first-run"], *settled.runs_ms)[:KEPT_RUNS],
        files=started.files,
        gpu_made=started.gpu_made,
        gpu_waits_ms=settled.gpu_waits_ms,
        load=scheduler.load(before, after),
    )


async def _page_ms(visit: Visit) -> float:
    """From the order to navigate to DOMContentLoaded: the browser's clock, set by ours with one reading.

    It says so only while it counts, which is over before the start is ordered.
    """
    async with counting(visit.page):
        asked_s = perf_counter()
        at_s = await counters(visit.page)
        answered_s = perf_counter()
    with reading("metrics"):
        ours_s = (asked_s + answered_s) / 2 - at_s["Timestamp"]
        return (at_s["DomContentLoaded"] + ours_s - visit.navigated_s) * 1e3


async def under_tracing(going: Going) -> Start:
    """The same, with what V8's compilers did."""
    connection = going.visit.page.connection
    await tracing.start(connection, categories=(*tracing.CATEGORIES, *CATEGORIES))
    start = await plainly(going)
    events = await tracing.stop(connection)
    with reading("trace"):
        return structs.replace(
            start,
            traced=True,
            compiled=compiled(events),
            compilers=compilers(events),
            optimised_ms=sum(optimised_ms(events)),
            code_cached=code_cached(events),
        )


async def recreated(going: Going) -> Sequence[Creations]:
    """Sessions made anew, where all code is warm; none where that does not work."""
    began = going.now_s()
    going.visit.course.phase = "create"
    try:
        made = await going.step("recreate")
    except VisitError:  # what was seen until then counts all the same
        return ()
    creations = Creations(
        side="web",
        round=going.job.round,
        started_s=began,
        ended_s=going.now_s(),
        usual_ms=made.usual_ms,
        unoptimised_ms=made.unoptimised_ms,
        unpacked_ms=made.unpacked_ms,
        parse_ms=made.parse_ms,
    )
    return (creations,)


async def nothing_more(_going: Going) -> Sequence[Creations]:
    """A traced visit has shown what it is for."""
    return ()
