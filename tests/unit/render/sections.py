"""Sections of a report that are measured beyond the ladder, built by hand."""

from typing import Literal

from msgspec.structs import replace

from gapprof.records.sections.gpu import (
    GpuOperator,
    GpuOperators,
    GpuPlacement,
    GpuWaits,
    PlacedOperator,
    WhereToFile,
)
from gapprof.records.sections.inside import Inside, InsideFunction
from gapprof.records.sections.observed import (
    MainThreadUse,
    ObservedPage,
    Reproduced,
    Reproduction,
    SessionOptionRow,
)
from tests.unit.render.rows import HOSTILE, about


def inside() -> Inside:
    """With names of operators as only a stranger writes them."""
    return Inside(
        file="ort-wasm-simd-threaded.wasm",
        sha256="cd" * 32,
        functions_in_file=17288,
        vector_instructions=129_092,
        relaxed_instructions=0,
        dot_products=19,
        relaxed_dot_products=0,
        atomic_instructions=13_532,
        shared_memory=True,
        browser={"relaxed-simd": True, "relaxed-dot": True},
        operations_per_s={"f32x4.relaxed_madd": 64e9},
        relaxed_dot_saving_ms=0.0,
        where="worker",
        functions=(
            InsideFunction(
                function=1422,
                calls=6600.0,
                ms=about(8.7, rounds=3),
                own_ms=about(8.7, rounds=3),
                sampled=0.44,
                operators={"FusedConv": 0.97, HOSTILE: 0.03},
            ),
        ),
        hot=0.44,
        joined=0.998,
        overhead=about(1.03, 0.01, rounds=3),
        same_outputs=True,
        why="one thing is missing",
    )


def watched_page() -> ObservedPage:
    """With addresses and options as only a stranger writes them."""
    return ObservedPage(
        url="https://shop.example/",
        watched_s=8.4,
        isolated=False,
        where="main",
        version="1.18.0",
        wasm_url=f"https://shop.example/{HOSTILE}",
        wasm_sha256="ef" * 32,
        simd=True,
        shared_memory=False,
        threads=1,
        threads_asked=4,
        threads_by=(f"set ({HOSTILE}:3:25)",),
        workers=0,
        model_url=f"https://shop.example/{HOSTILE}",
        model_sha256="ab" * 32,
        model_bytes=14_000_000,
        optimisation="all",
        providers=(HOSTILE,),
        fed=False,
        create_ms=210.0,
        first_run_ms=94.0,
        run_ms=31.2,
        run_low_ms=29.0,
        run_high_ms=36.0,
        runs=34,
        failed_runs=2,
        sessions=2,
        times_deployed=about(1.2),
        troubles=(HOSTILE,),
        build="plain",
        known_by="texts",
        session_options=(
            SessionOptionRow(name=HOSTILE, value=HOSTILE, default="", fed=True),
            SessionOptionRow(
                name="enableProfiling",
                value="true",
                default="false",
                fed=False,
                why_not="a profiled session is never timed here",
            ),
        ),
        main_thread=MainThreadUse(over_ms=1450.0, busy=0.84, runs=0.55, own=0.29, styles=0.031),
        pause_ms=12.4,
        pause_high_ms=48.0,
        bound=True,
        thread_workers=3,
    )


def reproduction() -> Reproduction:
    """A latency that was seen, and what makes it."""
    return Reproduction(
        observed_ms=80.0,
        rows=(
            Reproduced(conditions=(), ms=about(25.9), times=80.0 / 25.9, verdict="no"),
            Reproduced(conditions=("a busy page",), ms=about(40.0), times=2.0, verdict="unclear"),
            Reproduced(
                conditions=("the first run", "a busy page"),
                ms=about(81.0),
                times=0.99,
                verdict="holds",
                measured_ms=about(79.0),
                measured_times=80.0 / 79.0,
                measured_verdict="holds",
            ),
        ),
        not_measured=("on the main thread",),
    )


def gpu_operators() -> GpuOperators:
    rows = (
        gpu_row("features.0/Conv", "FusedConv", 8.0, bound=None),
        gpu_row("head/Gemm", "Gemm", 0.0123, bound="dispatch"),
        replace(
            gpu_row("a", "Relu", 0.01, bound=None),
            nodes=("blocks.1/act/Relu", "blocks.2/act/Relu"),
            dispatches=1,
        ),
        replace(gpu_row("flat", "Reshape", None, bound=None), why="it launches nothing"),
        replace(gpu_row("alone", "Det", None, bound=None), provider="cpu", why="the CPU runs it"),
        replace(gpu_row("Memcpy", "MemcpyToHost", None, bound=None), provider="copy"),
    )
    return GpuOperators(
        place="dawn",
        engine_version="webgpu 0.6.2, Node v24",
        adapter="nvidia ampere (NVIDIA A100, vulkan)",
        software=False,
        runs=10,
        runs_left_out=1,
        dispatches=6,
        submits=2,
        gpu_ms=about(8.1),
        span_ms=about(8.3),
        empty_dispatch_ms=0.005,
        rows=rows,
        unnamed_dispatches=1,
        unnamed_programs=("Unknown",),
        unnamed_ms=about(0.0777),
        joined_share=0.99,
        joined_alone_share=0.98,
        waits=GpuWaits(
            count=1,
            wait_ms=about(12.0),
            transfer_ms=about(0.4),
            queue_ms=about(11.6),
            read_bytes=4000,
            transfer_bytes=96,
        ),
        placement=GpuPlacement(
            operators=(
                PlacedOperator(op_type="Det", gpu=0, cpu=1),
                PlacedOperator(op_type="Relu", gpu=2, cpu=0),
            ),
            crossings_to_cpu=1,
            crossings_to_gpu=1,
            opset=17,
            cost_ms=about(3.2),
            cost_factor=about(2.1),
            optimised_before={},
        ),
        where_to_file=filed(),
    )


def filed() -> WhereToFile:
    return WhereToFile(
        adapter="nvidia ampere (NVIDIA A100, vulkan)",
        vendor="nvidia",
        architecture="ampere",
        fallback=False,
        run_ms=about(12.5),
        submitting_ms=about(2.5),
        gpu_busy_ms=about(8.3),
        compiling_ms=about(450.0),
        compiling_native_ms=about(430.0),
        project="library",
        text='File it with onnxruntime: "Kernels" makes a run 2.0x [1.9, 2.1] as long.',
    )


def gpu_row(name: str, op_type: str, ms: float | None, *, bound: Literal["dispatch"] | None) -> GpuOperator:
    return GpuOperator(
        nodes=(name,),
        op_types=(op_type,),
        provider="gpu",
        dispatches=0 if ms is None else 2,
        programs=() if ms is None else (op_type,),
        gpu_ms=None if ms is None else about(ms),
        share=None if ms is None else ms / 8.1,
        bound_bytes=None if ms is None else 5 << 20,
        bound=bound,
        why="" if bound else "what this GPU could do at best was not measured",
    )
