"""Visits of a rung: their runs, and what was seen of the threads meanwhile."""

from gapprof.records.bounds import LONGEST_MS, MOST, counted, lasting
from gapprof.records.gpu_runs import RunCourse, RunParts
from gapprof.records.impossible import Check
from gapprof.records.trial import Clocks, CoreWork, Failure, Trace, Trial


def of_trial(entry: Trial) -> str:
    """Only where it counts. A paced request may take less than a tick."""
    if entry.struck:
        return ""
    for ms in entry.samples_ms:
        if not 0 < ms < LONGEST_MS:
            return f"a run of {ms:g} ms on {entry.rung}"
    for ms in entry.requests_ms:
        if not lasting(ms):
            return f"a request of {ms:g} ms on {entry.rung}"
    if not lasting(entry.waited_ms):
        return f"{entry.waited_ms:g} ms that a visit of {entry.rung} waited for cores"
    if not lasting(*entry.compiled_ms):
        return f"stretches of impossible times before the one that counts on {entry.rung}"
    counted_runs_ms = () if entry.counted is None else entry.counted.runs_ms
    loads = (entry.load,) if entry.counted is None else (entry.load, entry.counted.load)
    work = entry.load.core_work
    if work is not None and not possible_work(work):
        return f"a piece of work that took impossible times beside {entry.rung}"
    if not lasting(*counted_runs_ms):
        return f"runs of impossible times behind the timed ones on {entry.rung}"
    if not all(one.clocks is None or _possible_clocks(one.clocks) for one in loads):
        return f"clocks that went backwards, or impossible times by them, on {entry.rung}"
    if entry.timed_cpu_ms is not None and not lasting(entry.timed_cpu_ms):
        return f"{entry.timed_cpu_ms:g} ms of CPU time on {entry.rung}"
    if not all(map(_possible_course, entry.courses)):
        return f"runs on the GPU with parts of impossible times on {entry.rung}"
    if entry.parts is not None and not _possible_parts(entry.parts):
        return f"parts of a replayed run with impossible times on {entry.rung}"
    return ""


def of_failure(entry: Failure) -> str:
    """It may have waited before it failed."""
    if not lasting(entry.waited_ms):
        return f"{entry.waited_ms:g} ms that a failed visit of {entry.rung} waited for cores"
    return ""


def possible_work(work: CoreWork) -> bool:
    """Whether looks at cores can have found this."""
    looks = (work.fastest_us, work.before_us, work.after_us)
    times = tuple(us / 1e3 for look in looks for us in look)
    if not lasting(work.waited_ms, *times) or 0.0 in times or len(set(map(len, looks))) > 1:
        return False
    handed = (work.nearest_us, work.handed_before_us, work.handed_after_us)
    times = tuple(us / 1e3 for look in handed for us in look)
    if not lasting(*times) or 0.0 in times or len(set(map(len, handed))) > 1:
        return False
    return lasting(*work.discarded_ms) and all(0 <= place < len(work.fastest_us) for place in work.used)


def _possible_clocks(clocks: Clocks) -> bool:
    bounds = (clocks.wall_bounds_ms, clocks.cpu_bounds_ms)
    times = (clocks.wall_ms, clocks.cpu_ms, clocks.tasks_ms, clocks.run_queue_ms, *bounds[0], *bounds[1])
    return lasting(*times) and all(low <= high for low, high in bounds)


def _possible_course(one: RunCourse) -> bool:
    times = (one.before_ms, one.submits_ms, one.between_ms, one.after_ms, one.waits_ms, one.largest_ms)
    return lasting(*times) and counted(one.submits)


def _possible_parts(one: RunParts) -> bool:
    """Each changed run stands beside the whole one that it is compared with."""
    passes = len(one.whole_ms)
    if len(one.prepared_ms) != passes or 0.0 in one.whole_ms:
        return False
    if not {len(one.compiled_ms), len(one.unbroken_ms)} <= {0, passes}:
        return False
    of_runs = (*one.end_waits_ms, *one.inner_waits_ms, *one.pipelines_ms)
    again = (*one.whole_ms, *one.prepared_ms, *one.compiled_ms, *one.unbroken_ms)
    alone = (one.setup_pipelines_ms, *one.reading_ms, *one.uploading_ms, *one.answering_ms)
    compared = (
        (one.differing_bytes, one.compared_bytes),
        (one.control_differing_bytes, one.control_compared_bytes),
    )
    if not all(0 <= differing <= all_of_them < MOST for differing, all_of_them in compared):
        return False
    return counted(one.proven_runs) and lasting(*of_runs, *again, *alone)


def _of_trace(entry: Trace) -> str:
    for one in entry.balances:
        times = (one.wall_ms, one.cpu_ms, one.run_queue_ms, one.blocked_ms, one.late_ms or 0.0)
        if not lasting(*times) or one.looks < 0 or one.blocked_ms > one.wall_ms + 1:
            return f"a thread that was blocked or at work for impossible times on {entry.rung}"
    return ""


CHECKS = (
    Check(kind=Trial, wrong=of_trial),
    Check(kind=Failure, wrong=of_failure),
    Check(kind=Trace, wrong=_of_trace),
)
