"""The profiled pass: the same model without and with onnxruntime's profiler, then what dispatch costs."""

import math
import statistics
from pathlib import Path

from gapprof.native.dispatch import dispatch_us_per_node, profiler_us_per_node
from gapprof.native.opened import Opened, Reach, open_warm
from gapprof.native.profile_file import node_times, runs_of
from gapprof.native.runtime import Session, open_session, run_of
from gapprof.native.seen import seen_here
from gapprof.native.stopwatch import elapsed_ms
from gapprof.native.usage import with_load
from gapprof.native.wire import Request
from gapprof.records.trial import Profile

_WANTED_MS = 200.0
_RUNS = (8, 200)
_FEWEST_RUNS = 5
_SHARE_OF_DEADLINE = 0.25


def profiled_pass(request: Request, process_ms: float, reach: Reach) -> Profile:
    """One profile. Raises what onnxruntime raises, CeilingError, UnfitModelError, ProfileError, OSError."""
    job = request.job
    opened = open_warm(request, process_ms, reach)
    runs = run_count(statistics.median(opened.warmup_ms[-_RUNS[0] :]), job.pace.deadline_s)
    reach("timed")
    (unprofiled_ms, profiled_ms, file), load = with_load(lambda: _both(request, opened, runs))
    reach("stop")
    dispatch_us, profiler_us = _per_node(request, opened)
    kept = runs_of(file.read_bytes(), wanted=runs)
    return Profile(
        rung=job.rung,
        round=job.round,
        started_s=0.0,
        ended_s=0.0,
        unprofiled_ms=tuple(unprofiled_ms),
        profiled_ms=tuple(profiled_ms),
        model_run_ms=tuple(run.model_run_us / 1e3 for run in kept),
        nodes=node_times(kept),
        dispatch_us_per_node=dispatch_us,
        profiler_us_per_node=profiler_us,
        seen=seen_here(request, opened),
        load=load,
    )


def run_count(run_ms: float, deadline_s: float) -> int:
    """Enough runs for 200 ms, 8 to 200 of them, fewer where they would take a quarter of the deadline."""
    fewest, most = _RUNS
    wanted = min(most, max(fewest, math.ceil(_WANTED_MS / run_ms)))
    affordable = int(deadline_s * 1e3 * _SHARE_OF_DEADLINE / run_ms)
    return min(wanted, max(_FEWEST_RUNS, affordable))


def _both(request: Request, opened: Opened, runs: int) -> tuple[list[float], list[float], Path]:
    """Wall ms of single runs without and with the profiler, in turn, and where the profile lies.

    In turn, because a machine that changes its speed by the second would show that as the profiler's cost.
    """
    job = request.job
    session: Session = open_session(
        opened.runtime,
        job.model_path,
        threads=job.setting.threads,
        optimise=job.optimise,
        profile_prefix=str(Path(request.scratch_folder) / "profile"),
    )
    run = run_of(session, opened.feed)
    for _ in range(max(3, runs // 4)):  # its buffers are new; the profile's reader drops these runs
        run()
    pairs = [(elapsed_ms(opened.run), elapsed_ms(run)) for _ in range(runs)]
    unprofiled_ms, profiled_ms = (list(side) for side in zip(*pairs, strict=True))
    return unprofiled_ms, profiled_ms, Path(session.end_profiling())


def _per_node(request: Request, opened: Opened) -> tuple[float | None, float | None]:
    """Dispatch and profiler in µs per node, from the chain; None where there is none or it cannot run."""
    job = request.job
    if not request.first_link or job.chain_nodes < 2:
        return None, None
    try:
        dispatch_us = dispatch_us_per_node(
            opened.runtime,
            job.chain_path,
            nodes=job.chain_nodes,
            first=request.first_link,
            threads=job.setting.threads,
        )
        profiler_us = profiler_us_per_node(
            opened.runtime,
            job.chain_path,
            threads=job.setting.threads,
            scratch=Path(request.scratch_folder),
            dispatch_us=dispatch_us,
        )
    except opened.runtime.errors:
        return None, None
    return dispatch_us, profiler_us
