"""What a model holds of memory."""

import itertools

from gapprof.records.bounds import MOST, counted
from gapprof.records.gpu_runs import GpuBuffers
from gapprof.records.impossible import Check
from gapprof.records.memory import MemoryTrial


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
        if not counted(*sizes, *one.processes.values(), *one.files.values()):
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
    if not all(0 < one.runs < MOST and counted(one.written_bytes) for one in entry.scans):
        return "a look through the wasm heap that cannot have been"
    if not 0 < entry.model_bytes < MOST or not counted(entry.module_bytes):
        return f"a model of {entry.model_bytes} bytes"
    return ""


def _possible_buffers(one: GpuBuffers) -> bool:
    """What is gone was made before."""
    gone = (one.destroyed, one.collected, one.destroyed_bytes, one.collected_bytes)
    whole = max(one.made, one.made_bytes) < MOST
    return whole and min(*gone, one.alive, one.alive_bytes) >= 0


CHECKS = (Check(kind=MemoryTrial, wrong=_of_memory),)
