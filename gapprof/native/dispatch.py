"""What it costs to get from one node to the next, and what the profiler adds to each node's time.

A chain of n one-element nodes against its own first node alone: the difference over n - 1 holds no cost per
run (feeds, fetches, Python), only that of executing one more node that has next to nothing to compute.
"""

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gapprof.native.profile_file import runs_of
from gapprof.native.runtime import Runtime, Session, open_session, run_of
from gapprof.native.stopwatch import stretch, warm_up
from gapprof.records.job import Chain

_NUMPY_TYPES = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(int64)": "int64"}
_ROUNDS = 9
_BATCH_MS = 3.0
_PROFILED_WARMUP, _PROFILED_RUNS = 10, 30


def dispatch_us_per_node(runtime: Runtime, chain: Chain, *, threads: int) -> float:
    """Median over interleaved batches; raises what onnxruntime raises."""
    short, long = (
        _runner(open_session(runtime, path, threads=threads, optimise=False))
        for path in (chain.first_link_path, chain.path)
    )
    single_ms = [statistics.median(warm_up(run, at_least_ms=20, at_least_runs=20)) for run in (short, long)]
    batch = [max(1, round(_BATCH_MS / ms)) for ms in single_ms]
    per_run_ms = [(_once(short, batch[0]), _once(long, batch[1])) for _ in range(_ROUNDS)]
    difference_ms = statistics.median(b - a for a, b in per_run_ms)
    return difference_ms * 1e3 / (chain.nodes - 1)


def profiler_us_per_node(
    runtime: Runtime, chain: str, *, threads: int, scratch: Path, dispatch_us: float
) -> float:
    """What one node of the chain takes by the profiler, less what it takes without one.

    The profiler describes a node's inputs, outputs and threads before it stops that node's clock. Raises what
    onnxruntime raises, ProfileError, OSError.
    """
    prefix = str(scratch / "chain")
    session = open_session(runtime, chain, threads=threads, optimise=False, profile_prefix=prefix)
    run = _runner(session)
    made = _PROFILED_WARMUP + _PROFILED_RUNS
    for _ in range(made):
        run()
    runs = runs_of(Path(session.end_profiling()), made=made, wanted=_PROFILED_RUNS)
    profiled_us = statistics.median(
        statistics.fmean(kernel.duration_us for kernel in one.kernels) for one in runs
    )
    return profiled_us - dispatch_us


def _once(run: Callable[[], Any], batch: int) -> float:
    return stretch(run, batch=batch, samples=1).samples_ms[0]


def _runner(session: Session) -> Callable[[], Any]:
    import numpy as np

    feed = {
        port.name: np.zeros(_fixed(port.shape), dtype=_NUMPY_TYPES[port.type])
        for port in session.get_inputs()
    }
    return run_of(session, feed)


def _fixed(shape: Sequence[int | str | None]) -> list[int]:
    return [size if isinstance(size, int) else 1 for size in shape]
