"""What hooks and samples say about functions inside the wasm.

Every so many calls of a function were timed, so a sum over these times calls per timed call is its time; what
the hook itself takes between its two readings of the clock is taken off each. What a hooked function spends
in another one is that one's: its own time is its time less theirs, and less what their hooks cost.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from gapprof.facts.case import Case
from gapprof.facts.profiles import WEB, profile_of
from gapprof.records.inside import HookedFunction, HookedPart, HookedPass, WasmBuild, WasmSamples
from gapprof.stats.contrast import Contrast

RELAXED_DOT = "i32x4.relaxed_dot_i8x16_i7x16_add_s"
MULTIPLY_ADD, RELAXED_MULTIPLY_ADD = "f32x4.mul and f32x4.add", "f32x4.relaxed_madd"
"""Products as `WasmBuild` names them."""
PRODUCTS_OF_BYTES = (
    "QLinearConv",
    "QLinearMatMul",
    "QGemm",
    "MatMulInteger",
    "ConvInteger",
    "DynamicQuantizeMatMul",
    "DynamicQuantizeLSTM",
    "QAttention",
    "QMoE",
)
"""Beginnings of the operators that a dot product of bytes is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFigures:
    """One function; tuples have one value per pass, in ms of a run."""

    function: int
    calls: float
    """In a run."""
    ms: tuple[float, ...]
    own_ms: tuple[float, ...]
    sampled: float
    """Share of all samples."""
    operators: Mapping[str, float]
    """Operator → share of its time, over all passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InsideFacts:
    """All that is known."""

    build: WasmBuild
    samples: WasmSamples
    functions: tuple[FunctionFigures, ...]
    """Most sampled first; none where outputs differ."""
    hot: float | None
    joined: float | None
    overhead: Contrast | None
    """ln of how many times slower a run is, by pass."""
    same_outputs: bool | None
    held_up_calls: int
    """Timed calls that are left out, because something seems to have held them up,"""
    held_up_ms: float
    """and how long they took together."""
    lost_calls: int
    """Timed calls that found no room in the log."""
    relaxed_dot_saving_ms: float | None
    operations_per_s: Mapping[str, float]


def inside(case: Case) -> InsideFacts | None:
    """None where nobody looked, or did not get as far as to sample."""
    build, samples = next(case.recording.of(WasmBuild), None), next(case.recording.of(WasmSamples), None)
    if build is None or samples is None:
        return None
    passes = [one for one in case.recording.of(HookedPass) if one.runs and one.functions]
    same = _same_outputs(passes)
    told = passes if same is not False else []
    held_up_ms = [ms for one in told for part in one.parts for ms in part.disturbed_ms]
    rates = {one.instructions: one.operations / median(one.samples_us) * 1e6 for one in build.products}
    return InsideFacts(
        build=build,
        samples=samples,
        functions=tuple(_figures(told, samples)),
        hot=_hot(told, samples),
        joined=_joined(told),
        overhead=_overhead(passes),
        same_outputs=same,
        held_up_calls=len(held_up_ms),
        held_up_ms=math.fsum(held_up_ms),
        lost_calls=sum(one.lost for one in told),
        relaxed_dot_saving_ms=_relaxed_dot_saving_ms(case, build, rates),
        operations_per_s=rates,
    )


def _same_outputs(passes: Sequence[HookedPass]) -> bool | None:
    """None without passes, and where the build as it is does not give the same bytes twice."""
    outputs = [output for one in passes for output in one.outputs]
    steady = [output for output in outputs if not output.unsteady_bytes]
    if any(output.differing_bytes for output in steady):
        return False
    return True if steady and len(steady) == len(outputs) else None


def _overhead(passes: Sequence[HookedPass]) -> Contrast | None:
    found = {
        one.round: math.log(median(one.hooked_ms) / median(one.stock_ms))
        for one in passes
        if one.hooked_ms and one.stock_ms
    }
    return Contrast(found) if found else None


def _hot(passes: Sequence[HookedPass], samples: WasmSamples) -> float | None:
    if not passes or not samples.samples:
        return None
    hooked = {one.function for one in passes[0].functions}
    return sum(one.samples for one in samples.functions if one.function in hooked) / samples.samples


def _joined(passes: Sequence[HookedPass]) -> float | None:
    """By calls out of no other hooked function: the others' time lies inside theirs."""
    inside = outside = 0.0
    for one in passes:
        scale = _scales(one)
        for part in one.parts:
            if part.caller is None:
                ms = scale[part.function] * _part_ms(part, one)
                inside, outside = (inside + ms, outside) if part.node is not None else (inside, outside + ms)
    total = inside + outside
    return inside / total if total > 0 else None


