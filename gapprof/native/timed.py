"""The timed pass of a native trial: warm up, time, and only then anything else."""

import os
import threading
import time
from pathlib import Path

from msgspec.structs import replace

from gapprof.core_speed import LOOK_S, core_of
from gapprof.fast_cores import FastCores
from gapprof.native.opened import Opened, Reach, open_warm
from gapprof.native.seen import seen_here
from gapprof.native.stopwatch import Stretch, stretch, warm_up
from gapprof.native.tensors import write_arrays
from gapprof.native.usage import with_load
from gapprof.native.wire import Request
from gapprof.records.trial import CoreWork, Trial

_TOGETHER_MS = 50.0
"""Untimed, after this thread was on every core: its helpers may be left without one for as long as the system
takes to notice (measured: runs at two threads took what they take at one)."""
KEPT_WARMUP_RUNS = 100
"""A fast model warms up for thousands of runs; the first ones show the curve."""


def timed_pass(request: Request, process_ms: float, reach: Reach) -> tuple[Trial, Opened]:
    """One trial, and the session it leaves.

    Raises what onnxruntime raises, CeilingError, UnfitModelError, OSError, MemoryError.
    """
    job, pace = request.job, request.job.pace

    def visit() -> tuple[Opened, Stretch, CoreWork | None]:
        opened = open_warm(request, process_ms, reach)
        reach("timed")
        cores = FastCores(job.core_speed)
        while True:
            while not cores.ready(opened.threads):
                time.sleep(LOOK_S)
            if job.core_speed is not None:
                warm_up(opened.run, at_least_ms=_TOGETHER_MS, at_least_runs=1)
            timed = stretch(
                opened.run, batch=pace.batch, samples=pace.samples, least_ms=pace.native_stretch_ms
            )
            if cores.over(_used(opened.threads)):
                return opened, timed, cores.found()

    # From before the import on: a window of a few ms says nothing about load when ticks are 10 ms.
    (opened, timed, core_work), load = with_load(visit)
    reach("stop")
    if job.outputs_path:
        names = [port.name for port in opened.session.get_outputs()]
        write_arrays(Path(job.outputs_path), dict(zip(names, opened.run(), strict=True)))
    trial = Trial(
        rung=job.rung,
        round=job.round,
        started_s=0.0,
        ended_s=0.0,
        batch=pace.batch,
        samples_ms=tuple(timed.samples_ms),
        warmup_ms=tuple(opened.warmup_ms[:KEPT_WARMUP_RUNS]),
        cold_ms=opened.cold_ms,
        seen=seen_here(request, opened),
        load=replace(load, core_work=core_work),
        timed_cpu_ms=timed.cpu_ms,
    )
    return trial, opened


def _used(threads: int) -> tuple[int, ...]:
    """The core that this thread is on, where it alone runs the model."""
    core = core_of(os.getpid(), threading.get_native_id())
    return () if threads > 1 or core is None else (core,)
