"""Dispatches and shaders by a GPU's clock, which may go backwards, and the way there.

Reports leave out what it ended before it began.
"""

from gapprof.records.bounds import LONGEST_MS, LONGEST_NS, counted, lasting
from gapprof.records.crossing import MOST_SLICES, TracedCrossing
from gapprof.records.dispatches import TimedDispatches
from gapprof.records.gpu_kernels import GpuKernelTrial, LibraryDispatches
from gapprof.records.impossible import Check


def _of_dispatches(entry: TimedDispatches) -> str:
    found = entry.timeline
    if found is None:
        return "" if entry.why else "dispatches without times, and without a reason"
    runs, spans = len(found.waited_ms), found.dispatches
    if not runs or len(found.idle_map_ms) != runs or len(entry.asked) != len(spans):
        return "dispatches whose times are of other runs than there were"
    stamps = [ns for one in spans for ns in (*one.begins_ns, *one.ends_ns)]
    if not all(len(one.begins_ns) == len(one.ends_ns) == runs for one in spans):
        return "dispatches with times of other runs than there were"
    if not _told(*stamps, *found.empty_ns) or not found.empty_ns:
        return "dispatches in impossible times"
    if not all(-LONGEST_MS < ms < LONGEST_MS for ms in (*found.waited_ms, *found.idle_map_ms)):
        return "read-backs in impossible times"
    if not counted(found.waits):
        return f"a run that waits {found.waits} times"
    if not all(counted(one.bound_bytes) and -1 <= one.submit < entry.submits for one in entry.asked):
        return "dispatches of impossible sizes, or out of no submit"
    return ""


def _of_library(entry: LibraryDispatches) -> str:
    return _of_dispatches(entry.timed)


def _of_shaders(entry: GpuKernelTrial) -> str:
    if not _told(*(ns for one in entry.times for ns in one.samples_ns)):
        return "shaders in impossible times"
    if not lasting(*(one.compile_ms for one in entry.times)):
        return "shaders that were compiled in impossible times"
    known = all(one.largest >= 0 and (one.difference or 0.0) >= 0 and one.odd >= 0 for one in entry.times)
    return "" if known else "shaders with impossible differences"


def _told(*stamps_ns: float) -> bool:
    return all(-LONGEST_NS < ns < LONGEST_NS for ns in stamps_ns)


def _of_crossing(entry: TracedCrossing) -> str:
    times = [entry.stretch_ms, *entry.runs_ms]
    for one in entry.slices:
        times += [one.wall_ms, 0.0 if one.cpu_ms is None else one.cpu_ms]
        if not counted(one.count):
            return f"a trace with {one.count} events of one name"
    if not lasting(*times) or len(entry.slices) > MOST_SLICES:
        return "a traced way to the GPU of impossible times, or of too many kinds"
    if not entry.why and not entry.runs_ms:
        return "a traced way to the GPU without runs, and without a reason"
    return ""


CHECKS = (
    Check(kind=TimedDispatches, wrong=_of_dispatches),
    Check(kind=LibraryDispatches, wrong=_of_library),
    Check(kind=GpuKernelTrial, wrong=_of_shaders),
    Check(kind=TracedCrossing, wrong=_of_crossing),
)
