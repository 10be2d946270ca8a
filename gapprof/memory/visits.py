"""A visit that stands still after every step of the model's life, so that what is held can be read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from gapprof.browser import scheduler, tasks, tensors
from gapprof.browser.crew import SIGNS_S, Crew, beginnings, crew
from gapprof.browser.flags import NO_GPU
from gapprof.browser.page import brought_to
from gapprof.browser.ready import module_of, outcome
from gapprof.browser.trouble import VisitError
from gapprof.browser.visit import Course, Equipment, Visit, visiting
from gapprof.memory.readings import Look, held, look
from gapprof.memory.realms import Realms, followed
from gapprof.records.gpu_runs import GpuBuffers
from gapprof.records.job import Job
from gapprof.records.memory import HeapScan, Held, MemoryTrial
from gapprof.records.trial import Failure
from gapprof.records.wire.open import OpenTask
from gapprof.records.wire.step import Step, Stepped, StepTask

CHUNKS = 8
CHUNK_MS = 250.0
LEAST_RUNS, MOST_RUNS = 2, 50
"""Of a chunk: as many as fit into `CHUNK_MS`."""
STEADY_MS = 1500.0
"""As long as V8 compiles at the most (see `tier_up`): its code then stays."""
_PAGE_S = 60.0


@dataclass(slots=True, kw_only=True)
class Watched:
    """A page, and what was read of it so far."""

    visit: Visit
    realms: Realms
    opening: OpenTask
    arena: bool
    threads: int = 1
    runs: int = 0
    wasm_heap_bytes: int = 0
    heap_written_bytes: int = 0
    gpu_buffers: GpuBuffers | None = None
    looks: list[Look] = field(default_factory=list)
    chunks: list[Look] = field(default_factory=list)
    scans: list[HeapScan] = field(default_factory=list)

    async def step(self, step: Step, *, runs: int = 0) -> float:
        """Have it done; ms that it took."""
        task = StepTask(step=step, open=self.opening, arena=self.arena, runs=runs)
        done = await self.visit.ask(task, Stepped)
        self.runs += runs
        self.threads, self.wasm_heap_bytes = done.threads, done.wasm_heap_bytes
        self.heap_written_bytes, self.gpu_buffers = done.heap_written_bytes, done.gpu_buffers
        return done.took_ms

    async def look(self, stage: str) -> None:
        """Read what is held now."""
        self.looks.append(await self._look(stage))

    async def chunk(self) -> None:
        """The same between two chunks of runs, without garbage."""
        await self.collect()
        self.chunks.append(await self._look("chunk"))

    async def collect(self) -> None:
        """Have garbage collected; which buffers of the GPU's it were, the page knows only then."""
        await self.realms.collect()
        if self.gpu_buffers is not None:
            await self.step("run")

    async def scan(self, *, since_runs: int) -> None:
        """Look through the wasm heap for what the runs since then have written there and none before them."""
        await self.step("scan")
        runs = self.runs - since_runs
        self.scans.append(HeapScan(runs=runs, written_bytes=self.heap_written_bytes))

    async def _look(self, stage: str) -> Look:
        return await look(
            self.visit.page,
            self.realms,
            stage,
            runs=self.runs,
            wasm_heap_bytes=self.wasm_heap_bytes,
            gpu_buffers=self.gpu_buffers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Where visits are made: the same equipment and build for all of a run."""

    equipment: Equipment
    dist: Path
    now_s: Callable[[], float]

    def looked(self, job: Job, *, arena: bool, model_bytes: int) -> MemoryTrial | Failure:
        """A fresh browser, through all stages."""
        return outcome(job, lambda course: self._looked(job, course, arena, model_bytes))

    async def _looked(self, job: Job, course: Course, arena: bool, model_bytes: int) -> MemoryTrial:
        began = self.now_s()
        block, pieces = tensors.packed(Path(job.inputs_path))
        graphics = self.equipment.graphics if job.setting.device == "gpu" else NO_GPU
        async with visiting(
            job, self.equipment, course, dist=self.dist, inputs=block, graphics=graphics
        ) as visit:
            page = visit.page
            realms, began_so = await followed(page), await beginnings(page.connection)
            before = await scheduler.before(page, visit.browser, Crew(renderer=None))
            watched = Watched(
                visit=visit,
                realms=realms,
                opening=tasks.open_task(
                    job, base=visit.serving.base, module=module_of(job, self.dist), inputs=pieces
                ),
                arena=arena,
            )
            await watched.look("start")
            await _created(watched, course)
            owner = known(await crew(page, job.setting.where, began_so, most_s=course.left_s(SIGNS_S)))
            runs = await _run(watched, course)
            await _ended(watched, course, runs)
            after = await scheduler.after(page, visit.browser, Crew(renderer=None))
            return MemoryTrial(
                side="web",
                arena=arena,
                round=job.round,
                started_s=began,
                ended_s=self.now_s(),
                threads=watched.threads,
                model_bytes=model_bytes,
                module_bytes=_module_bytes(self.dist, visit.serving.site.fetched),
                stages=tuple(_fair(held(one, owner.renderer)) for one in watched.looks),
                chunks=tuple(held(one, owner.renderer) for one in watched.chunks),
                scans=tuple(watched.scans),
                told_by="pss" if all(one.maps for one in watched.looks) else "rss",
                load=scheduler.load(before, after),
            )


def known(owner: Crew) -> Crew:
    """The same; raises VisitError where it may be another tab's memory that was read."""
    if owner.undecided:
        raise VisitError(
            "which of the browser's processes is the page's cannot be told: more than one was at work",
            kind="page",
            hint="Leave out --tab, or give a --page that may start workers and has no frames of others.",
        )
    return owner


async def _created(watched: Watched, course: Course) -> None:
    course.phase = "load"
    await watched.step("load")
    await watched.look("load")
    course.phase = "create"
    await watched.step("create")
    await watched.look("create")
    course.phase = "warmup"
    await watched.step("run", runs=1)
    await watched.look("first-run")


async def _run(watched: Watched, course: Course) -> int:
    """Until steady, and on, in chunks; how many runs a chunk has."""
    spent_ms, runs = 0.0, LEAST_RUNS
    while spent_ms < STEADY_MS:
        took_ms = await watched.step("run", runs=runs)
        spent_ms += max(took_ms, 1.0)
        runs = max(LEAST_RUNS, min(MOST_RUNS, int(CHUNK_MS * runs / max(took_ms, 1e-3))))
    await watched.look("steady")
    course.phase = "timed"
    for _ in range(CHUNKS):
        await watched.step("run", runs=runs)
        await watched.chunk()
    return runs


async def _ended(watched: Watched, course: Course, runs: int) -> None:
    """Given up, taken up again in the same page, and the page left.

    The wasm heap is looked through only when all has been read that such a look would add to.
    """
    course.phase = "stop"
    page, address = watched.visit.page, await watched.visit.page.evaluate("location.href", deadline_s=10.0)
    await watched.step("release")
    await watched.collect()
    await watched.look("released")
    await watched.step("load")
    await watched.step("create")
    await watched.step("run", runs=1)
    await watched.collect()
    await watched.look("again")
    begun = watched.runs
    await watched.step("scan")
    for _ in range(CHUNKS):
        await watched.step("run", runs=runs)
        await watched.scan(since_runs=begun)
    await brought_to(page, address, deadline_s=course.left_s(_PAGE_S))
    await watched.realms.collect()
    watched.wasm_heap_bytes, watched.gpu_buffers = 0, None
    await watched.look("left")


def _fair(one: Held) -> Held:
    """By the time the page is left its process has also held what looking through the heap took."""
    return replace(one, peak_bytes=None) if one.stage == "left" else one


def _module_bytes(dist: Path, fetched: list[str]) -> int:
    """Of the wasm that was served."""
    files = {path.removeprefix("ort/") for path in fetched if path.endswith(".wasm")}
    return sum((dist / name).stat().st_size for name in files if (dist / name).is_file())
