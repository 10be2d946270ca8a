"""The same wasm in Node, without a browser: the `engine` rungs."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from msgspec.structs import replace

from gapprof import assets
from gapprof.browser import tensors, wasm
from gapprof.browser.tier_up import CHUNK, Settling, TierUp, compiled_since, compiler_ms
from gapprof.browser.trouble import VisitError, failure
from gapprof.core_speed import LOOK_S
from gapprof.cores_used import Whereabouts, used_between, whereabouts
from gapprof.engine import Engine, running
from gapprof.errors import GapprofError
from gapprof.fast_cores import FastCores, Waiting, unheard
from gapprof.guard import Guard
from gapprof.proc import cpu_ms_of, machine_busy_ms, thread_difference, thread_use
from gapprof.records.backend import Backend
from gapprof.records.environment import Setting
from gapprof.records.job import Job
from gapprof.records.settings import Settings
from gapprof.records.trial import Failure, Load, Profile, Seen, TierUpEnd, Trace, Trial
from gapprof.records.wire.open import ExternalFile, Opened, OpenTask
from gapprof.records.wire.time import Timed, TimeTask
from gapprof.records.wire.warm import Warmed

_ENTRY = "ort.node.min.mjs"
"""The build that starts its threads as Node does; the wasm is the browser's."""
_WASM = "ort-wasm-simd-threaded.wasm"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeBackend:
    """A fresh Node process per trial."""

    guard: Guard
    web_dist: str | None
    waiting: Waiting = unheard
    id: str = "node"

    def refuse(self, setting: Setting) -> str | None:
        """Why this machine cannot give it: no Node, no build that Node can load, or paced requests."""
        if setting.pacing != "back-to-back":
            return "Node has no page that could ask for runs by events"
        try:
            assets.node()
            entry = assets.web_dist(self.web_dist) / _ENTRY
        except GapprofError as error:
            return error.message
        return None if entry.is_file() else f"this build of onnxruntime-web has no {_ENTRY}"

    def timed(self, job: Job) -> Trial | Failure:
        """Open, warm up, time; nothing else runs in that process."""
        try:
            return self._visit(job)
        except VisitError as trouble:
            return failure(job, trouble, phase="timed")
        except GapprofError as error:
            return failure(job, VisitError(error.message, kind="environment", hint=error.hint), phase="start")

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        """Timed alone: no operator is read off Node, the browser's own profile is at hand."""
        outcome = self.timed(job)
        if isinstance(outcome, Failure):
            return outcome
        timed(outcome)
        trouble = VisitError("the engine rungs are timed, not profiled", kind="environment")
        return failure(job, trouble, phase="start")

    def traced(self, _job: Job, _timed: Callable[[Trial], None]) -> Trace | Failure | None:
        """There is no browser whose tracing could run."""
        return None

    def _visit(self, job: Job) -> Trial:
        until = time.monotonic() + job.pace.deadline_s
        node, script = assets.node(), assets.probes_web() / "engine.mjs"
        dist = assets.web_dist(self.web_dist)
        with (
            self.guard.folder("engine") as folder,
            running(node, script, guard=self.guard, js_flags=job.setting.js_flags) as engine,
        ):
            opened = engine.ask(_open_task(job, dist, folder), Opened, until=until)
            if job.outputs_path:
                block = (folder / "outputs.bin").read_bytes()
                tensors.save(tensors.unpacked(block, opened.outputs), Path(job.outputs_path))
            settled = _settled(engine, job, self.waiting, until=until)
            return Trial(
                rung=job.rung,
                round=job.round,
                started_s=0.0,
                ended_s=0.0,
                batch=job.pace.batch,
                samples_ms=settled.timed.samples_ms,
                warmup_ms=(*opened.warmup_ms, *settled.warmup_ms),
                cold_ms={"process": engine.start_ms, **opened.cold_ms},
                seen=replace(_seen(engine, opened, dist), tier_up=settled.tier_up),
                load=settled.load,
                compiled_ms=settled.compiled_ms,
            )


@dataclass(frozen=True, slots=True)
class _Opener:
    id: str = "node"

    def open(self, settings: Settings, guard: Guard, waiting: Waiting = unheard) -> Backend:
        """Nothing is started before the first visit."""
        return NodeBackend(guard=guard, web_dist=settings.web_dist, waiting=waiting)


BACKEND = _Opener()


