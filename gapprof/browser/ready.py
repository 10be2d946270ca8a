"""A page with a model that is loaded and warm, and what becomes of whatever goes wrong with one."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import blocking, tasks, tensors
from gapprof.browser.cdp import CallError
from gapprof.browser.crew import SIGNS_S, Crew, beginnings, crew
from gapprof.browser.debugger import debugged
from gapprof.browser.flags import NO_GPU
from gapprof.browser.tier_up import CHUNK, TierUp, compiled_since, compiler_ms
from gapprof.browser.trouble import VisitError, failure, reading
from gapprof.browser.visit import Course, Equipment, Visit, visiting
from gapprof.errors import EnvironmentUnusable
from gapprof.records.job import Job
from gapprof.records.trial import Failure, TierUpEnd
from gapprof.records.wire.open import Opened, OpenTask
from gapprof.records.wire.warm import Warmed

T = TypeVar("T")

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
    crew: Crew

    @property
    def run_ms(self) -> float:
        """What a run takes by now."""
        return median(self.opened.warmup_ms[-5:])


@asynccontextmanager
async def readied(
    job: Job, equipment: Equipment, course: Course, *, dist: Path, rewritten: Mapping[str, bytes] = {}
) -> AsyncIterator[Ready]:
    """A visit with the model loaded, its outputs saved, warmed up until the engine has compiled it.

    `rewritten`: see `visiting`. Raises VisitError, CallError, EnvironmentUnusable, OSError.
    """
    block, pieces = tensors.packed(Path(job.inputs_path))
    graphics = equipment.graphics if job.setting.device == "gpu" else NO_GPU
    async with visiting(
        job,
        equipment,
        course,
        dist=dist,
        inputs=block,
        rewritten=rewritten,
        graphics=graphics,
        before=debugged if job.setting.debugger else None,
    ) as visit:
        opening = tasks.open_task(job, base=visit.serving.base, module=module_of(job, dist), inputs=pieces)
        began = await beginnings(visit.page.connection)
        opened = await visit.open(opening)
        threads = await crew(visit.page, opened.where, began, most_s=course.left_s(SIGNS_S))
        if job.outputs_path:
            with reading("block of outputs"):
                outputs = tensors.unpacked(visit.serving.site.posted.get("outputs", b""), opened.outputs)
            tensors.save(outputs, Path(job.outputs_path))
        course.phase = "warmup"
        tier_up = await tiered_up(visit, threads.renderer)
        yield Ready(
            visit=visit,
            opening=opening,
            opened=replace(opened, warmup_ms=(*opened.warmup_ms, *tier_up.runs_ms)),
            tier_up=tier_up.ended,
            crew=threads,
        )


def module_of(job: Job, dist: Path) -> str:
    """What a job's page imports: for the processor the build that does nothing else. Raises WrongUse."""
    if job.setting.device != "gpu":
        return assets.entry_point(dist)
    if job.setting.gpu_api == "webgl":
        return assets.gpu_entry_point(dist, "webgl")
    return assets.webgpu_module(dist)


async def tiered_up(visit: Visit, renderer: int | None) -> TierUp:
    """Warm up in short stretches until the renderer's compiler threads are idle."""
    tier_up = TierUp()
    while not tier_up.over:
        before_ms, began = compiler_ms(renderer), time.perf_counter()
        warmed = await visit.ask(CHUNK, Warmed)
        wall_ms = (time.perf_counter() - began) * 1e3
        tier_up.add(warmed.runs_ms, compiled_since(renderer, before_ms), wall_ms=wall_ms)
    return tier_up


def outcome(job: Job, carry_out: Callable[[Course], Awaitable[T]]) -> T | Failure:
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
