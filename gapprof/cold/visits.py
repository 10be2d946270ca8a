"""A start in a fresh browser, and another one in the same browser, which has fetched everything by then."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from msgspec import structs

from gapprof import assets
from gapprof.browser import scheduler, tasks, tensors, tracing
from gapprof.browser.crew import Crew, counting, crew
from gapprof.browser.page import brought_to
from gapprof.browser.ready import outcome
from gapprof.browser.trouble import VisitError, reading
from gapprof.browser.visit import Course, Equipment, Visit, visiting
from gapprof.cold.compiling import CATEGORIES, code_cached, compiled, optimised_ms
from gapprof.records.cold import CACHES, Cache, Creations, FetchedFile, Start
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from gapprof.records.wire import OpenTask, Started, StartStep, StartTask

SETTLE_MS = 2000.0
"""V8 compiles for 1.2 s at the most (see `tier_up`)."""
SETTLE_RUNS = 12
KEPT_RUNS = 200
"""Of a fast model's thousands: the first ones show the curve."""
RECREATIONS = 4
_KEPT = "private, max-age=3600"
_ELSEWHERE = "about:blank"
_PAGE_S, _ANSWER_S = 60.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A page at a start."""

    visit: Visit
    job: Job
    opening: OpenTask
    cache: Cache
    page_ms: float
    """Until its DOMContentLoaded."""
    now_s: Callable[[], float]

    async def step(self, step: StartStep) -> Started:
        """Have it done."""
        task = StartTask(
            step=step,
            open=self.opening,
            settle_ms=SETTLE_MS,
            settle_runs=SETTLE_RUNS,
            recreations=RECREATIONS,
        )
        return await self.visit.ask(task, Started)


Begin = Callable[[Going], Awaitable[Start]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """Where visits are made: the same equipment and build for all of a run."""

    equipment: Equipment
    dist: Path
    now_s: Callable[[], float]

    def started(self, job: Job) -> tuple[Start | Creations, ...] | Failure:
        """A cold start, a warm one, and sessions made anew."""
        return outcome(job, lambda course: self._visited(job, course, plainly, recreated))

    def traced(self, job: Job) -> tuple[Start | Creations, ...] | Failure:
        """A cold start and a warm one under the browser's tracing."""
        return outcome(job, lambda course: self._visited(job, course, under_tracing, nothing_more))

    async def _visited(
        self, job: Job, course: Course, begin: Begin, go_on: Callable[[Going], Awaitable[Sequence[Creations]]]
    ) -> tuple[Start | Creations, ...]:
        block, pieces = tensors.packed(Path(job.inputs_path))
        found: list[Start | Creations] = []
        async with visiting(
            job, self.equipment, course, dist=self.dist, inputs=block, caching=_KEPT
        ) as visit:
            page, page_ms = visit.page, visit.load_ms
            address = await page.evaluate("location.href", deadline_s=_ANSWER_S)
            opening = tasks.open_task(
                job, base=visit.serving.base, module=assets.entry_point(self.dist), inputs=pieces
            )
            for cache in CACHES:
                if cache == "warm":
                    await brought_to(page, _ELSEWHERE, deadline_s=course.left_s(_PAGE_S))
                    # Else the module that is still in memory may be found there, which no visitor has.
                    await page.connection.call("HeapProfiler.collectGarbage", session=page.session)
                    page_ms = await brought_to(page, address, deadline_s=course.left_s(_PAGE_S))
                going = Going(
                    visit=visit,
                    job=job,
                    opening=opening,
                    cache=cache,
                    page_ms=page_ms,
                    now_s=self.now_s,
                )
                found.append(await begin(going))
            try:
                return (*found, *await go_on(going))
            except VisitError:  # what was seen until then counts all the same
                return tuple(found)


async def plainly(going: Going) -> Start:
    """Nothing but the page itself runs, from the order until the first result."""
    visit, began = going.visit, going.now_s()
    visit.course.phase = "load"
    counted = await counting(visit.page)
    await going.step("prepare")
    nobody = Crew(renderer=None)
    before = await scheduler.before(visit.page, visit.browser, nobody)
    ordered = perf_counter()
    started = await going.step("start")
    observed_ms = (perf_counter() - ordered) * 1e3
    owner = await crew(visit.page, going.job.setting.where, counted)
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
        stages_ms={"page": going.page_ms, **started.stages_ms},
        observed_ms=observed_ms,
        runs_ms=(started.stages_ms["first-run"], *settled.runs_ms)[:KEPT_RUNS],
        files=tuple(FetchedFile(**structs.asdict(one)) for one in started.files),
        load=scheduler.load(before, after),
    )


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
            optimised_ms=sum(optimised_ms(events)),
            code_cached=code_cached(events),
        )


async def recreated(going: Going) -> Sequence[Creations]:
    """Sessions made anew, where all code is warm."""
    began = going.now_s()
    going.visit.course.phase = "create"
    made = await going.step("recreate")
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
