"""What went on inside the served wasm."""

from gapprof.records.bounds import LONGEST_MS, LONGEST_US, MOST, counted, lasting, timed
from gapprof.records.impossible import Check
from gapprof.records.inside import HookedPass, WasmBuild, WasmSamples


def _of_build(entry: WasmBuild) -> str:
    for product in entry.products:
        if not timed(product.samples_us) or not 0 < product.operations < LONGEST_US:
            return "products without times, or with impossible ones"
    return ""


def _of_samples(entry: WasmSamples) -> str:
    counts = [one.samples for one in entry.functions]
    if min(counts, default=1) < 1 or not sum(counts) <= entry.samples < MOST:
        return "samples that are less than those of single functions"
    return ""


def _of_hooks(entry: HookedPass) -> str:
    for ms in (*entry.stock_ms, *entry.hooked_ms):
        if not 0 < ms < LONGEST_MS:
            return f"a run of {ms:g} ms beside a rewritten build"
    if not 0 < entry.runs < MOST or not all(
        0 <= us < LONGEST_US for us in (entry.counted_us, entry.timed_us, entry.inside_us)
    ):
        return "hooks without runs, or with impossible costs"
    left = {one.function: one.timed for one in entry.functions}
    for function in entry.functions:
        if len(function.calls) != entry.runs or not counted(*function.calls):
            return f"calls of function {function.function} in other runs than there were"
        if not 0 <= function.timed <= sum(function.calls):
            return f"more timed calls of function {function.function} than calls"
    with_times = {one.function for one in entry.functions if one.timed}
    for part in entry.parts:
        if part.function not in with_times or part.timed < 0 or not lasting(part.ms):
            return f"times of function {part.function} that its calls cannot have taken"
        left[part.function] -= part.timed
    for untold, count in left.items():
        if count:
            return f"times of function {untold} that are not those of its timed calls"
    return ""


CHECKS = (
    Check(kind=WasmBuild, wrong=_of_build),
    Check(kind=WasmSamples, wrong=_of_samples),
    Check(kind=HookedPass, wrong=_of_hooks),
)
