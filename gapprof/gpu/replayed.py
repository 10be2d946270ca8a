"""A recording replayed in a fresh browser, or in a fresh Node with Dawn and no browser at all."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from gapprof import assets, engine
from gapprof.browser.trouble import reading
from gapprof.browser.visit import Visit
from gapprof.gpu.graphics import Graphics
from gapprof.gpu.steady import steady
from gapprof.gpu.toggles import DEFAULT, browser_args, dawn_options
from gapprof.gpu.trace import Trace
from gapprof.gpu.visited import DAWN, Gpu, empty_job, in_words, visited
from gapprof.guard import Guard
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

REPLAY_S = 240.0
WARMUP = 2
ITERATIONS = 10
_TRACE = "trace.bin"
A = TypeVar("A", bound=msgspec.Struct)
GpuTask = GpuReplayTask | GpuTimelineTask | GpuTogglesTask


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFile:
    """A recording that was checked, and the file it came from."""

    path: Path
    trace: Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class InBrowser:
    """Chromium, fresh for every call."""

    gpu: Gpu
    place: GpuPlace = "chromium"

    def asked(self, task: GpuTask, kind: type[A], toggles: Toggles, file: TraceFile | None) -> tuple[A, str]:
        """The answer, and the browser's name and version. Raises EnvironmentUnusable, ModelUnusable."""

        async def run(visit: Visit) -> tuple[A, str]:
            address = visit.serving.url(_TRACE)
            told = await visit.ask(_addressed(task, address, None), kind, most_s=REPLAY_S)
            with reading("description of itself"):
                version = await visit.page.connection.call("Browser.getVersion")
                return told, str(version["product"])

        job = empty_job(browser_args=browser_args(toggles))
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

    def asked(self, task: GpuTask, kind: type[A], toggles: Toggles, file: TraceFile | None) -> tuple[A, str]:
        """The answer, and the versions of Dawn's package and Node. Raises EnvironmentUnusable."""
        dawn = DawnAddress(module_url=self.module.as_uri(), toggles=dawn_options(toggles))
        address = file.path.absolute().as_uri() if file else ""
        until = time.monotonic() + REPLAY_S
        script = assets.probes_web() / "engine.mjs"
        with (
            in_words(DAWN),
            engine.running(self.node, script, guard=self.guard, variables=self.graphics.variables) as running,
        ):
            told = running.ask(_addressed(task, address, dawn), kind, until=until)
            return told, f"webgpu {_version(self.module)}, Node {running.hello.node}"


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
) -> GpuReplay:
    """Its steady run so many times. Raises EnvironmentUnusable, ModelUnusable."""
    task = GpuReplayTask(
        dawn=None, trace_url="", segment=steady(file.trace), warmup=warmup, iterations=iterations
    )
    told, version = where.asked(task, GpuReplayed, toggles, file)
    return GpuReplay(
        place=where.place,
        engine_version=version,
        toggles=toggles,
        **{name: getattr(told, name) for name in told.__struct_fields__},
    )


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
    told, version = where.asked(task, GpuTimelined, toggles, file)
    return GpuTimeline(
        place=where.place,
        engine_version=version,
        toggles=toggles,
        adapter=told.adapter,
        dispatches=told.dispatches,
    )


def behaviour(where: Where, toggles: Toggles) -> GpuToggled:
    """What safety switches change, seen; `toggles.proofs` says what it means. Raises EnvironmentUnusable."""
    return where.asked(GpuTogglesTask(dawn=None), GpuToggled, toggles, None)[0]


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
