"""The profiled half of a visit: runs without and with onnxruntime's profiler, then what dispatch costs."""

import statistics
from pathlib import Path

from gapprof.native.dispatch import dispatch_us_per_node, profiler_us_per_node
from gapprof.native.opened import Opened, Reach
from gapprof.native.profile_blocks import made_by
from gapprof.native.profile_counts import counts_for
from gapprof.native.profile_file import node_times, refuse_longer
from gapprof.native.usage import with_load
from gapprof.native.wire import Request
from gapprof.records.trial import Profile, Trial


def profiled_pass(request: Request, opened: Opened, trial: Trial, reach: Reach) -> Profile:
    """One profile; the session of `opened` may be gone afterwards.

    Raises what onnxruntime raises, ProfileError, OSError.
    """
    job = request.job
    run_ms = statistics.median(trial.samples_ms)
    counts = counts_for(run_ms, deadline_s=job.pace.deadline_s, nodes=job.nodes)
    reach("timed")
    blocks, load = with_load(lambda: made_by(counts, request, opened))
    reach("stop")
    dispatch_us, profiler_us = _per_node(request, opened)
    runs = blocks.profiled_runs()
    refuse_longer(runs, blocks.profiled_ms)
    return Profile(
        rung=job.rung,
        round=job.round,
        started_s=0.0,
        ended_s=0.0,
        unprofiled_ms=blocks.unprofiled_ms,
        profiled_ms=blocks.profiled_ms,
        model_run_ms=tuple(run.model_run_us / 1e3 for run in runs),
        nodes=node_times(runs),
        dispatch_us_per_node=dispatch_us,
        profiler_us_per_node=profiler_us,
        seen=trial.seen,
        load=load,
    )


def _per_node(request: Request, opened: Opened) -> tuple[float | None, float | None]:
    """Dispatch and profiler in µs per node, from the chain; None where there is none or it cannot run."""
    job = request.job
    if job.chain is None:
        return None, None
    try:
        dispatch_us = dispatch_us_per_node(
            opened.runtime,
            job.chain,
            threads=job.setting.threads,
        )
        profiler_us = profiler_us_per_node(
            opened.runtime,
            job.chain.path,
            threads=job.setting.threads,
            scratch=Path(request.scratch_folder),
            dispatch_us=dispatch_us,
        )
    except opened.runtime.errors:
        return None, None
    return dispatch_us, profiler_us