def _open_task(job: Job, dist: Path, folder: Path) -> OpenTask:
    block, slices = tensors.packed(Path(job.inputs_path))
    inputs = folder / "inputs.bin"
    inputs.write_bytes(block)
    model = Path(job.model_path)
    return OpenTask(
        ort_url=(dist / _ENTRY).as_uri(),
        wasm_base_url=dist.as_uri() + "/",
        threads=job.setting.threads,
        where="main",
        model_url=model.as_uri(),
        external_data=tuple(
            ExternalFile(path=name, url=(model.parent / name).as_uri()) for name in job.external_data
        ),
        optimise=job.optimise,
        inputs_url=inputs.as_uri(),
        inputs=slices,
        outputs_url=(folder / "outputs.bin").as_uri() if job.outputs_path else None,
        warmup_ms=job.pace.warmup_ms,
        warmup_runs=job.pace.warmup_runs,
    )


def _tiered_up(engine: Engine, *, until: float) -> TierUp:
    """Warm up in short stretches until Node's compiler threads are idle."""
    tier_up = TierUp()
    while not tier_up.over:
        before_ms, began = compiler_ms(engine.pid), time.perf_counter()
        warmed = engine.ask(CHUNK, Warmed, until=until)
        wall_ms = (time.perf_counter() - began) * 1e3
        tier_up.add(warmed.runs_ms, compiled_since(engine.pid, before_ms), wall_ms=wall_ms)
    return tier_up


def _time_task(job: Job) -> TimeTask:
    return TimeTask(
        batch=job.pace.batch,
        samples=job.pace.samples,
        requests=0,
        think_ms=job.pace.think_ms,
        seed=job.seed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """The stretch that counts, and what came before it."""

    warmup_ms: tuple[float, ...]
    tier_up: TierUpEnd
    compiled_ms: tuple[float, ...]
    timed: Timed
    load: Load


def _settled(engine: Engine, job: Job, waiting: Waiting, *, until: float) -> _Settled:
    """As in a browser: one timed stretch beside which nothing was compiled and no core was slow, and who used
    the processors meanwhile."""
    tier_up = _tiered_up(engine, until=until)
    cores, settling = (
        FastCores(job.core_speed_for(job.setting.threads), waiting),
        Settling(tier_up.ended, until),
    )
    warmup_ms = tuple(tier_up.runs_ms)
    while True:
        while not cores.ready_on(tuple(_whereabouts(engine, job).places.values())):
            time.sleep(LOOK_S)
        first = _whereabouts(engine, job)
        timed, load = _observed(engine, _time_task(job), until=until)
        used, figure_ms = used_between(first, _whereabouts(engine, job)), median(timed.samples_ms)
        if settling.was_warm_up(load, figure_ms):
            warmup_ms = (*warmup_ms, *_tiered_up(engine, until=until).runs_ms)
        elif cores.over(used, figure_ms):
            return _Settled(
                warmup_ms=warmup_ms,
                tier_up=settling.ended,
                compiled_ms=tuple(settling.compiled_ms),
                timed=timed,
                load=replace(load, core_work=cores.found()),
            )


def _whereabouts(engine: Engine, job: Job) -> Whereabouts:
    """Of Node's main thread, where it alone runs the model."""
    return whereabouts(engine.pid, [engine.pid] if job.setting.threads == 1 else [])


def _observed(engine: Engine, task: TimeTask, *, until: float) -> tuple[Timed, Load]:
    """The timed stretch, and who used the processors meanwhile."""
    pids = (engine.pid, os.getpid())
    threads, cpu_ms, busy_ms = thread_use(engine.pid, "node"), cpu_ms_of(pids), machine_busy_ms()
    began = time.monotonic()
    timed = engine.ask(task, Timed, until=until)
    wall_ms = (time.monotonic() - began) * 1e3
    busy_after_ms = machine_busy_ms()
    load = Load(
        wall_ms=wall_ms,
        machine_busy_ms=None if busy_ms is None or busy_after_ms is None else busy_after_ms - busy_ms,
        own_cpu_ms=cpu_ms_of(pids) - cpu_ms,
        threads=thread_difference(threads, thread_use(engine.pid, "node")),
    )
    return timed, load


def _seen(engine: Engine, opened: Opened, dist: Path) -> Seen:
    file = dist / _WASM
    sha256, simd = wasm.facts(file) if file.is_file() else (None, None)
    allowed = os.sched_getaffinity(engine.pid) if hasattr(os, "sched_getaffinity") else None
    return Seen(
        runtime_version=opened.ort_version,
        engine_version=f"Node {engine.hello.node} (V8 {engine.hello.v8})",
        threads=opened.threads,
        timer_step_us=opened.timer_step_us,
        cpus_allowed=None if allowed is None else tuple(sorted(allowed)),
        wasm_file=_WASM if sha256 else None,
        wasm_sha256=sha256,
        wasm_simd=simd,
    )
