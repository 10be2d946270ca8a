"""The profiled half of a visit: runs without and with onnxruntime's profiler, then what dispatch costs.

A session of its own has the profiler, so each side's runs come in blocks: two sessions that take turns run by
run evict each other's weights, which made a decoder of 1.9 ms take 3.8. The first run of a block brings the
caches back and is not counted.
"""

import math
import statistics
from collections.abc import Callable
from pathlib import Path

from gapprof.native.dispatch import dispatch_us_per_node, profiler_us_per_node
from gapprof.native.opened import Opened, Reach
from gapprof.native.profile_file import node_times, refuse_longer, runs_of
from gapprof.native.runtime import Session, open_session, run_of
from gapprof.native.stopwatch import elapsed_ms
from gapprof.native.usage import with_load
from gapprof.native.wire import Request
from gapprof.records.trial import PROFILE_BLOCKS, Profile, Trial

_WANTED_MS = 200.0
_RUNS = (8, 200)
_FEWEST_RUNS = PROFILE_BLOCKS
_FEWEST_WARMUP_RUNS = 3
_SHARE_OF_DEADLINE = 0.25


def profiled_pass(request: Request, opened: Opened, trial: Trial, reach: Reach) -> Profile:
    """One profile. Raises what onnxruntime raises, ProfileError, OSError."""
    job = request.job
    wanted = run_count(statistics.median(trial.samples_ms), job.pace.deadline_s) // PROFILE_BLOCKS
    runs = fitting(wanted, job.most_profiled_runs)
    reach("timed")
    (unprofiled_ms, profiled_ms, file), load = with_load(lambda: _both(request, opened, runs))
    reach("stop")
    dispatch_us, profiler_us = _per_node(request, opened)
    in_blocks = PROFILE_BLOCKS * (1 + runs)
    last = runs_of(file, made=_made(runs), wanted=in_blocks)
    kept = [run for number, run in enumerate(last) if number % (1 + runs)]
    refuse_longer(kept, profiled_ms)
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
        seen=trial.seen,
        load=load,
    )


def run_count(run_ms: float, deadline_s: float) -> int:
    """Enough runs for 200 ms, 8 to 200 of them, fewer where they would take a quarter of the deadline."""
    fewest, most = _RUNS
    wanted = min(most, max(fewest, math.ceil(_WANTED_MS / run_ms)))
    affordable = int(deadline_s * 1e3 * _SHARE_OF_DEADLINE / run_ms)
    return min(wanted, max(_FEWEST_RUNS, affordable))


def fitting(runs: int, most: int) -> int:
    """Of each block: fewer, one at least, where a profile has no room for all runs of so large a graph."""
    return next((count for count in range(runs, 1, -1) if _made(count) <= most), 1)


def _made(runs: int) -> int:
    """By the session with the profiler, so many being counted of each block."""
    return _warmup_runs(runs) + PROFILE_BLOCKS * (1 + runs)


def _both(request: Request, opened: Opened, runs: int) -> tuple[list[float], list[float], Path]:
    """Wall ms of single runs without and with the profiler, block by block, and where the profile lies."""
    job = request.job
    session: Session = open_session(
        opened.runtime,
        job.model_path,
        threads=job.setting.threads,
        optimise=job.optimise,
        profile_prefix=str(Path(request.scratch_folder) / "profile"),
    )
    run = run_of(session, opened.feed)
    for _ in range(_warmup_runs(runs)):
        run()
    unprofiled_ms: list[float] = []
    profiled_ms: list[float] = []
    sides = [(opened.run, unprofiled_ms), (run, profiled_ms)]
    for _ in range(PROFILE_BLOCKS):
        for side, times_ms in sides:
            times_ms += _block(side, runs)
        sides.reverse()
    return unprofiled_ms, profiled_ms, Path(session.end_profiling())


def _warmup_runs(runs: int) -> int:
    """Of the session with the profiler, whose buffers are new; the profile's reader drops them."""
    return max(_FEWEST_WARMUP_RUNS, runs)


def _block(run: Callable[[], object], runs: int) -> list[float]:
    run()
    return [elapsed_ms(run) for _ in range(runs)]


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
