"""What this process and its onnxruntime really are, read back from inside."""

import os
import platform

from gapprof.native.opened import Opened
from gapprof.native.sentinel import measured_gflops
from gapprof.native.stopwatch import step_us
from gapprof.native.wire import Request
from gapprof.records.trial import Seen


def seen_here(request: Request, opened: Opened) -> Seen:
    """Read everything back, and run the sentinel; to be called after what is timed."""
    return Seen(
        runtime_version=str(opened.runtime.module.__version__),
        provider=request.provider,
        engine_version=f"Python {platform.python_version()}",
        threads=opened.threads,
        timer_step_us=step_us(),
        cpus_allowed=tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else None,
        ceiling_hits=opened.runtime.ceiling_hits,
        sentinel_gflops=measured_gflops(opened.runtime, request.sentinel_model),
    )
