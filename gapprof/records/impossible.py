"""What no run can have measured: entries that only a damaged or an edited recording holds."""

import itertools
from collections.abc import Iterable

from gapprof.records.calls import RecordedCalls
from gapprof.records.cold import Creations, Start
from gapprof.records.crossing import MOST_SLICES, TracedCrossing
from gapprof.records.dispatches import TimedDispatches
from gapprof.records.gpu_kernels import GpuKernelTrial, LibraryDispatches
from gapprof.records.gpu_runs import GpuBuffers, GpuMade, RunCourse, RunParts
from gapprof.records.inside import HookedPass, WasmBuild, WasmSamples
from gapprof.records.lattice import CellOutputs, CellVisit, Combination, LatticePlan, Served
from gapprof.records.memory import MemoryTrial
from gapprof.records.parting import Parting
from gapprof.records.qoe import FeltTrial, StreamAnswered
from gapprof.records.recording import Entry
from gapprof.records.transplant import TransplantTrial
from gapprof.records.trial import Clocks, OutputCheck, Trace, Trial
from gapprof.records.twins import TwinRun, TwinTrial

_LONGEST_MS = 1e9
_LONGEST_US = 1e12
_LONGEST_NS = 1e15
_MOST_THREADS = 1_000_000
_MOST = 1e15
"""Calls, operations: more than a run lives to count."""


def impossible(entry: Entry) -> str:
    """What is wrong with it; empty: nothing."""
    match entry:
        case Trial():
            return _of_trial(entry)
        case Trace():
            return _of_trace(entry)
        case LatticePlan():
            return _of_plan(entry)
        case Combination():
            return _of_combination(entry)
        case CellVisit(outcome=Trial() as trial):
            return _of_trial(trial)
        case Served():
            return _of_server(entry)
        case CellOutputs():
            return _of_outputs(entry.checks)
        case OutputCheck():
            return _of_outputs((entry,))
        case Parting():
            return _of_parting(entry)
        case MemoryTrial():
            return _of_memory(entry)
        case Start():
            return _of_start(entry)
        case FeltTrial():
            return _of_felt(entry)
        case StreamAnswered():
            return _of_stream(entry)
        case TimedDispatches():
            return _of_dispatches(entry)
        case TracedCrossing():
            return _of_crossing(entry)
        case LibraryDispatches():
            return _of_dispatches(entry.timed)
        case GpuKernelTrial():
            return _of_shaders(entry)
        case Creations():
            times = (*entry.usual_ms, *entry.unoptimised_ms, *entry.unpacked_ms, *entry.parse_ms)
            if not all(0 <= ms < _LONGEST_MS for ms in times):
                return "sessions made in impossible times"
        case TwinTrial() | TransplantTrial():
            what = "twins of" if isinstance(entry, TwinTrial) else "functions on"
            for one in entry.times:
                if not one.samples_us or not all(0 < us < _LONGEST_US for us in one.samples_us):
                    return f"{what} {entry.target} without times, or with impossible ones"
        case TwinRun():
            if not entry.samples_us or not all(0 < us < _LONGEST_US for us in entry.samples_us):
                return "a program of twins without times, or with impossible ones"
        case WasmBuild():
            for product in entry.products:
                times = product.samples_us
                if not times or not all(0 < us < _LONGEST_US for us in (*times, product.operations)):
                    return "products without times, or with impossible ones"
        case WasmSamples():
            counts = [one.samples for one in entry.functions]
            if min(counts, default=1) < 1 or not sum(counts) <= entry.samples < _MOST:
                return "samples that are less than those of single functions"
        case HookedPass():
            return _of_hooks(entry)
        case RecordedCalls():
            return _of_calls(entry)
        case _:
            pass
    return ""


def _of_trial(entry: Trial) -> str:
    """Only where it counts. A paced request may take less than a tick."""
    if entry.struck:
        return ""
    for ms in entry.samples_ms:
        if not 0 < ms < _LONGEST_MS:
            return f"a run of {ms:g} ms on {entry.rung}"
    for ms in entry.requests_ms:
        if not 0 <= ms < _LONGEST_MS:
            return f"a request of {ms:g} ms on {entry.rung}"
    clocks = entry.load.clocks
    if clocks is not None and not _possible_clocks(clocks):
        return f"clocks that went backwards, or impossible times by them, on {entry.rung}"
    if entry.timed_cpu_ms is not None and not 0 <= entry.timed_cpu_ms < _LONGEST_MS:
        return f"{entry.timed_cpu_ms:g} ms of CPU time on {entry.rung}"
    if not all(map(_possible_course, entry.courses)):
        return f"runs on the GPU with parts of impossible times on {entry.rung}"
    if entry.parts is not None and not _possible_parts(entry.parts):
        return f"parts of a replayed run with impossible times on {entry.rung}"
    return ""


