"""From a job to the messages that a page gets. Pure."""

import math
from typing import Literal

from msgspec.structs import replace

from gapprof.records.environment import Setting
from gapprof.records.job import Job
from gapprof.records.trial import PROFILE_BLOCKS
from gapprof.records.wire.contrast import ContrastTask
from gapprof.records.wire.open import ExternalFile, OpenTask, SessionOption
from gapprof.records.wire.profile import ProfileTask
from gapprof.records.wire.tensors import TensorSlice
from gapprof.records.wire.time import TimeTask

PROFILED_RUNS = 32
PROFILED_MS = 300.0
"""Runs per side of a profiled pass: so many, or as many as fit."""
LEAST_PROFILED_RUNS = 8
CHAIN_BATCH = 100
CHAIN_ROUNDS = 15
CHAIN_INPUT = b"\0\0\x80\x3f"
"""1.0 as little-endian float32."""
COUNTED_MS = 600.0
"""A fifth more than `facts.closing.LEAST_MS`: requests are whole ones, and do not take the same each time."""
TRACED_MS = 1800.0
LEAST_TRACED_REQUESTS = 10
MOST_TRACED_REQUESTS = 100


def open_task(job: Job, *, base: str, module: str, inputs: tuple[TensorSlice, ...]) -> OpenTask:
    """Load, warm up, and leave the outputs if the job wants them. `base` is the server's, with the token."""
    simd = {"1.18-simd": True, "1.18-scalar": False}.get(job.setting.build)
    return OpenTask(
        ort_url=f"{base}ort/{module}",
        wasm_base_url=f"{base}ort/",
        threads=job.setting.threads,
        simd=simd,
        where=job.setting.where,
        spinning=job.setting.spinning,
        provider=_provider(job.setting),
        model_url=f"{base}model/{_name(job.model_path)}",
        external_data=tuple(ExternalFile(path=f, url=f"{base}model/{f}") for f in job.external_data),
        optimise=job.optimise,
        session=tuple(SessionOption(name=name, value=value) for name, value in job.setting.session),
        inputs_url=f"{base}inputs.bin",
        inputs=inputs,
        outputs_url=f"{base}outputs" if job.outputs_path else None,
        warmup_ms=job.pace.warmup_ms,
        warmup_runs=job.pace.warmup_runs,
    )


def _provider(setting: Setting) -> Literal["wasm", "webgpu", "webgl"]:
    if setting.device != "gpu":
        return "wasm"
    return "webgl" if setting.gpu_api == "webgl" else "webgpu"


def time_task(job: Job) -> TimeTask:
    """Samples back to back, or paced requests, as the setting says."""
    paced = job.setting.pacing == "paced"
    return TimeTask(
        batch=job.pace.batch,
        samples=0 if paced else job.pace.samples,
        requests=job.pace.requests if paced else 0,
        think_ms=job.pace.think_ms,
        seed=job.seed,
        least_ms=0.0 if paced else job.pace.stretch_ms,
        requests_from=job.setting.requests_from,
    )


def chain_task(opening: OpenTask, *, base: str, path: str) -> OpenTask:
    """The same for a chain of one-element nodes, unoptimised: negations of a float32 `x`, shape [1]."""
    return replace(
        opening,
        model_url=f"{base}chain/{_name(path)}",
        external_data=(),
        optimise=False,
        session=(),
        inputs_url=f"{base}chain.bin",
        inputs=(TensorSlice(name="x", dtype="float32", dims=(1,), offset=0, size_bytes=4),),
        outputs_url=None,
    )


def chain_contrast(first_link: OpenTask) -> ContrastTask:
    """The chain, open, and its first link in turn, in batches that are long enough for a clock of 100 us."""
    return ContrastTask(other=first_link, batch=CHAIN_BATCH, rounds=CHAIN_ROUNDS)


def profile_task(opening: OpenTask, *, run_ms: float, most_runs: int) -> ProfileTask:
    """As many single runs as fit, within bounds: one took `run_ms`, and a profile holds `most_runs`."""
    runs = _fitting(PROFILED_MS, run_ms, least=LEAST_PROFILED_RUNS, most=PROFILED_RUNS) // PROFILE_BLOCKS
    room = (most_runs - opening.warmup_runs) // PROFILE_BLOCKS - 1
    runs = min(runs, max(1, room))
    task = ProfileTask(open=replace(opening, outputs_url=None), blocks=PROFILE_BLOCKS, runs=runs)
    left = most_runs - PROFILE_BLOCKS * (1 + runs)
    return replace(task, most_warmup_runs=min(task.most_warmup_runs, max(opening.warmup_runs, left)))


def counted_task(job: Job, *, period_ms: float) -> TimeTask:
    """As many paced requests as can be held to what the kernel says of threads, no more than are timed; from
    one to the next it took `period_ms`."""
    requests = math.ceil(COUNTED_MS / period_ms)
    return replace(time_task(job), requests=min(job.pace.requests, requests))


def traced_task(job: Job, *, run_ms: float) -> TimeTask:
    """Paced requests with marks, as many as fit: a trace grows by megabytes a second.

    Long against the periods of a page's timers, of which a short stretch would hold one too many or too few.
    """
    each_ms = run_ms + sum(job.pace.think_ms) / 2
    requests = _fitting(TRACED_MS, each_ms, least=LEAST_TRACED_REQUESTS, most=MOST_TRACED_REQUESTS)
    return TimeTask(
        batch=job.pace.batch,
        samples=0,
        requests=requests,
        think_ms=job.pace.think_ms,
        seed=job.seed,
        marks=True,
        requests_from=job.setting.requests_from,
    )


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _fitting(total_ms: float, each_ms: float, *, least: int, most: int) -> int:
    return max(least, min(most, int(total_ms / max(each_ms, 1e-3))))