def _figures(passes: Sequence[HookedPass], samples: WasmSamples) -> Sequence[FunctionFigures]:
    if not passes:
        return ()
    sampled = {one.function: one.samples / samples.samples for one in samples.functions}
    shared = set.intersection(*({one.function for one in each.functions if one.timed} for each in passes))
    found = []
    for function in (one.function for one in passes[0].functions if one.function in shared):
        both = [_times_ms(function, one) for one in passes]
        found.append(
            FunctionFigures(
                function=function,
                calls=fmean(_calls(function, one) for one in passes),
                ms=tuple(ms for ms, _ in both),
                own_ms=tuple(own for _, own in both),
                sampled=sampled.get(function, 0.0),
                operators=_operators(function, passes),
            )
        )
    return found


def own_ms_by_node(case: Case) -> Mapping[str, Mapping[int, float]]:
    """Node → function → ms in all runs of all passes, without what other hooked functions took in it."""
    found: dict[str, dict[int, float]] = {}
    for one in case.recording.of(HookedPass):
        scale = _scales(one)
        for part in one.parts:
            if part.node is None or part.function not in scale or part.caller == part.function:
                continue
            own, ms = found.setdefault(part.node, {}), scale[part.function] * _part_ms(part, one)
            own[part.function] = own.get(part.function, 0.0) + ms
            if part.caller is not None:
                own[part.caller] = own.get(part.caller, 0.0) - ms
    return found


def vectors_in_loops(case: Case) -> Mapping[int, int]:
    """Function → vector instructions in its loops, of those that somebody looked at."""
    return {
        one.function: one.vectors_in_loops
        for each in case.recording.of(HookedPass)
        for one in each.functions
        if one.vectors_in_loops is not None
    }


def _scales(one: HookedPass) -> Mapping[int, float]:
    """Function → calls per timed call."""
    return {hook.function: sum(hook.calls) / hook.timed for hook in one.functions if hook.timed}


def _calls(function: int, one: HookedPass) -> float:
    return fmean(_hook(function, one).calls)


def _hook(function: int, one: HookedPass) -> HookedFunction:
    return next(hook for hook in one.functions if hook.function == function)


def _part_ms(part: HookedPart, one: HookedPass) -> float:
    return part.ms - part.timed * one.inside_us / 1e3


def _outer_parts(function: int, one: HookedPass) -> Iterator[HookedPart]:
    """Of the function; its calls out of itself lie inside of others."""
    return (part for part in one.parts if part.function == function != part.caller)


def _times_ms(function: int, one: HookedPass) -> tuple[float, float]:
    """Of a run: from call to return without what hooks in it cost, and without other hooked functions."""
    scale = _scales(one)
    whole = math.fsum(scale[function] * _part_ms(part, one) for part in _outer_parts(function, one))
    hooks = others = 0.0
    for part in one.parts:
        if part.caller == function and part.function in scale:
            untimed = part.timed * (scale[part.function] - 1)
            hooks += (part.timed * one.timed_us + untimed * one.counted_us) / 1e3
            if part.function != function:
                others += scale[part.function] * _part_ms(part, one)
    return (whole - hooks) / one.runs, (whole - hooks - others) / one.runs


def _operators(function: int, passes: Sequence[HookedPass]) -> Mapping[str, float]:
    sums: dict[str, float] = {}
    total = 0.0
    for one in passes:
        scale = _scales(one)[function]
        for part in _outer_parts(function, one):
            ms = scale * _part_ms(part, one)
            total += ms
            if part.node is not None:
                sums[part.op_type] = sums.get(part.op_type, 0.0) + ms
    shares = {op_type: ms / total for op_type, ms in sums.items()} if total > 0 else {}
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def _relaxed_dot_saving_ms(case: Case, build: WasmBuild, rates: Mapping[str, float]) -> float | None:
    """What nodes that multiply bytes take beyond their arithmetic by relaxed dot products, as measured.

    Every thread that they ran on counts as fast as the one that was measured. 0 where there are no such
    nodes; None where the build has the products, where the browser takes none, and where the profile has not
    all of these nodes, as where a runtime has merged some.
    """
    if relaxed_dots(build) or RELAXED_DOT not in rates:
        return None
    nodes = [row for row in case.recording.begin.model.nodes if row.op_type.startswith(PRODUCTS_OF_BYTES)]
    if not nodes:
        return 0.0
    web = profile_of(case, WEB)
    if web is None or any(row.name not in web.nodes for row in nodes):
        return None
    rate = rates[RELAXED_DOT] * web.threads
    return math.fsum(max(0.0, web.nodes[row.name].ms - (row.flops or 0) / rate * 1e3) for row in nodes)


def relaxed_dots(build: WasmBuild) -> int:
    """How many the build holds."""
    return sum(count for name, count in build.instructions.items() if "relaxed_dot" in name)
