"""The timed pass of a native trial: warm up, time, and only then anything else."""

from pathlib import Path

from msgspec.structs import replace

from gapprof.fast_cores import Waiting
from gapprof.native.fast_pieces import on_fast_cores
from gapprof.native.opened import Opened, Reach, open_warm
from gapprof.native.seen import seen_here
from gapprof.native.tensors import write_arrays
from gapprof.native.usage import spent_by
from gapprof.native.wire import Request
from gapprof.records.trial import Trial

KEPT_WARMUP_RUNS = 100
"""A fast model warms up for thousands of runs; the first ones show the curve."""


def timed_pass(request: Request, process_ms: float, reach: Reach, waiting: Waiting) -> tuple[Trial, Opened]:
    """One trial, and the session it leaves.

    Raises what onnxruntime raises, CeilingError, UnfitModelError, OSError, MemoryError.
    """
    job = request.job
    # From before the import on: a window of a few ms says nothing about load when ticks are 10 ms.
    opened, opening = spent_by(lambda: open_warm(request, process_ms, reach))
    reach("timed")
    timed, spent, core_work = on_fast_cores(opened.run, job, waiting, threads=opened.threads)
    load = replace((opening + spent).load, core_work=core_work)
    reach("stop")
    if job.outputs_path:
        names = [port.name for port in opened.session.get_outputs()]
        write_arrays(Path(job.outputs_path), dict(zip(names, opened.run(), strict=True)))
    trial = Trial(
        rung=job.rung,
        round=job.round,
        started_s=0.0,
        ended_s=0.0,
        batch=job.pace.batch,
        samples_ms=tuple(timed.samples_ms),
        warmup_ms=tuple(opened.warmup_ms[:KEPT_WARMUP_RUNS]),
        cold_ms=opened.cold_ms,
        seen=seen_here(request, opened),
        load=load,
        timed_cpu_ms=timed.cpu_ms,
    )
    return trial, opened
