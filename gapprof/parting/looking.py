"""A visit in which the page runs the model again and again, each time with other outputs beside its own."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
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
from gapprof.gpu.against_native import checked
from gapprof.gpu.visited import Gpu, visited
from gapprof.native.answers import DEADLINE_S
from gapprof.parting.cutting import with_outputs
from gapprof.parting.search import Search
from gapprof.records.job import Job
from gapprof.records.trial import OutputCheck
from gapprof.records.wire.open import OpenTask


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """One model on both sides, and what is looked for in it."""

    page: Job
    native: Job
    """The same file and optimisations, on the processor."""
    model: onnx.ModelProto
    """What is in that file."""
    search: Search
    scratch: Path

    def go(self, gpu: Gpu, *, dist: Path) -> None:
        """Until it is known. Raises EnvironmentUnusable, ModelUnusable; for inputs OSError, VisitError."""
        block, pieces = tensors.packed(Path(self.page.inputs_path))

        async def run(visit: Visit) -> None:
            opening = tasks.open_task(
                self.page,
                base=visit.serving.base,
                module=assets.gpu_entry_point(dist, assets.webgpu_build(dist)),
                inputs=pieces,
            )
            await self._narrow(visit, opening)

        visited(gpu, self.page, run, dist=dist, inputs=block)

    async def _narrow(self, visit: Visit, opening: OpenTask) -> None:
        """Look after look. Raises VisitError."""
        while (wanted := self.search.wanted()) is not None:
            with with_outputs(self.model, wanted, self._beside()) as path:
                self.search.learn(await self._looked(visit, opening, path))

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
        # Nobody can stop the thread: what it waits for has to end with the visit.
        left_s = visit.course.left_s(DEADLINE_S)
        return await asyncio.to_thread(self._compared, path, outputs, left_s)

    def _compared(
        self, path: Path, outputs: dict[str, NDArray[np.generic]], deadline_s: float
    ) -> tuple[OutputCheck, ...]:
        """Raises ModelUnusable where native refuses the model, or takes longer."""
        mine = self.scratch / "looked.npz"
        tensors.save(outputs, mine)
        job = replace(self.native, model_path=str(path), outputs_path=str(mine))
        return tuple(
            replace(one, rung=self.page.rung, reference=self.native.rung)
            for one in checked(job, self.scratch, deadline_s=deadline_s)
        )

    def _beside(self) -> Path:
        """A name that nothing beside the model has: what lies outside its file is looked for there."""
        folder = Path(self.page.model_path).parent
        return next(path for path in _names(folder) if not path.exists())


def _names(folder: Path) -> Iterator[Path]:
    return (folder / f"more-outputs-{number}.onnx" for number in count())
