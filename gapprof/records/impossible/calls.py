"""WebGPU calls that were recorded."""

from gapprof.records.bounds import counted, lasting
from gapprof.records.calls import RecordedCalls
from gapprof.records.impossible import Check


def _of_calls(entry: RecordedCalls) -> str:
    summary = entry.summary
    counts = [summary.setup_pipelines, summary.setup_shaders, summary.setup_uploaded_bytes]
    times = [summary.setup_compile_ms]
    for run in summary.runs:
        counts += [run.dispatches, run.submits, run.uploaded_bytes, run.read_bytes, run.pipelines]
        counts += [run.shaders, run.inner_reads]
        times.append(run.compile_ms)
    if not counted(*counts) or not lasting(*times):
        return "recorded calls of impossible counts or times"
    return ""


CHECKS = (Check(kind=RecordedCalls, wrong=_of_calls),)
