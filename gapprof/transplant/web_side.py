"""The library's own functions in the user's own browser: which are hot, how they are called, how long."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TypeVar

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import blocking, tasks, tensors
from gapprof.browser.cdp import CallError
from gapprof.browser.sampler import Samples, sampled
from gapprof.browser.trouble import VisitError
from gapprof.browser.visit import REWRITTEN, Course, Equipment, Visit, visiting
from gapprof.errors import EnvironmentUnusable
from gapprof.records.job import Job
from gapprof.records.wire.open import Opened, OpenTask
from gapprof.records.wire.record import Recorded, RecordTask
from gapprof.records.wire.replay import ReplayCase, Replayed, ReplayTask
from gapprof.records.wire.time import Timed, TimeTask
from gapprof.transplant import rewriting
from gapprof.transplant.recorded import Calls, kept
from gapprof.transplant.rows import row_of
from gapprof.wasm.module import Module
from gapprof.yardstick.wish import Effort

MOST_ROWS = 16384
_SERVED = "ort/"
_REPLAYED = "replayed.wasm"
_NET_S = 10.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A quiet page with one build of onnxruntime-web and one model."""

    job: Job
    equipment: Equipment
    dist: Path
    wasm: str
    """The file of it that is served."""
    module: Module
    """What that file holds."""
    scratch: Path

    def hot(self, *, runs: int, deadline_s: float) -> Mapping[int, float]:
        """Function → ms of its own in a run of the model, by the browser's sampler, the hottest first."""

        async def looked(visit: Visit) -> Mapping[int, float]:
            await visit.ask(self._open(visit), Opened, most_s=deadline_s)
            task = TimeTask(batch=runs, samples=1, requests=0, think_ms=(0.0, 0.0), seed=0)
            timed, seen = await sampled(visit.page, "main", lambda: visit.ask(task, Timed, most_s=deadline_s))
            return own_ms(seen, run_ms=fmean(timed.samples_ms))

        return self._visited(looked, dist=self.dist, deadline_s=deadline_s)

    def recorded(self, function: int, *, deadline_s: float) -> Calls:
        """What a function is called with in a run. ValueError for one that is not called from outside."""
        row = row_of(self.module.type_of(function))
        names = rewriting.variables(self.module)
        rows_bytes = rewriting.rows_bytes(row, MOST_ROWS)
        rewritten = {self.wasm: rewriting.recording(self.module, function, rows=MOST_ROWS)}

        async def run(visit: Visit) -> tuple[Recorded, bytes]:
            base = visit.serving.base
            task = RecordTask(
                open=replace(self._open(visit, REWRITTEN), outputs_url=f"{base}outputs"),
                memory=rewriting.MEMORY_EXPORT,
                count=rewriting.COUNT_EXPORT,
                target=rewriting.TARGET_EXPORT,
                kept=tuple(rewriting.kept_export(number) for number in names),
                rows=MOST_ROWS,
                rows_bytes=rows_bytes,
            )
            told = await visit.ask(task, Recorded, most_s=deadline_s)
            return told, visit.serving.site.posted.get("outputs", b"")

        told, block = self._visited(run, dist=self.dist, deadline_s=deadline_s, rewritten=rewritten)
        if not told.rows:
            raise ValueError("no run calls it")
        return kept(
            self._files(),
            function,
            row,
            block,
            calls=told.calls,
            rows=told.rows,
            rows_bytes=rows_bytes,
            variables=tuple(zip(names, told.kept, strict=True)),
        )

    def replayed(
        self, calls: Sequence[Calls], effort: Effort, *, seed: int, deadline_s: float
    ) -> tuple[Replayed, str]:
        """All of them in one fresh browser, in rounds, and the browser's name."""
        folder = self._files()
        (folder / _REPLAYED).write_bytes(rewriting.repeating(self.module, [one.function for one in calls]))
        most = next((one.most_pages for one in self.module.imports if one.kind == 2), None)

        async def run(visit: Visit) -> tuple[Replayed, str]:
            browser = await visit.page.evaluate("navigator.userAgent", deadline_s=visit.course.left_s(10.0))
            base = f"{visit.serving.base}{_SERVED}"
            task = ReplayTask(
                module_url=base + _REPLAYED,
                most_pages=most or 65536,
                cases=tuple(
                    ReplayCase(
                        repeat=rewriting.repeat_export(one.function),
                        image_url=base + one.image.name,
                        rows_url=base + one.table.name,
                        rows=one.rows,
                        variables=tuple((rewriting.global_export(at), value) for at, value in one.variables),
                    )
                    for one in calls
                ),
                seed=seed,
                warmup_ms=effort.warmup_ms,
                sample_ms=effort.sample_ms,
                samples=effort.samples,
            )
            return await visit.ask(task, Replayed, most_s=deadline_s), browser

        return self._visited(run, dist=folder, deadline_s=deadline_s)

    def _files(self) -> Path:
        folder = self.scratch / "transplant"
        folder.mkdir(exist_ok=True)
        return folder

    def _open(self, visit: Visit, build: str = _SERVED) -> OpenTask:
        """From below `build`, where the server has the build as it is or the one that records."""
        module, base = assets.entry_point(self.dist), visit.serving.base
        _, pieces = tensors.packed(Path(self.job.inputs_path))
        opening = tasks.open_task(self.job, base=base, module=module, inputs=pieces)
        return replace(
            opening,
            ort_url=f"{base}{build}{module}",
            wasm_base_url=f"{base}{build}",
            where="main",
            outputs_url=None,
        )

    def _visited(
        self,
        carry_out: Callable[[Visit], Awaitable[T]],
        *,
        dist: Path,
        deadline_s: float,
        rewritten: Mapping[str, bytes] = {},
    ) -> T:
        """What is done in a fresh page. Raises EnvironmentUnusable."""
        course = Course(until=time.monotonic() + deadline_s)
        block, _ = tensors.packed(Path(self.job.inputs_path))

        async def whole() -> T:
            async with (
                asyncio.timeout(deadline_s + _NET_S),
                visiting(
                    self.job, self.equipment, course, dist=dist, inputs=block, rewritten=rewritten
                ) as visit,
            ):
                return await carry_out(visit)

        try:
            return blocking.run(whole)
        except (VisitError, CallError, TimeoutError, OSError) as error:
            raise EnvironmentUnusable(
                f"the library's functions could not be replayed in a page: {error or type(error).__name__}",
                hint="Run `gapprof doctor`.",
            ) from error


def own_ms(seen: Samples, *, run_ms: float) -> Mapping[int, float]:
    """Function → its part of a run, which is as large as its part of the samples."""
    return {function: run_ms * count / seen.all for function, count in seen.by_function.items()}
