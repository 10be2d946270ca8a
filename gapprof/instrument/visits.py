"""Two kinds of visit: one that is sampled, and one with the rewritten build beside the one as it is."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from gapprof.browser.readback import wasm_file
from gapprof.browser.ready import Ready, outcome, readied
from gapprof.browser.sampler import INTERVAL_US, sampled
from gapprof.browser.trouble import VisitError, reading
from gapprof.browser.visit import REWRITTEN, Course, Equipment, Visit
from gapprof.facts.inside import MULTIPLY_ADD, RELAXED_DOT, RELAXED_MULTIPLY_ADD
from gapprof.instrument import products
from gapprof.instrument.features import FEATURES
from gapprof.instrument.joined import UnjoinableError, joined
from gapprof.records.inside import HookedPass, SampledFunction, WasmProduct, WasmSamples
from gapprof.records.job import Job
from gapprof.records.trial import Failure
from gapprof.records.wire.instrument import HookLayout, Instrumented, InstrumentTask
from gapprof.records.wire.kernels import KernelsTimed
from gapprof.records.wire.time import Timed, TimeTask
from gapprof.wasm import hooks
from gapprof.wasm.hooks import Hooked

SAMPLED_MS = 2000.0
_MOST_SAMPLED_RUNS = 5000
HOOKED_MS = 800.0
"""Of runs per side, and of runs under the profiler."""
_LEAST_RUNS, _MOST_RUNS = 8, 64
_BLOCKS = 4
_COST = 0.02
_CALL_US = 2.0
"""Times about as many calls as cost this share of a run; what it really costs is measured."""
_LEAST_TIMED, _MOST_TIMED = 16, 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a sampled visit brought back."""

    samples: WasmSamples
    file: str
    """The wasm that was served, relative to the build's folder."""
    browser: dict[str, bool]
    products: tuple[WasmProduct, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """Where visits are made: the same equipment and build for all of a run."""

    equipment: Equipment
    dist: Path
    now_s: Callable[[], float]

    def looked(self, job: Job) -> Looked | Failure:
        """Run back to back under V8's sampling profiler, and ask what this browser validates."""
        return outcome(job, lambda course: self._looked(job, course))

    def hooked(self, job: Job, build: Hooked, *, file: str) -> HookedPass | Failure:
        """Both builds in one page. A Failure of kind `page` says why the rewritten one told nothing."""
        return outcome(job, lambda course: self._hooked(job, build, file, course))

    async def _looked(self, job: Job, course: Course) -> Looked:
        began = self.now_s()
        async with readied(job, self.equipment, course, dist=self.dist) as ready:
            visit, where = ready.visit, job.setting.where
            course.phase = "timed"
            runs = math.ceil(min(_MOST_SAMPLED_RUNS, SAMPLED_MS / max(ready.run_ms, 1e-3)))
            task = TimeTask(batch=1, samples=max(2, runs), requests=0, think_ms=(0.0, 0.0), seed=0)
            timed, samples = await sampled(visit.page, where, lambda: visit.ask(task, Timed))
            browser = {
                name: await visit.page.evaluate(question, deadline_s=course.left_s(10.0)) == "true"
                for name, question in FEATURES.items()
            }
            file = wasm_file(visit.serving.site.fetched)
            if file is None:
                raise VisitError("the build was served without a wasm file", kind="page")
            timed_products = await _products(visit, browser)
            return Looked(
                products=timed_products,
                samples=WasmSamples(
                    where=where,
                    interval_us=INTERVAL_US,
                    samples=samples.all,
                    functions=tuple(
                        SampledFunction(function=function, samples=count)
                        for function, count in samples.by_function.items()
                    ),
                    run_ms=timed.samples_ms,
                    engine=await _engine(ready),
                    started_s=began,
                    ended_s=self.now_s(),
                ),
                file=file,
                browser=browser,
            )

    async def _hooked(self, job: Job, build: Hooked, file: str, course: Course) -> HookedPass:
        began = self.now_s()
        served = {file: build.wasm}
        async with readied(job, self.equipment, course, dist=self.dist, rewritten=served) as ready:
            course.phase = "timed"
            answer = await ready.visit.ask(instrument_task(ready, build), Instrumented)
            if f"{REWRITTEN}{file}" not in ready.visit.serving.site.fetched:
                raise VisitError("the rewritten wasm was not fetched", kind="page")
            with reading("log of calls"):
                try:
                    found = joined(answer, build)
                except UnjoinableError as error:
                    raise VisitError(str(error), kind="page") from error
            return HookedPass(
                round=job.round,
                where=job.setting.where,
                functions=found.functions,
                parts=found.parts,
                runs=found.runs,
                model_run_ms=tuple(took / 1e3 for _, took in answer.model_runs_us),
                offset_us=found.offset_us,
                counted_us=answer.counted_us,
                timed_us=answer.timed_us,
                inside_us=answer.inside_us,
                stock_ms=answer.stock_ms,
                hooked_ms=answer.hooked_ms,
                outputs=answer.outputs,
                lost=answer.lost,
                engine=await _engine(ready),
                started_s=began,
                ended_s=self.now_s(),
            )


def instrument_task(ready: Ready, build: Hooked) -> InstrumentTask:
    """As many runs as fit, and about as many timed calls in each as cost little."""
    run_ms = max(ready.run_ms, 1e-3)
    runs = max(_LEAST_RUNS, min(_MOST_RUNS, int(HOOKED_MS / run_ms)))
    timed = int(_COST * run_ms * 1e3 / _CALL_US / max(1, len(build.functions)))
    base = ready.visit.serving.base
    module = ready.opening.ort_url.rpartition("ort/")[2]
    return InstrumentTask(
        open=replace(
            ready.opening,
            ort_url=f"{base}{REWRITTEN}{module}",
            wasm_base_url=f"{base}{REWRITTEN}",
            outputs_url=None,
        ),
        layout=layout(build),
        functions=len(build.functions),
        timed_calls=max(_LEAST_TIMED, min(_MOST_TIMED, timed)),
        blocks=_BLOCKS,
        runs=runs // _BLOCKS,
    )


def layout(build: Hooked) -> HookLayout:
    """Where the page finds what the hooks keep."""
    return HookLayout(
        log=hooks.LOG,
        clock=hooks.CLOCK,
        repeat=hooks.REPEAT,
        on=hooks.ON,
        next=hooks.NEXT,
        end=hooks.END,
        current=hooks.CURRENT,
        lost=hooks.LOST,
        nobody=hooks.NOBODY,
        slots=hooks.SLOTS,
        slot_bytes=hooks.SLOT_BYTES,
        calls=hooks.CALLS,
        left=hooks.LEFT,
        period=hooks.PERIOD,
        count=build.slots,
        log_begins=build.log_begins,
        log_ends=build.log_ends,
    )


async def _products(visit: Visit, browser: Mapping[str, bool]) -> tuple[WasmProduct, ...]:
    """None where the browser has no relaxed SIMD: there is nothing to compare."""
    wanted = tuple(
        product
        for product, needs in (
            (MULTIPLY_ADD, "relaxed-simd"),
            (RELAXED_MULTIPLY_ADD, "relaxed-simd"),
            (products.I16, "relaxed-dot"),
            (RELAXED_DOT, "relaxed-dot"),
        )
        if browser[needs]
    )
    if not wanted:
        return ()
    answer = await visit.ask(products.task(wanted), KernelsTimed)
    return tuple(
        WasmProduct(instructions=one, operations=products.operations(one), samples_us=samples)
        for one, samples in zip(wanted, answer.samples_us, strict=True)
    )


async def _engine(ready: Ready) -> str:
    with reading("description of itself"):
        return str((await ready.visit.page.connection.call("Browser.getVersion"))["product"])
