"""A recording replayed in a fresh browser, or in a fresh Node with Dawn and no browser at all."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from gapprof import assets, engine
from gapprof.browser import scheduler
from gapprof.browser.crew import Crew
from gapprof.browser.trouble import reading
from gapprof.browser.visit import Visit
from gapprof.gpu.graphics import Graphics
from gapprof.gpu.steady import steady
from gapprof.gpu.toggles import DEFAULT, browser_args, dawn_options
from gapprof.gpu.trace import Trace
from gapprof.gpu.visited import DAWN, Gpu, empty_job, in_words, visited
from gapprof.guard import Guard
from gapprof.proc import cpu_ms_of, machine_busy_ms
from gapprof.records.gpu import GpuPlace, GpuReplay, GpuTimeline, Toggles
from gapprof.records.gpu_wire import (
    DawnAddress,
    GpuReplayed,
    GpuReplayTask,
    GpuTimelined,
    GpuTimelineTask,
    GpuToggled,
    GpuTogglesTask,
)
from gapprof.records.trial import Load

REPLAY_S = 240.0
WARMUP = 2
ITERATIONS = 10
PARTS = 15
_TRACE = "trace.bin"
_NOBODY = Crew(renderer=None)
A = TypeVar("A", bound=msgspec.Struct)
GpuTask = GpuReplayTask | GpuTimelineTask | GpuTogglesTask


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFile:
    """A recording that was checked, and the file it came from."""

    path: Path
    trace: Trace


@dataclass(frozen=True, kw_only=True)
class Answered(Generic[A]):
    """What was answered, by which version of what, and who used the machine meanwhile."""

    told: A
    engine_version: str
    """Of the browser, or of Dawn's package and Node."""
    load: Load


