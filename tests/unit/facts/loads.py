"""What is told of threads beside a timed visit of a browser, figure by figure."""

from msgspec.structs import replace

from gapprof.records.trial import Clocks, Load, Seen, ThreadUse

SEEN = Seen(runtime_version="", engine_version="", threads=1, timer_step_us=5.0, page_kind="quiet")
BUSY = replace(SEEN, page_kind="user")
IN_WORKER = replace(SEEN, where="worker")


def load(cpu_ms: float, run_queue_ms: float, at_work_ms: float | None, *, stolen_ms: float = 0.0) -> Load:
    model = ThreadUse(
        process="renderer",
        thread="DedicatedWorker",
        cpu_ms=cpu_ms,
        run_queue_ms=run_queue_ms,
        role="inference",
    )
    return Load(
        wall_ms=1000.0,
        machine_busy_ms=None,
        own_cpu_ms=None,
        stolen_ms=stolen_ms,
        threads=(model,),
        at_work_ms=at_work_ms,
    )


def on_main(*, tasks_ms: float, cpu_ms: float, run_queue_ms: float) -> Load:
    """The kernel saw the main thread run for `cpu_ms`, and the browser saw the same."""
    clocks = Clocks(
        wall_ms=1005.0,
        wall_bounds_ms=(1000.0, 1010.0),
        cpu_ms=cpu_ms,
        cpu_bounds_ms=(cpu_ms, cpu_ms + 5.0),
        tasks_ms=tasks_ms,
        run_queue_ms=run_queue_ms,
    )
    worker = load(cpu_ms, run_queue_ms, cpu_ms + max(0.0, tasks_ms - cpu_ms))
    main = replace(worker.threads[0], thread="chrome")
    return replace(worker, threads=(main,), clocks=clocks)


def uncounted_on_main(*, run_queue_ms: float) -> Load:
    """What is known of a timed stretch: the kernel saw the main thread run for 780 ms."""
    counted = on_main(tasks_ms=780.0, cpu_ms=780.0, run_queue_ms=run_queue_ms)
    return replace(counted, at_work_ms=None, clocks=None)
