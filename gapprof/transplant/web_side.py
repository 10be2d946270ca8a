"""The library's own functions in the user's own browser: which are hot, how they are called, how long."""

import asyncio
import re
import shutil
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import blocking, tasks, tensors
from gapprof.browser.cdp import CallError
from gapprof.browser.trouble import VisitError
from gapprof.browser.visit import Course, Equipment, Visit, visiting
from gapprof.errors import EnvironmentUnusable
from gapprof.records.job import Job
from gapprof.records.wire import (
    Opened,
    OpenTask,
    Recorded,
    RecordTask,
    ReplayCase,
    Replayed,
    ReplayTask,
    Timed,
    TimeTask,
)
from gapprof.transplant import rewriting
from gapprof.transplant.recorded import Calls, kept
from gapprof.transplant.rows import row_of
from gapprof.wasm.module import Module
from gapprof.yardstick.wish import Effort

MOST_ROWS = 16384
_REPLAYED = "replayed.wasm"
_INTERVAL_US = 500
_FUNCTION = re.compile(r"wasm-function\[(\d+)\]")
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

        async def sampled(visit: Visit) -> Mapping[int, float]:
            await visit.ask(self._open(visit, self.dist), Opened)
            connection, session = visit.page.connection, visit.page.session
            await connection.call("Profiler.enable", session=session)
            interval = {"interval": _INTERVAL_US}
            await connection.call("Profiler.setSamplingInterval", interval, session=session)
            await connection.call("Profiler.start", session=session)
            task = TimeTask(batch=runs, samples=1, requests=0, think_ms=(0.0, 0.0), seed=0)
            await visit.ask(task, Timed)
            told = await connection.call("Profiler.stop", session=session)
            return {function: us / 1e3 / runs for function, us in _own_us(told["profile"]).most_common()}

        return self._visited(sampled, dist=self.dist, deadline_s=deadline_s)

    def recorded(self, function: int, *, deadline_s: float) -> Calls:
        """What a function is called with in a run. ValueError for one that is not called from outside."""
        row = row_of(self.module.type_of(function))
        names = rewriting.variables(self.module)
        rows_bytes = rewriting.rows_bytes(row, MOST_ROWS)
        folder = self._with(rewriting.recording(self.module, function, rows=MOST_ROWS))

        async def run(visit: Visit) -> tuple[Recorded, bytes]:
            opening = replace(self._open(visit, folder), outputs_url=f"{visit.serving.base}outputs")
            task = RecordTask(
                open=opening,
                memory=rewriting.MEMORY_EXPORT,
                count=rewriting.COUNT_EXPORT,
                target=rewriting.TARGET_EXPORT,
                kept=tuple(rewriting.kept_export(number) for number in names),
                rows=MOST_ROWS,
                rows_bytes=rows_bytes,
            )
            told = await visit.ask(task, Recorded, most_s=deadline_s)
            return told, visit.serving.site.posted.get("outputs", b"")

        told, block = self._visited(run, dist=folder, deadline_s=deadline_s)
        shutil.rmtree(folder)
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
            base = f"{visit.serving.base}ort/"
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

    def _with(self, wasm: bytes) -> Path:
        """The build with another wasm in the place of the one that is served."""
        folder = self.scratch / "rewritten"
        folder.mkdir()
        for file in self.dist.glob("*js"):
            shutil.copy(file, folder)
        (folder / self.wasm).write_bytes(wasm)
        return folder

    def _open(self, visit: Visit, dist: Path) -> OpenTask:
        _, pieces = tensors.packed(Path(self.job.inputs_path))
        opening = tasks.open_task(
            self.job, base=visit.serving.base, module=assets.entry_point(dist), inputs=pieces
        )
        return replace(opening, where="main", outputs_url=None)

    def _visited(self, carry_out: Callable[[Visit], Awaitable[T]], *, dist: Path, deadline_s: float) -> T:
        """What is done in a fresh page. Raises EnvironmentUnusable."""
        course = Course(until=time.monotonic() + deadline_s)
        block, _ = tensors.packed(Path(self.job.inputs_path))

        async def whole() -> T:
            async with (
                asyncio.timeout(deadline_s + _NET_S),
                visiting(self.job, self.equipment, course, dist=dist, inputs=block) as visit,
            ):
                return await carry_out(visit)

        try:
            return blocking.run(whole)
        except (VisitError, CallError, TimeoutError, OSError) as error:
            raise EnvironmentUnusable(
                f"the library's functions could not be replayed in a page: {error or type(error).__name__}",
                hint="Run `gapprof doctor`.",
            ) from error


def _own_us(profile: Mapping[str, object]) -> Counter[int]:
    """By samples, each of which stands for the time since the one before."""
    nodes, samples, deltas = profile["nodes"], profile["samples"], profile["timeDeltas"]
    if not (isinstance(nodes, list) and isinstance(samples, list) and isinstance(deltas, list)):
        raise VisitError("the browser's sampler gave no profile", kind="page")
    functions: dict[int, int] = {}
    for node in nodes:
        found = _FUNCTION.search(str(node["callFrame"]["functionName"]))
        if found:
            functions[node["id"]] = int(found[1])
    spent: Counter[int] = Counter()
    for sample, delta in zip(samples, deltas, strict=False):
        if sample in functions:
            spent[functions[sample]] += delta
    return spent
