"""Which processor ran which node of a model that a page wants on the GPU."""

from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import tasks, tensors
from gapprof.browser.visit import Visit
from gapprof.facts.gpu_calls import is_copy, is_elsewhere
from gapprof.gpu.toggles import browser_args, without
from gapprof.gpu.visited import Gpu, visited
from gapprof.records.gpu import GpuBuild, PlacedNode, SeenTensors
from gapprof.records.job import Job
from gapprof.records.wire.gpuplace import GpuPlaced, GpuPlaceTask

PLACE_S = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """All nodes of the graph that ran, in the order in which they ran."""

    nodes: tuple[PlacedNode, ...]
    tensors: tuple[SeenTensors, ...] = ()
    """Around the nodes that the runtime told them of."""

    @property
    def elsewhere(self) -> tuple[PlacedNode, ...]:
        """Not on the GPU; copies are nobody's."""
        return tuple(filter(is_elsewhere, self.nodes))

    @property
    def copies(self) -> tuple[PlacedNode, ...]:
        """Of tensors from one processor to the other."""
        return tuple(filter(is_copy, self.nodes))


def placed(job: Job, gpu: Gpu, *, dist: Path, build: GpuBuild = "asyncify") -> Placement:
    """Run the model under onnxruntime-web's profiler in a fresh browser.

    Workgroups' memory is not cleared meanwhile: who runs a node is the same, and shaders compile much faster.
    Raises EnvironmentUnusable, ModelUnusable, WrongUse as `recorded.record` does.
    """
    module = assets.gpu_entry_point(dist, build)
    block, pieces = tensors.packed(Path(job.inputs_path))
    quick = browser_args(without("zero-init"))
    setting = replace(job.setting, browser_args=(*job.setting.browser_args, *quick))

    async def run(visit: Visit) -> GpuPlaced:
        opening = tasks.open_task(job, base=visit.serving.base, module=module, inputs=pieces)
        task = GpuPlaceTask(open=replace(opening, outputs_url=None))
        return await visit.ask(task, GpuPlaced, most_s=PLACE_S)

    told = visited(gpu, replace(job, setting=setting), run, dist=dist, inputs=block)
    return Placement(nodes=told.nodes, tensors=told.tensors)
