"""From a request to a session that is warm: the part that the timed and the profiled pass share."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from gapprof.native.runtime import (
    CPU,
    Runtime,
    Session,
    counting_threads,
    open_session,
    run_of,
    start_runtime,
)
from gapprof.native.stopwatch import elapsed_ms, warm_up
from gapprof.native.tensors import read_arrays
from gapprof.native.wire import Request

Reach = Callable[[str], None]
"""Says which phase begins; before the stretch that is timed, never inside."""


@dataclass(slots=True, kw_only=True)
class Opened:
    """A warm session of the model under test."""

    runtime: Runtime
    session: Session
    run: Callable[[], list[Any]]
    feed: dict[str, Any]
    threads: int
    cold_ms: dict[str, float]
    warmup_ms: list[float]

    def let_go(self) -> None:
        """Free the session for whoever needs its memory; it can be run no more."""
        del self.session, self.run


def open_warm(request: Request, process_ms: float, reach: Reach) -> Opened:
    """Start onnxruntime, load the model and the inputs, and warm up as the pace says."""
    job = request.job
    cache = Path(request.cache_folder) if request.cache_folder is not None else None
    runtime = start_runtime(job.setting.isa, cache)
    reach("load")
    Path(job.model_path).stat()  # a missing file is our mistake, not the model's
    feed = read_arrays(Path(job.inputs_path))
    reach("create")
    created: list[tuple[Session, int]] = []
    create_ms = elapsed_ms(lambda: created.append(_open(runtime, request)))
    session, threads = created[0]
    run = run_of(session, feed)
    reach("warmup")
    warmup_ms = warm_up(run, at_least_ms=job.pace.warmup_ms, at_least_runs=job.pace.warmup_runs)
    stages = {"process": process_ms, **runtime.cold_ms, "create": create_ms, "first_run": warmup_ms[0]}
    return Opened(
        runtime=runtime,
        session=session,
        run=run,
        feed=feed,
        threads=threads,
        cold_ms=stages,
        warmup_ms=warmup_ms,
    )


def plain_session(runtime: Runtime, request: Request) -> Session:
    """A new session as the one that is timed."""
    job = request.job
    return open_session(
        runtime,
        job.model_path,
        threads=job.setting.threads,
        optimise=job.optimise,
        spinning=job.setting.spinning,
        provider=request.provider,
    )


def _open(runtime: Runtime, request: Request) -> tuple[Session, int]:
    opened, asked = partial(plain_session, runtime, request), request.job.setting.threads
    if request.provider != CPU:  # a GPU's driver has threads of its own, which compute no operator
        return opened(), asked
    return counting_threads(opened, asked=asked)
