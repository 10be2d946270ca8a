"""A machine whose causes are known: it answers every visit at once, with planted factors and seeded noise."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
from msgspec.structs import asdict, replace

from gapprof import rungs
from gapprof.fast_cores import Waiting, unheard
from gapprof.guard import Guard
from gapprof.records.environment import OWN_RULE, Setting
from gapprof.records.job import Job
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings
from gapprof.records.trial import (
    Failure,
    Load,
    NodeTime,
    Profile,
    Seen,
    ThreadUse,
    Trace,
    TraceSlice,
    Trial,
)

NATIVE_MS = 10.0
_BUILDS_ON = MappingProxyType({"native-avx": "native-avx2"})
"""Where a planted factor multiplies another rung than the parent in the ladder: AVX is slower than AVX2."""
_UNDOES = MappingProxyType(
    {"web-in-worker": "web-main", "web-optimised": "web-graph", "web-stock": "web-flags"}
)
"""Where nothing else is planted, taking a change back takes its factor back: no interaction."""
_RATE_GFLOPS = MappingProxyType({"full": 250.0, "avx2": 125.0, "avx": 118.0, "128": 50.0})
_WASM = "ort-wasm-simd-threaded.wasm"


def ladder_ms(
    factors: Mapping[str, float], *, native_ms: float = NATIVE_MS, backend: str = "wasm"
) -> dict[str, float]:
    """Rung → ms from each rung's factor against the rung it builds on; 1 where none is planted."""
    ladder: Mapping[str, Rung] = rungs.ladder(backend)
    unknown = factors.keys() - ladder.keys()
    if unknown:
        raise ValueError(f"no rungs of the ladder: {sorted(unknown)}")

    def own(rung: str) -> float:
        return factors.get(rung, 1.0 / factors.get(_UNDOES.get(rung, ""), 1.0))

    def latency_ms(rung: str) -> float:
        parent = _BUILDS_ON.get(rung, ladder[rung].derived_from)
        return native_ms if parent is None else latency_ms(parent) * own(rung)

    return {rung: latency_ms(rung) for rung in ladder}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedNode:
    """One node. Its time is `share` of the kernels' on native, and `share` x its side's factor elsewhere."""

    name: str
    op_type: str = "Conv"
    share: float = 1.0
    factors: Mapping[str, float] = field(default_factory=dict)
    """Rung → how many times slower this node is there than the model as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedFailure:
    """Visits of a rung that bring nothing."""

    rung: str
    message: str
    kind: str = "crash"
    phase: str = "timed"
    rounds: frozenset[int] | None = None
    """None: every round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedPage:
    """What a rung's page makes of each request; all of it is part of the rung's latency."""

    late_ms: float = 0.0
    """For which it waits for the main thread."""
    held: tuple[TraceSlice, ...] = ()
    """What that does meanwhile, by request."""
    inside: tuple[TraceSlice, ...] = ()
    """What the model's thread does in a run."""
    run_queue_ms: float = 0.0
    """Of the run."""
    others: tuple[ThreadUse, ...] = ()
    """Who else uses the cores, by request."""
    outside_ms: float = 0.0
    """CPU time of programs outside the browser, by request."""
    stolen_ms: float = 0.0
    """What a hypervisor takes, by request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Realises every backend. Times are exact up to the noise asked for, and repeat for equal seeds."""

    latency_ms: Mapping[str, float] = field(default_factory=lambda: ladder_ms({}))
    noise: float = 0.0
    """Standard deviation of ln(sample) within a trial."""
    launch_noise: float = 0.0
    """Standard deviation of ln between trials: a launch's own luck."""
    weather: Callable[[Job], float] = lambda _: 0.0
    """ln of how many times slower a visit is than planted: drift, stalls, noise as it was recorded."""
    seed: int = 0
    nodes: tuple[PlantedNode, ...] = (PlantedNode(name="conv_0"), PlantedNode(name="conv_1"))
    marshalling_ms: Mapping[str, float] = field(default_factory=lambda: {"native": 0.02, "web": 0.1})
    """By side; part of the latency, not on top of it."""
    dispatch_us: Mapping[str, float] = field(default_factory=lambda: {"native": 0.15, "web": 0.21})
    start_up_ms: Mapping[str, Mapping[str, float]] = field(
        default_factory=lambda: {key: {"import": 200.0, "create": 20.0} for key in ("native", "web")}
    )
    """By side: stages before the first run."""
    work: Mapping[str, tuple[TraceSlice, ...]] = field(default_factory=dict)
    """Rung → what its page does in one second."""
    pages: Mapping[str, PlantedPage] = field(default_factory=dict)
    """Paced rung → what becomes of requests there; of other rungs only how long they take is known."""
    failures: tuple[PlantedFailure, ...] = ()
    refusals: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    """(backend, field of the setting, its value as text) → why this machine cannot give it."""
    wrong_outputs: frozenset[str] = frozenset()
    wasm_simd: bool = True
    own_rule_threads: int = 2
    """What onnxruntime-web's own rule gives an isolated page."""
    id: str = "synthetic"

    def refuse(self, setting: Setting) -> str | None:
        """The planted refusal of the first field that has one."""
        words = asdict(setting)
        for (backend, name, value), why in self.refusals.items():
            if backend == setting.backend and str(words[name]) == value:
                return why
        return None

    def timed(self, job: Job) -> Trial | Failure:
        """Samples, or requests on a paced rung, as many as the pace wants."""
        failure = self._failure(job)
        if failure is not None:
            return failure
        if job.outputs_path:
            wrong = 1.0 if job.rung in self.wrong_outputs else 0.0
            np.savez(Path(job.outputs_path), output=np.arange(8, dtype=np.float32) + np.float32(wrong))
        paced = job.setting.pacing == "paced"
        values = self._values(job, job.pace.requests if paced else job.pace.samples)
        wall_ms = sum(values) * (1 if paced else job.pace.batch)
        return Trial(
            rung=job.rung,
            round=job.round,
            started_s=0.0,
            ended_s=0.0,
            batch=1 if paced else job.pace.batch,
            samples_ms=() if paced else values,
            requests_ms=values if paced else (),
            runs_ms=self._runs(job, values),
            warmup_ms=(3 * self.latency_ms[job.rung],) + job.pace.warmup_runs * (self.latency_ms[job.rung],),
            cold_ms={**self.start_up_ms[_side(job.setting)], "first_run": 3 * self.latency_ms[job.rung]},
            seen=self._seen(job.setting),
            load=self._page_load(job, values) or _load(wall_ms),
        )

    def profiled(self, job: Job, timed: Callable[[Trial], None]) -> Profile | Failure:
        """Nodes, marshalling and dispatch that add up to the rung's latency."""
        outcome = self.timed(job)
        if isinstance(outcome, Failure):
            return outcome
        timed(outcome)
        walls = self._values(job, 20)
        side = _side(job.setting)
        dispatch_ms = self.dispatch_us[side] * len(self.nodes) / 1000
        kernels_ms = self.latency_ms[job.rung] - self.marshalling_ms[side] - dispatch_ms
        parts = [node.share * node.factors.get(job.rung, 1.0) for node in self.nodes]
        whole = sum(parts)
        return Profile(
            rung=job.rung,
            round=job.round,
            started_s=0.0,
            ended_s=0.0,
            unprofiled_ms=walls,
            profiled_ms=walls,
            model_run_ms=tuple(wall - self.marshalling_ms[side] for wall in walls),
            nodes=tuple(
                NodeTime(
                    name=node.name,
                    op_type=node.op_type,
                    provider="CPUExecutionProvider",
                    samples_ms=tuple(
                        kernels_ms * part / whole * wall / self.latency_ms[job.rung] for wall in walls
                    ),
                )
                for node, part in zip(self.nodes, parts, strict=True)
            ),
            dispatch_us_per_node=self.dispatch_us[side],
            seen=self._seen(job.setting),
            load=_load(sum(walls)),
        )

    def traced(self, job: Job, timed: Callable[[Trial], None]) -> Trace | Failure | None:
        """Two seconds of the planted work of a page; None natively."""
        if _side(job.setting) == "native":
            return None
        outcome = self.timed(job)
        if isinstance(outcome, Failure):
            return outcome
        timed(outcome)
        slices, page = self.work.get(job.rung, ()), self.pages.get(job.rung, PlantedPage())
        values = self._values(job, job.pace.requests)
        return Trace(
            rung=job.rung,
            round=job.round,
            started_s=0.0,
            ended_s=0.0,
            stretch_ms=2000.0,
            slices=tuple(
                TraceSlice(
                    thread=piece.thread,
                    name=piece.name,
                    detail=piece.detail,
                    count=2 * piece.count,
                    wall_ms=2 * piece.wall_ms,
                    cpu_ms=piece.cpu_ms and 2 * piece.cpu_ms,
                )
                for piece in slices
            ),
            requests_ms=values,
            runs_ms=self._runs(job, values),
            held=tuple(_times(piece, len(values)) for piece in page.held),
            inside=tuple(_times(piece, len(values)) for piece in page.inside),
            seen=self._seen(job.setting),
            load=_load(2000.0),
        )

    def _runs(self, job: Job, values: tuple[float, ...]) -> tuple[float, ...]:
        page = self.pages.get(job.rung)
        return () if page is None else tuple(max(0.0, value - page.late_ms) for value in values)

    def _page_load(self, job: Job, values: tuple[float, ...]) -> Load | None:
        page, runs = self.pages.get(job.rung), self._runs(job, values)
        if page is None:
            return None
        waiting_ms = len(runs) * page.run_queue_ms
        model = ThreadUse(
            process="renderer",
            thread="DedicatedWorker",
            cpu_ms=sum(runs) - waiting_ms,
            run_queue_ms=waiting_ms,
            role="inference",
        )
        others = (
            replace(use, cpu_ms=len(runs) * use.cpu_ms, run_queue_ms=len(runs) * use.run_queue_ms)
            for use in page.others
        )
        load, stolen_ms = _load(sum(values)), len(runs) * page.stolen_ms
        return replace(
            load,
            machine_busy_ms=load.wall_ms + len(runs) * page.outside_ms + stolen_ms,
            stolen_ms=stolen_ms or None,
            threads=(model, *others),
            at_work_ms=sum(runs),
        )

    def _values(self, job: Job, count: int) -> tuple[float, ...]:
        if not self.noise and not self.launch_noise:  # nothing is left to chance
            exact = self.latency_ms[job.rung] * np.exp(np.full(count, self.weather(job)))
            return tuple(map(float, exact))
        rng = np.random.default_rng([self.seed, abs(job.seed), zlib.crc32(job.rung.encode())])
        launch = rng.normal(0.0, self.launch_noise) + self.weather(job)
        noise = rng.normal(0.0, self.noise, count)
        return tuple(float(value) for value in self.latency_ms[job.rung] * np.exp(launch + noise))

    def _failure(self, job: Job) -> Failure | None:
        for planted in self.failures:
            if planted.rung == job.rung and (planted.rounds is None or job.round in planted.rounds):
                return Failure(
                    rung=job.rung,
                    round=job.round,
                    started_s=0.0,
                    ended_s=0.0,
                    phase=planted.phase,
                    kind=planted.kind,
                    message=planted.message,
                )
        return None

    def _seen(self, setting: Setting) -> Seen:
        if _side(setting) == "native":
            return Seen(
                runtime_version="1.30.0",
                engine_version="synthetic",
                threads=setting.threads,
                timer_step_us=0.1,
                cpus_allowed=(0, 1),
                ceiling_hits=None if setting.isa == "full" else 31,
                sentinel_gflops=_RATE_GFLOPS[setting.isa],
            )
        asked = self.own_rule_threads if setting.threads == OWN_RULE else setting.threads
        return Seen(
            runtime_version="1.30.0",
            engine_version="synthetic",
            threads=asked if setting.isolated else 1,
            timer_step_us=5.0,
            cpus_allowed=(0, 1),
            isolated=setting.isolated,
            where=setting.where,
            debugger_domain=setting.debugger,
            wasm_file=_WASM,
            wasm_sha256=f"{setting.build}-{self.wasm_simd}",
            wasm_simd=setting.build in ("1.18-simd", "pinned")
            or (setting.build == "served" and self.wasm_simd),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticBackend:
    """The plug-in: a machine on which the browser costs nothing at all."""

    id: str = "synthetic"

    def open(self, settings: Settings, _guard: Guard, _waiting: Waiting = unheard) -> Machine:
        """A machine without a cause; tests plant theirs with `Machine(...)`."""
        return Machine(seed=settings.seed)


def _side(setting: Setting) -> str:
    return "native" if setting.backend == "native" else "web"


def _times(piece: TraceSlice, times: int) -> TraceSlice:
    cpu_ms = None if piece.cpu_ms is None else times * piece.cpu_ms
    return replace(piece, wall_ms=times * piece.wall_ms, cpu_ms=cpu_ms, count=times * piece.count)


def _load(wall_ms: float) -> Load:
    return Load(wall_ms=wall_ms, machine_busy_ms=wall_ms, own_cpu_ms=wall_ms)


BACKEND = SyntheticBackend()