def _possible_course(one: RunCourse) -> bool:
    times = (one.before_ms, one.submits_ms, one.between_ms, one.after_ms, one.waits_ms, one.largest_ms)
    return all(0 <= ms < _LONGEST_MS for ms in times) and 0 <= one.submits < _MOST


def _possible_parts(one: RunParts) -> bool:
    """Each changed run stands beside the whole one that it is compared with."""
    passes = len(one.whole_ms)
    if len(one.prepared_ms) != passes or len(one.unbroken_ms) not in (0, passes) or 0.0 in one.whole_ms:
        return False
    of_runs = (*one.end_waits_ms, *one.inner_waits_ms, *one.pipelines_ms)
    again = (*one.whole_ms, *one.prepared_ms, *one.unbroken_ms)
    alone = (one.setup_pipelines_ms, *one.reading_ms, *one.uploading_ms, *one.answering_ms)
    compared = 0 <= one.differing_bytes <= one.compared_bytes < _MOST
    return compared and all(0 <= ms < _LONGEST_MS for ms in (*of_runs, *again, *alone))


def _of_calls(entry: RecordedCalls) -> str:
    summary = entry.summary
    counts = [summary.setup_pipelines, summary.setup_shaders, summary.setup_uploaded_bytes]
    times = [summary.setup_compile_ms]
    for run in summary.runs:
        counts += [run.dispatches, run.submits, run.uploaded_bytes, run.read_bytes, run.pipelines]
        counts += [run.shaders, run.inner_reads]
        times.append(run.compile_ms)
    if not all(0 <= one < _MOST for one in counts) or not all(0 <= ms < _LONGEST_MS for ms in times):
        return "recorded calls of impossible counts or times"
    return ""


def _possible_clocks(clocks: Clocks) -> bool:
    bounds = (clocks.wall_bounds_ms, clocks.cpu_bounds_ms)
    times = (clocks.wall_ms, clocks.cpu_ms, clocks.tasks_ms, clocks.run_queue_ms, *bounds[0], *bounds[1])
    return all(0 <= ms < _LONGEST_MS for ms in times) and all(low <= high for low, high in bounds)


def _of_trace(entry: Trace) -> str:
    for one in entry.balances:
        times = (one.wall_ms, one.cpu_ms, one.run_queue_ms, one.blocked_ms)
        if (
            not all(0 <= ms < _LONGEST_MS for ms in times)
            or one.looks < 0
            or one.blocked_ms > one.wall_ms + 1
        ):
            return f"a thread that was blocked or at work for impossible times on {entry.rung}"
    return ""


def _of_plan(entry: LatticePlan) -> str:
    cells = [one.cell for one in entry.cells]
    if entry.deployed.side != "web" or cells.count(entry.deployed) != 1 or len(set(cells)) < len(cells):
        return "cells that are not each planned once, with the page as deployed among them"
    for count in (entry.cores, *(cell.threads for cell in cells)):
        if not 0 < count < _MOST_THREADS:
            return f"cells of {count} threads or cores"
    return ""


def _of_server(entry: Served) -> str:
    """Only where it counts."""
    if entry.struck:
        return ""
    if not 0 < entry.runs_per_s < _MOST:
        return f"{entry.runs_per_s:g} runs a second"
    if not 0 < entry.callers < _MOST_THREADS:
        return f"a server of {entry.callers} callers"
    if entry.load is not None and not 0 < entry.load.wall_ms < _LONGEST_MS:
        return f"a server that answered for {entry.load.wall_ms:g} ms"
    return ""


def _of_outputs(checks: Iterable[OutputCheck]) -> str:
    for check in checks:
        sizes = (check.elements, check.nan_count, check.max_abs_difference, check.max_abs_reference)
        if not all(size >= 0 for size in sizes) or check.nan_count > check.elements:
            return f"outputs of {check.rung} with impossible sizes or differences"
        if check.cosine is not None and not -1.0 <= check.cosine <= 1.0:
            return f"outputs of {check.rung} with an impossible cosine"
    return ""


def _of_parting(entry: Parting) -> str:
    if not all(0 <= one.place < _MOST for one in entry.between) or not 0 <= entry.looks < _MOST:
        return "nodes at impossible places of a graph, or looked at in impossible ways"
    return _of_outputs(one.check for one in entry.between)


def _of_combination(entry: Combination) -> str:
    sides = {entry.deployed.side, entry.together.side}
    known = len(set(entry.conditions)) == len(entry.conditions) >= 2
    if not known or sides != {"web"} or entry.deployed == entry.together or entry.rounds < 1:
        return "conditions that are not made all at once"
    for cell in (entry.deployed, entry.together):
        if not 0 < cell.threads < _MOST_THREADS:
            return f"a combination with {cell.threads} threads"
    return ""


