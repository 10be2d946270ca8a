"""Starts from nothing, and sessions that were made."""

from gapprof.records.bounds import LONGEST_MS, MOST, counted, lasting
from gapprof.records.cold import Creations, Start
from gapprof.records.gpu_runs import GpuMade
from gapprof.records.impossible import Check


def _of_start(entry: Start) -> str:
    for stage, ms in entry.stages_ms.items():
        if not lasting(ms):
            return f"a stage {stage} of {ms:g} ms"
    if not entry.stages_ms or not 0 < entry.observed_ms < LONGEST_MS:
        return f"a start that took {entry.observed_ms:g} ms"
    if not all(0 < ms < LONGEST_MS for ms in entry.runs_ms):
        return "runs of impossible times after a start"
    if not all(lasting(one.compile_ms) and counted(one.functions) for one in entry.compiled):
        return "wasm that was compiled in impossible times"
    for work in entry.compilers:
        if not (0 <= work.lazy_ms <= work.compile_ms < LONGEST_MS and counted(work.functions)):
            return f"impossible work of the {work.compiler} compiler"
    if entry.page_observed_ms is not None and not lasting(entry.page_observed_ms):
        return f"a page that was seen to load in {entry.page_observed_ms:g} ms"
    whole_ms, pause_ms, word_ms = entry.whole_observed_ms, entry.pause_ms or 0.0, entry.word_ms or 0.0
    if whole_ms is not None and not (0 <= pause_ms < whole_ms - word_ms and whole_ms < LONGEST_MS):
        return f"a start that was seen for {whole_ms:g} ms from its page on"
    if not lasting(word_ms):
        return f"word of a first result that came {word_ms:g} ms late"
    if not all(map(_possible_made, entry.gpu_made)):
        return "shaders and pipelines that were made in impossible times"
    if not lasting(*entry.gpu_waits_ms) or not counted(entry.gpu_kept or 0):
        return "runs on the GPU that waited for impossible times, or a cache of an impossible size"
    if not counted(*entry.read_bytes.values()):
        return "impossible sizes that were read from the disk"
    for files in entry.kept_files:
        if not 0 <= files.kept_bytes <= files.size_bytes < MOST:
            return f"files of the stage {files.stage} of which more was kept than there is"
    return ""


def _possible_made(one: GpuMade) -> bool:
    counts = (one.shaders, one.pipelines, one.submits)
    return counted(*counts) and lasting(one.shaders_ms, one.pipelines_ms, one.waits_ms)


def _of_creations(entry: Creations) -> str:
    times = (*entry.usual_ms, *entry.unoptimised_ms, *entry.unpacked_ms, *entry.parse_ms)
    return "" if lasting(*times) else "sessions made in impossible times"


CHECKS = (Check(kind=Start, wrong=_of_start), Check(kind=Creations, wrong=_of_creations))
