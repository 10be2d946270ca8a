"""The pass that only asks who runs which node: a session for a GPU may leave single ones to the processor."""

from pathlib import Path

from gapprof.native.opened import Reach
from gapprof.native.profile_file import runs_of
from gapprof.native.runtime import open_session, run_of, start_runtime
from gapprof.native.tensors import read_arrays
from gapprof.native.wire import Placed, Request
from gapprof.records.gpu import PlacedNode


def placed_pass(request: Request, reach: Reach) -> Placed:
    """One run under onnxruntime's profiler; its time is nobody's.

    Raises what onnxruntime raises, ProfileError, ProviderError, UnfitModelError, OSError, MemoryError.
    """
    job = request.job
    cache = Path(request.cache_folder) if request.cache_folder is not None else None
    runtime = start_runtime(job.setting.isa, cache)
    reach("load")
    feed = read_arrays(Path(job.inputs_path))
    reach("create")
    session = open_session(
        runtime,
        job.model_path,
        threads=job.setting.threads,
        optimise=job.optimise,
        profile_prefix=str(Path(request.scratch_folder) / "placed"),
        provider=request.provider,
    )
    run = run_of(session, feed)
    reach("warmup")
    run()
    reach("stop")
    (only,) = runs_of(Path(session.end_profiling()), made=1, wanted=1)
    return Placed(
        nodes=tuple(
            PlacedNode(name=kernel.name, op_type=kernel.op_type, provider=kernel.provider)
            for kernel in only.kernels
        )
    )
