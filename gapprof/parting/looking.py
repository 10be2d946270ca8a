"""A visit in which the page runs the model again and again, each time with other outputs beside its own."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np
import onnx
from msgspec.structs import replace
from numpy.typing import NDArray

from gapprof import assets
from gapprof.browser import tasks, tensors
from gapprof.browser.trouble import reading
from gapprof.browser.visit import Visit
from gapprof.facts.agreement import agrees
from gapprof.gpu.against_native import checked
from gapprof.gpu.visited import Gpu, visited
from gapprof.parting.cutting import with_outputs
from gapprof.parting.graph import Graph, given, graph_of, next_look
from gapprof.records.job import Job
from gapprof.records.parting import Between
from gapprof.records.trial import OutputCheck
from gapprof.records.wire.open import OpenTask
from gapprof.subject.stage import parse

MOST_LOOKS = 12
"""A chain of 10 000 nodes takes five; many branches beside one another take more."""
_TOO_MANY = f"{MOST_LOOKS} looks were not enough"


@dataclass(slots=True, kw_only=True)
class Looking:
    """What is known by now; it stays known where a visit breaks off."""

    page: Job
    native: Job
    """The same file and optimisations, on the processor."""
    outputs: Sequence[OutputCheck]
    """Of the model's own outputs, one of them at least apart."""
    scratch: Path
    between: list[Between] = field(default_factory=list)
    looks: int = 0
    healed: bool = False
    why: str = ""

    def go(self, gpu: Gpu, *, dist: Path) -> None:
        """Until it is known. Raises EnvironmentUnusable, ModelUnusable, WrongUse."""
        model = parse(Path(self.page.model_path))
        graph = graph_of(model)
        self._learn(graph, self.outputs)
        block, pieces = tensors.packed(Path(self.page.inputs_path))

        async def run(visit: Visit) -> None:
            opening = tasks.open_task(
                self.page,
                base=visit.serving.base,
                module=assets.gpu_entry_point(dist, assets.GPU_BUILD),
                inputs=pieces,
            )
            await self._narrow(graph, model, visit, opening)

        visited(gpu, self.page, run, dist=dist, inputs=block)

    async def _narrow(self, graph: Graph, model: onnx.ModelProto, visit: Visit, opening: OpenTask) -> None:
        """Look after look. Raises VisitError."""
        for _ in range(MOST_LOOKS):
            apart = {one.check.output for one in self.between if not agrees(one.check)}
            same = {one.check.output for one in self.between} - apart
            wanted = next_look(graph, apart, same) if apart else ()
            if not wanted:
                return
            with with_outputs(model, wanted, self._beside()) as path:
                checks = await self._looked(visit, opening, path)
            own = [one for one in checks if one.output in {output.output for output in self.outputs}]
            if all(map(agrees, own)):
                self.healed = True
                return
            self._learn(graph, [one for one in checks if one.output in wanted])
        self.why = _TOO_MANY

    async def _looked(self, visit: Visit, opening: OpenTask, path: Path) -> tuple[OutputCheck, ...]:
        """What both sides make of the model at `path`. Raises VisitError, ModelUnusable."""
        site = visit.serving.site
        site.blobs = {**site.blobs, path.name: path.read_bytes()}
        task = replace(
            opening,
            model_url=visit.serving.url(path.name),
            outputs_url=visit.serving.url("outputs"),
            warmup_ms=0.0,
            warmup_runs=1,
        )
        opened = await visit.open(task)
        with reading("block of outputs"):
            outputs = tensors.unpacked(site.posted.get("outputs", b""), opened.outputs)
        site.blobs = {name: blob for name, blob in site.blobs.items() if name != path.name}
        self.looks += 1
        return await asyncio.to_thread(self._compared, path, outputs)

    def _compared(self, path: Path, outputs: dict[str, NDArray[np.generic]]) -> tuple[OutputCheck, ...]:
        """Raises ModelUnusable where native refuses the model."""
        mine = self.scratch / "looked.npz"
        tensors.save(outputs, mine)
        job = replace(self.native, model_path=str(path), outputs_path=str(mine))
        return tuple(
            replace(one, rung=self.page.rung, reference=self.native.rung)
            for one in checked(job, self.scratch)
        )

    def _learn(self, graph: Graph, checks: Sequence[OutputCheck]) -> None:
        for check in checks:
            if check.output in graph.places:
                maker = graph.maker(check.output)
                self.between.append(
                    Between(
                        place=graph.places[check.output],
                        node=maker.name,
                        op_type=maker.op_type,
                        given=given(graph, check.output),
                        check=check,
                    )
                )

    def _beside(self) -> Path:
        """A name that nothing beside the model has: what lies outside its file is looked for there."""
        folder = Path(self.page.model_path).parent
        return next(path for path in _names(folder) if not path.exists())


def _names(folder: Path) -> Iterator[Path]:
    return (folder / f"more-outputs-{number}.onnx" for number in count())
