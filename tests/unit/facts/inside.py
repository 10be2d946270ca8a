"""What `explain --instrument` would have left, added to a recording of the synthetic machine."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from gapprof.records.inside import (
    HookedFunction,
    HookedPart,
    HookedPass,
    SampledFunction,
    WasmBuild,
    WasmProduct,
    WasmSamples,
)
from gapprof.records.recording import Recording
from gapprof.records.wire.instrument import SameOutput

RUNS = 10
INSIDE_US, TIMED_US, COUNTED_US = 0.2, 0.5, 0.01
RELAXED_DOT, RELAXED_MADD = "i32x4.relaxed_dot_i8x16_i7x16_add_s", "f32x4.relaxed_madd"
RATES = {"f32x4.mul and f32x4.add": 50e9, RELAXED_MADD: 55e9, RELAXED_DOT: 200e9}
SAME = SameOutput(name="y", size_bytes=4, differing_bytes=0, unsteady_bytes=0)


def part(
    function: int, ms: float, *, timed: int = 100, caller: int | None = None, node: str | None = "conv"
) -> HookedPart:
    """`ms`: of all timed calls together, as it truly was: what the hook reads is added."""
    return HookedPart(
        function=function,
        caller=caller,
        node=node,
        op_type="" if node is None else node.capitalize(),
        timed=timed,
        ms=ms + timed * INSIDE_US / 1e3,
    )


def hooked_pass(
    number: int,
    parts: Sequence[HookedPart],
    calls: Mapping[int, int],
    *,
    slower: float = 1.02,
    output: SameOutput = SAME,
) -> HookedPass:
    """`calls`: in a run, the same in all of them."""
    timed = {function: sum(one.timed for one in parts if one.function == function) for function in calls}
    return HookedPass(
        round=number,
        where="worker",
        functions=tuple(
            HookedFunction(function=function, calls=(count,) * RUNS, period=1, timed=timed[function])
            for function, count in calls.items()
        ),
        parts=tuple(parts),
        runs=RUNS,
        model_run_ms=(10.0,) * RUNS,
        offset_us=(0.0, 5.0),
        counted_us=COUNTED_US,
        timed_us=TIMED_US,
        inside_us=INSIDE_US,
        stock_ms=(10.0, 11.0, 10.0),
        hooked_ms=(10.0 * slower, 10.0 * slower, 12.0 * slower),
        outputs=(output,),
        lost=0,
        engine="Chrome/156",
        started_s=0.0,
        ended_s=1.0,
    )


def with_inside(
    recording: Recording,
    passes: Sequence[HookedPass],
    *,
    samples: Mapping[int, int],
    others: int = 0,
    instructions: Mapping[str, int] | None = None,
    browser: Mapping[str, bool] | None = None,
    rates: Mapping[str, float] = RATES,
) -> Recording:
    """`samples`: function → how often it was seen; `others`: what was seen beside wasm."""
    held = {"f32x4.mul": 900, "i32x4.dot_i16x8_s": 19, "v128.load": 81, "i32.atomic.load": 7}
    has = {"simd": True, "relaxed-simd": True, "relaxed-dot": True, "multi-memory": True}
    build = WasmBuild(
        file="ort.wasm",
        sha256="ab" * 32,
        functions=17288,
        instructions=dict(held if instructions is None else instructions),
        shared_memory=True,
        browser=dict(has if browser is None else browser),
        products=tuple(
            WasmProduct(instructions=name, operations=rate / 1e6, samples_us=(1.0, 1.0, 5.0))
            for name, rate in rates.items()
        ),
    )
    sampled = WasmSamples(
        where="worker",
        interval_us=1000,
        samples=sum(samples.values()) + others,
        functions=tuple(SampledFunction(function=one, samples=count) for one, count in samples.items()),
        run_ms=(10.0,),
        engine="Chrome/156",
        started_s=0.0,
        ended_s=1.0,
    )
    *entries, end = recording.entries
    return replace(recording, entries=(*entries, build, sampled, *passes, end))