def _of_memory(entry: MemoryTrial) -> str:
    for one in (*entry.stages, *entry.chunks):
        known = (
            one.runs,
            one.peak_bytes,
            one.wasm_heap_bytes,
            one.wasm_mapped_bytes,
            one.wasm_touched_bytes,
            one.code_bytes,
            one.js_heap_bytes,
            one.array_buffers_bytes,
            one.resident_bytes,
            one.resident_file_bytes,
        )
        sizes = [size for size in known if size is not None]
        if not all(0 <= size < _MOST for size in (*sizes, *one.processes.values(), *one.files.values())):
            return f"impossible sizes of memory at the stage {one.stage}"
        if one.gpu_buffers is not None and not _possible_buffers(one.gpu_buffers):
            return f"buffers on a GPU that cannot have been, at the stage {one.stage}"
        if (one.resident_file_bytes or 0) > (one.resident_bytes or 0):
            return f"more pages of files than of all at the stage {one.stage}"
    runs = [one.runs for one in entry.chunks]
    if runs != sorted(set(runs)):
        return "chunks of runs that do not follow one another"
    for earlier, later in itertools.pairwise(entry.scans):
        if not 0 <= earlier.written_bytes <= later.written_bytes or not earlier.runs < later.runs:
            return "looks through the wasm heap that do not follow one another"
    if not all(0 < one.runs < _MOST and 0 <= one.written_bytes < _MOST for one in entry.scans):
        return "a look through the wasm heap that cannot have been"
    if not 0 < entry.model_bytes < _MOST or not 0 <= entry.module_bytes < _MOST:
        return f"a model of {entry.model_bytes} bytes"
    return ""


def _possible_buffers(one: GpuBuffers) -> bool:
    """What is gone was made before."""
    gone = (one.destroyed, one.collected, one.destroyed_bytes, one.collected_bytes)
    whole = max(one.made, one.made_bytes) < _MOST
    return whole and min(*gone, one.alive, one.alive_bytes) >= 0


def _of_felt(entry: FeltTrial) -> str:
    """Only where it counts."""
    times = [entry.frames_ms, entry.long_tasks_ms, entry.events_ms, entry.runs_ms]
    times += [*entry.components_ms.values(), *entry.steps_ms.values()]
    if not entry.struck and not all(0 <= ms < _LONGEST_MS for found in times for ms in found):
        return f"a page that was felt ({entry.condition}) in impossible times"
    if not (0 <= entry.duty <= 1 and 0 <= entry.step_duty <= 1):
        return f"a model that runs {entry.duty:g} of the time"
    if not (0 <= entry.video_frames < _MOST and 0 <= entry.video_ms < _LONGEST_MS):
        return f"a video of {entry.video_frames} frames in {entry.video_ms:g} ms"
    return ""


def _of_stream(entry: StreamAnswered) -> str:
    count, scenes = len(entry.answers), {one.scene for one in entry.answers}
    if not 0 < entry.frames_per_s < _MOST:
        return f"a stream of {entry.frames_per_s:g} frames a second"
    if not all(0 <= number < count for number in entry.order):
        return "a stream of frames that nobody answered"
    if scenes != set(range(len(scenes))):
        return "a stream of scenes that nobody answered"
    near = [one for answer in entry.answers for one in (answer.native_nearest, answer.web_nearest)]
    if not all(one is None or one in scenes for one in near):
        return "answers that are nearest to a scene that there is not"
    if entry.labels and len(entry.labels) != len(scenes):
        return f"{len(entry.labels)} labels for {len(scenes)} scenes"
    if not all(-1.0 <= answer.cosine <= 1.0 for answer in entry.answers):
        return "answers with an impossible cosine"
    if not all(0 <= ms < _LONGEST_MS for ms in (*entry.native_runs_ms, *entry.web_runs_ms)):
        return "answers in impossible times"
    return ""


def _of_start(entry: Start) -> str:
    for stage, ms in entry.stages_ms.items():
        if not 0 <= ms < _LONGEST_MS:
            return f"a stage {stage} of {ms:g} ms"
    if not entry.stages_ms or not 0 < entry.observed_ms < _LONGEST_MS:
        return f"a start that took {entry.observed_ms:g} ms"
    if not all(0 < ms < _LONGEST_MS for ms in entry.runs_ms):
        return "runs of impossible times after a start"
    if not all(0 <= one.compile_ms < _LONGEST_MS and 0 <= one.functions < _MOST for one in entry.compiled):
        return "wasm that was compiled in impossible times"
    for work in entry.compilers:
        if not (0 <= work.lazy_ms <= work.compile_ms < _LONGEST_MS and 0 <= work.functions < _MOST):
            return f"impossible work of the {work.compiler} compiler"
    if entry.page_observed_ms is not None and not 0 <= entry.page_observed_ms < _LONGEST_MS:
        return f"a page that was seen to load in {entry.page_observed_ms:g} ms"
    if not all(map(_possible_made, entry.gpu_made)):
        return "shaders and pipelines that were made in impossible times"
    if not all(0 <= ms < _LONGEST_MS for ms in entry.gpu_waits_ms) or not 0 <= (entry.gpu_kept or 0) < _MOST:
        return "runs on the GPU that waited for impossible times, or a cache of an impossible size"
    if not all(0 <= size < _MOST for size in entry.read_bytes.values()):
        return "impossible sizes that were read from the disk"
    for files in entry.kept_files:
        if not 0 <= files.kept_bytes <= files.size_bytes < _MOST:
            return f"files of the stage {files.stage} of which more was kept than there is"
    return ""