@dataclass(frozen=True, slots=True, kw_only=True)
class InBrowser:
    """Chromium, fresh for every call."""

    gpu: Gpu
    browser_args: tuple[str, ...] = ()
    """Beside those of the toggles."""
    js_flags: tuple[str, ...] = ()
    where: str = "main"
    """`main` or `worker`: the thread of the page that makes the calls again."""
    place: GpuPlace = "chromium"

    def asked(self, task: GpuTask, kind: type[A], toggles: Toggles, file: TraceFile | None) -> Answered[A]:
        """The answer of a page. Raises EnvironmentUnusable, ModelUnusable."""

        async def run(visit: Visit) -> Answered[A]:
            address = visit.serving.url(_TRACE)
            before = await scheduler.before(visit.page, visit.browser, _NOBODY)
            told = await visit.ask(_addressed(task, address, None), kind, most_s=REPLAY_S)
            after = await scheduler.after(visit.page, visit.browser, _NOBODY)
            with reading("description of itself"):
                version = await visit.page.connection.call("Browser.getVersion")
                product = str(version["product"])
            return Answered(told=told, engine_version=product, load=scheduler.load(before, after))

        job = empty_job(browser_args=(*browser_args(toggles), *self.browser_args), js_flags=self.js_flags)
        blobs = {_TRACE: file.path.read_bytes()} if file else {}
        return visited(self.gpu, job, run, dist=self.gpu.equipment.probes, blobs=blobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class InNode:
    """Dawn in Node, fresh for every call."""

    guard: Guard
    graphics: Graphics
    node: Path
    module: Path
    """Dawn's."""
    place: GpuPlace = "dawn"
    where: str = "main"
    """The only thread there is."""

    def asked(self, task: GpuTask, kind: type[A], toggles: Toggles, file: TraceFile | None) -> Answered[A]:
        """The answer of Dawn. Raises EnvironmentUnusable."""
        dawn = DawnAddress(module_url=self.module.as_uri(), toggles=dawn_options(toggles))
        address = file.path.absolute().as_uri() if file else ""
        until = time.monotonic() + REPLAY_S
        script = assets.probes_web() / "engine.mjs"
        with (
            in_words(DAWN),
            engine.running(self.node, script, guard=self.guard, variables=self.graphics.variables) as running,
        ):
            pids = (running.pid, os.getpid())
            began_s, busy_ms, cpu_ms = time.perf_counter(), machine_busy_ms(), cpu_ms_of(pids)
            told = running.ask(_addressed(task, address, dawn), kind, until=until)
            busy_after_ms = machine_busy_ms()
            load = Load(
                wall_ms=(time.perf_counter() - began_s) * 1e3,
                machine_busy_ms=None if busy_ms is None or busy_after_ms is None else busy_after_ms - busy_ms,
                own_cpu_ms=cpu_ms_of(pids) - cpu_ms,
            )
            version = f"webgpu {_version(self.module)}, Node {running.hello.node}"
            return Answered(told=told, engine_version=version, load=load)


Where = InBrowser | InNode


def in_node(guard: Guard, graphics: Graphics) -> InNode:
    """With the pinned packages. Raises EnvironmentUnusable where one of them is missing."""
    return InNode(guard=guard, graphics=graphics, node=assets.node(), module=assets.dawn())


def replay(
    file: TraceFile,
    where: Where,
    *,
    toggles: Toggles = DEFAULT,
    warmup: int = WARMUP,
    iterations: int = ITERATIONS,
    parts: int = PARTS,
) -> GpuReplay:
    """Its steady run so many times, and its parts. Raises EnvironmentUnusable, ModelUnusable."""
    return watched(file, where, toggles=toggles, warmup=warmup, iterations=iterations, parts=parts)[0]


def watched(
    file: TraceFile, where: Where, *, toggles: Toggles, warmup: int, iterations: int, parts: int = PARTS
) -> tuple[GpuReplay, Load]:
    """The same, and who used the machine while the page, or Node, was at it, from setup to the last part."""
    task = GpuReplayTask(
        dawn=None,
        trace_url="",
        segment=steady(file.trace),
        warmup=warmup,
        iterations=iterations,
        parts=parts,
        where=where.where,
    )
    found = where.asked(task, GpuReplayed, toggles, file)
    replayed = GpuReplay(
        place=where.place,
        engine_version=found.engine_version,
        toggles=toggles,
        **{name: getattr(found.told, name) for name in found.told.__struct_fields__},
    )
    return replayed, found.load


def timeline(
    file: TraceFile,
    where: Where,
    *,
    toggles: Toggles = DEFAULT,
    warmup: int = WARMUP,
    iterations: int = ITERATIONS,
) -> GpuTimeline:
    """Its steady run by dispatches, on the GPU's own clock. Raises EnvironmentUnusable, ModelUnusable."""
    task = GpuTimelineTask(
        dawn=None, trace_url="", segment=steady(file.trace), warmup=warmup, iterations=iterations
    )
    found = where.asked(task, GpuTimelined, toggles, file)
    return GpuTimeline(
        place=where.place,
        engine_version=found.engine_version,
        toggles=toggles,
        **{name: getattr(found.told, name) for name in found.told.__struct_fields__},
    )


def behaviour(where: Where, toggles: Toggles) -> GpuToggled:
    """What safety switches change, seen; `toggles.proofs` says what it means. Raises EnvironmentUnusable."""
    return where.asked(GpuTogglesTask(dawn=None), GpuToggled, toggles, None).told


def _addressed(task: GpuTask, address: str, dawn: DawnAddress | None) -> GpuTask:
    match task:
        case GpuTogglesTask():
            return GpuTogglesTask(dawn=dawn)
        case GpuReplayTask() | GpuTimelineTask():
            return msgspec.structs.replace(task, trace_url=address, dawn=dawn)


def _version(module: Path) -> str:
    try:
        about = msgspec.json.decode((module.parent / "package.json").read_bytes(), type=dict[str, object])
    except (OSError, msgspec.MsgspecError):
        return "of an unknown version"
    return str(about.get("version", "of an unknown version"))