def _possible_made(one: GpuMade) -> bool:
    counts = (one.shaders, one.pipelines, one.submits)
    times = (one.shaders_ms, one.pipelines_ms, one.waits_ms)
    return all(0 <= count < _MOST for count in counts) and all(0 <= ms < _LONGEST_MS for ms in times)


def _of_hooks(entry: HookedPass) -> str:
    for ms in (*entry.stock_ms, *entry.hooked_ms):
        if not 0 < ms < _LONGEST_MS:
            return f"a run of {ms:g} ms beside a rewritten build"
    if not 0 < entry.runs < _MOST or not all(
        0 <= us < _LONGEST_US for us in (entry.counted_us, entry.timed_us, entry.inside_us)
    ):
        return "hooks without runs, or with impossible costs"
    left = {one.function: one.timed for one in entry.functions}
    for function in entry.functions:
        if len(function.calls) != entry.runs or not all(0 <= count < _MOST for count in function.calls):
            return f"calls of function {function.function} in other runs than there were"
        if not 0 <= function.timed <= sum(function.calls):
            return f"more timed calls of function {function.function} than calls"
    timed = {one.function for one in entry.functions if one.timed}
    for part in entry.parts:
        if part.function not in timed or part.timed < 0 or not 0 <= part.ms < _LONGEST_MS:
            return f"times of function {part.function} that its calls cannot have taken"
        left[part.function] -= part.timed
    for untold, count in left.items():
        if count:
            return f"times of function {untold} that are not those of its timed calls"
    return ""


def _of_dispatches(entry: TimedDispatches) -> str:
    """A GPU's clock may go backwards: a report leaves such runs out."""
    found = entry.timeline
    if found is None:
        return "" if entry.why else "dispatches without times, and without a reason"
    runs, spans = len(found.waited_ms), found.dispatches
    if not runs or len(found.idle_map_ms) != runs or len(entry.asked) != len(spans):
        return "dispatches whose times are of other runs than there were"
    stamps = [ns for one in spans for ns in (*one.begins_ns, *one.ends_ns)]
    if not all(len(one.begins_ns) == len(one.ends_ns) == runs for one in spans):
        return "dispatches with times of other runs than there were"
    if not all(-_LONGEST_NS < ns < _LONGEST_NS for ns in (*stamps, *found.empty_ns)) or not found.empty_ns:
        return "dispatches in impossible times"
    if not all(-_LONGEST_MS < ms < _LONGEST_MS for ms in (*found.waited_ms, *found.idle_map_ms)):
        return "read-backs in impossible times"
    if not 0 <= found.waits < _MOST:
        return f"a run that waits {found.waits} times"
    if not all(0 <= one.bound_bytes < _MOST and -1 <= one.submit < entry.submits for one in entry.asked):
        return "dispatches of impossible sizes, or out of no submit"
    return ""


def _of_crossing(entry: TracedCrossing) -> str:
    times = [entry.stretch_ms, *entry.runs_ms]
    for one in entry.slices:
        times += [one.wall_ms, 0.0 if one.cpu_ms is None else one.cpu_ms]
        if not 0 <= one.count < _MOST:
            return f"a trace with {one.count} events of one name"
    if not all(0 <= ms < _LONGEST_MS for ms in times) or len(entry.slices) > MOST_SLICES:
        return "a traced way to the GPU of impossible times, or of too many kinds"
    if not entry.why and not entry.runs_ms:
        return "a traced way to the GPU without runs, and without a reason"
    return ""


def _of_shaders(entry: GpuKernelTrial) -> str:
    """Their clock may go backwards as well."""
    stamps = [ns for one in entry.times for ns in one.samples_ns]
    if not all(-_LONGEST_NS < ns < _LONGEST_NS for ns in stamps):
        return "shaders in impossible times"
    if not all(0 <= one.compile_ms < _LONGEST_MS for one in entry.times):
        return "shaders that were compiled in impossible times"
    known = all(one.largest >= 0 and (one.difference or 0.0) >= 0 and one.odd >= 0 for one in entry.times)
    return "" if known else "shaders with impossible differences"
