"""Reports built by hand, one per way a run can come out. Plausible figures, no measurement."""

import math
from typing import Literal

from msgspec.structs import replace

from gapprof.records.estimate import Estimate
from gapprof.records.recording import MachineFacts
from gapprof.records.report import (
    Action,
    CauseRow,
    CheckRow,
    ContrastRow,
    Evidence,
    Gap,
    Interaction,
    LatencyPair,
    Model,
    OperatorRow,
    Report,
    ReportSettings,
    Residual,
    RungRow,
    Sample,
    Tool,
    WhatIf,
)
from gapprof.records.sections.cold import Cold, ColdRow
from gapprof.records.sections.gpu import (
    GpuOperator,
    GpuOperators,
    GpuPlacement,
    GpuWaits,
    PlacedOperator,
    WhereToFile,
)
from gapprof.records.sections.inside import Inside, InsideFunction
from gapprof.records.sections.memory import Memory
from gapprof.records.sections.observed import ObservedPage, Reproduced, Reproduction, SessionOptionRow

HOSTILE = "\x1b[31m[bold red]rm -rf\x1b[0m\u202e\u2066|`<script>alert(1)</script>\r\n" + "A" * 10_000
NATIVE_MS, WEB_MS = 3.55, 25.9


def about(point: float, spread: float = 0.03, rounds: int = 9) -> Estimate:
    return Estimate(
        point=point,
        low=point - abs(point) * spread,
        high=point + abs(point) * spread,
        level=0.95,
        rounds=rounds,
    )


def ok() -> Report:
    """A quiet machine, everything measured."""
    return Report(
        status="ok",
        status_why="",
        headline=(
            "7.3x slower in the browser; 2.4x comes with 128-bit wasm, 1.9x with a layout only native has; "
            "your page can win back at most 1.1x."
        ),
        tool=Tool(version="0.1.0", argv=("gapprof", "explain", "zoo:mobilenetv2")),
        machine=machine(),
        model=Model(
            name="mobilenetv2",
            sha256="ab" * 32,
            size_bytes=13_964_571,
            parameters=3_487_816,
            nodes=65,
            opset=17,
        ),
        settings=ReportSettings(backend_tried=("wasm",)),
        began_utc="2026-11-21T09:00:00+00:00",
        rounds=9,
        sampling="9 rounds, fixed after the first 6 so that every top factor is known to 5 %.",
        latency_ms=LatencyPair(native=about(NATIVE_MS, 0.01), web=about(WEB_MS, 0.01)),
        gap=Gap(ratio=about(WEB_MS / NATIVE_MS, 0.02), delta_ms=about(WEB_MS - NATIVE_MS, 0.02)),
        causes=causes(),
        interactions=(
            Interaction(
                between=("simd", "library"),
                factor=about(1.55),
                rungs=("native", "native-extended", "native-all-128", "native-128"),
            ),
        ),
        residual=Residual(
            factor=about(1.31, 0.04),
            ms=about(3.1, 0.12),
            share=about(0.14, 0.12),
            weights={"native-128": -1.0, "web-worker": 1.0},
            why="runtime and library, not separated yet: both sit in one step of the ladder",
        ),
        actions=(
            Action(
                text="Run the model in a worker instead of on the main thread",
                owner="page",
                cause="contention",
                now_ms=about(WEB_MS, 0.01),
                then_ms=about(23.6, 0.01),
                basis="measured",
            ),
            Action(
                text="Let onnxruntime-web use the graph that was optimised ahead of time",
                owner="model",
                cause="library",
                now_ms=about(WEB_MS, 0.01),
                then_ms=about(25.1, 0.02),
                basis="predicted",
            ),
        ),
        operators=operators(),
        overhead={
            "native_marshalling_ms": 0.03,
            "web_marshalling_ms": 0.21,
            "native_dispatch_ms": 0.01,
            "web_dispatch_ms": 0.04,
            "native_observer_ratio": 1.012,
            "web_observer_ratio": 1.034,
            "native_profile_closure": 0.981,
            "web_profile_closure": 0.993,
            "node_join_share": 1.0,
        },
        cold=Cold(
            rows=(
                ColdRow(stage="process", native_ms=41.2, web_ms=None),
                ColdRow(stage="fetch", native_ms=None, web_ms=120.4),
                ColdRow(stage="create", native_ms=18.9, web_ms=244.0),
                ColdRow(stage="first_run", native_ms=5.2, web_ms=61.7),
            )
        ),
        memory=Memory(),
        page={"frames_per_second": 60.0, "long_tasks_per_s": 0.0},
        what_ifs=(
            WhatIf(
                change="V8 held to its baseline compiler",
                rung="web-baseline",
                predicted_ms=None,
                measured_ms=about(71.3),
                factor=about(2.75),
            ),
            WhatIf(
                change="onnxruntime-web 1.18 without SIMD",
                rung="web-scalar",
                predicted_ms=None,
                measured_ms=None,
                why="the build is not installed",
            ),
        ),
        rungs=rungs(),
        checks=(
            CheckRow(
                id="warm",
                kind="harness",
                status="pass",
                text="every trial reached a steady state",
                concerns="report",
            ),
            CheckRow(
                id="isolated",
                kind="subject",
                status="pass",
                text="the page is cross-origin isolated",
                concerns="web",
            ),
        ),
        warnings=("The browser runs without its sandbox, because gapprof runs as root.",),
        samples=(
            Sample(
                rung="native",
                round=0,
                attempt=0,
                batch=4,
                samples_ms=(3.5, 3.6, 3.5),
                requests_ms=(),
                struck=(),
            ),
            Sample(
                rung="web",
                round=0,
                attempt=0,
                batch=1,
                samples_ms=(),
                requests_ms=(25.7, 26.0, 25.9),
                struck=(),
            ),
        ),
    )


def partial() -> Report:
    """A main rung never came back."""
    return replace(
        ok(),
        status="partial",
        status_why="In the browser, paced: the browser crashed in both attempts",
        headline="7.3x slower in the browser; a part of the chain is missing.",
    )


def verified() -> Report:
    """Predicted changes were made: one held, one failed."""
    report = ok()
    one = WhatIf(
        change="As deployed, but in a worker",
        rung="web-in-worker",
        predicted_ms=about(23.4),
        measured_ms=about(23.6),
        ratio=about(1.01),
        prediction="holds",
    )
    other = replace(one, rung="web-optimised", measured_ms=about(31.0), ratio=about(1.32), prediction="fails")
    return replace(
        report, settings=replace(report.settings, verify=True), what_ifs=(*report.what_ifs, one, other)
    )


def verified_nothing() -> Report:
    """Asked to verify, and nothing could be."""
    return replace(ok(), settings=replace(ok().settings, verify=True))


def instrumented() -> Report:
    """With `--instrument`, and names of operators as only a stranger writes them."""
    return replace(
        ok(),
        inside=Inside(
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
        ),
    )


def watched() -> Report:
    """Of a page's own model, with addresses as only a stranger writes them, and a latency that was seen."""
    report = ok()
    return replace(
        report,
        observed=ObservedPage(
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
        ),
        reproduction=Reproduction(
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
        ),
    )


def on_gpu() -> Report:
    """A page whose model runs on a GPU, with a node on the processor and a program that nobody knows."""
    return replace(ok(), operators=(), gpu_operators=gpu_operators())


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


def unreliable() -> Report:
    """Another process took the machine."""
    return replace(
        ok(),
        status="unreliable",
        status_why="another process used 31 % of the machine, and the first rank is not decided",
        checks=(
            CheckRow(
                id="outside-load",
                kind="harness",
                status="fail",
                text="another process used 31 % of the machine during 8 of 54 trials",
                concerns="report",
            ),
        ),
    )


def outputs_differ() -> Report:
    return replace(
        ok(),
        status="outputs-differ",
        status_why="output `logits` differs by 0.31 from native, 0.002 is allowed",
        headline="The page computes something else than native does; its times are not comparable.",
    )


def failed() -> Report:
    """Nothing was measured."""
    gone = Gap(ratio=None, delta_ms=None, why="nothing was measured")
    return replace(
        ok(),
        status="failed",
        status_why="no browser was found",
        headline="Nothing was measured: no browser was found",
        model=Model(name="m.onnx", sha256=None, size_bytes=None, parameters=None, nodes=None, opset=None),
        rounds=0,
        sampling="",
        latency_ms=LatencyPair(native=None, web=None),
        gap=gone,
        causes=tuple(_unmeasured(cause) for cause in causes()),
        interactions=(),
        residual=Residual(factor=None, ms=None, share=None, weights={}, why="nothing was measured"),
        actions=(),
        operators=(),
        overhead={},
        cold=Cold(rows=()),
        memory=Memory(),
        page={},
        what_ifs=(),
        rungs=(),
        checks=(),
        warnings=(),
        samples=(),
    )


def hostile() -> Report:
    """Every string that a stranger can choose is an attack."""
    report = verified()
    return replace(
        report,
        model=replace(report.model, name=HOSTILE),
        headline=f"{HOSTILE} is 7.3x slower",
        warnings=(HOSTILE,),
        operators=tuple(replace(row, name=HOSTILE, op_type=HOSTILE) for row in report.operators),
        gpu_operators=replace(
            gpu_operators(),
            adapter=HOSTILE,
            unnamed_programs=(HOSTILE,),
            why=HOSTILE,
            placement=GpuPlacement(
                operators=(PlacedOperator(op_type=HOSTILE, gpu=0, cpu=1),),
                crossings_to_cpu=1,
                crossings_to_gpu=1,
                opset=17,
                cost_ms=None,
                cost_factor=None,
                optimised_before={HOSTILE: 1},
                why=HOSTILE,
            ),
            where_to_file=replace(filed(), adapter=HOSTILE, text=HOSTILE),
            rows=tuple(
                replace(row, nodes=(HOSTILE,), op_types=(HOSTILE,), programs=(HOSTILE,), why=HOSTILE)
                for row in gpu_operators().rows
            ),
        ),
        causes=tuple(
            replace(cause, evidence=(Evidence(kind="trace", text=HOSTILE, value=1.0),), why=HOSTILE)
            for cause in report.causes
        ),
        checks=tuple(replace(check, status="fail", text=HOSTILE) for check in report.checks),
        rungs=tuple(replace(rung, refusal=HOSTILE) for rung in report.rungs),
        settings=replace(report.settings, page=HOSTILE, js_flags=(HOSTILE,)),
        actions=tuple(replace(action, text=HOSTILE) for action in report.actions),
        what_ifs=tuple(replace(one, change=HOSTILE) for one in report.what_ifs),
    )


def machine() -> MachineFacts:
    return MachineFacts(
        system="Linux",
        architecture="x86_64",
        cpu="AMD EPYC 9645",
        logical_cores=2,
        usable_cores=2,
        memory_bytes=8 * 2**30,
        cpu_flags=("avx2", "avx512f"),
        kernel="6.12",
        python="3.11.9",
        hypervisor=True,
    )


def causes() -> tuple[CauseRow, ...]:
    return (
        cause(
            "simd",
            "128-bit vectors instead of the processor's full width",
            2.44,
            rank=1,
            owner="hardware",
            children=(avx512(),),
        ),
        cause("library", "Kernels and layout that only native has", 1.94, rank=2, owner="library"),
        cause("contention", "The page's own work in the way", 1.09, rank=3, owner="page"),
        cause("runtime", "The WebAssembly engine", 1.004, rank=4, owner="browser", verdict="unclear"),
        _inapplicable("gpu-abstraction", "The browser's GPU layer", "the model runs on the CPU"),
        _inapplicable("threads", "Fewer threads than the machine offers", "native uses one thread as well"),
    )


def cause(
    name: str,
    title: str,
    factor: float,
    *,
    rank: int,
    owner: str,
    verdict: str = "costs",
    children: tuple[CauseRow, ...] = (),
) -> CauseRow:
    share = math.log(factor) / math.log(WEB_MS / NATIVE_MS)
    log_mean = (WEB_MS - NATIVE_MS) / math.log(WEB_MS / NATIVE_MS)
    return CauseRow(
        id=name,
        title=title,
        rank=rank,
        factor=about(factor, 0.02),
        ms=about(log_mean * math.log(factor), 0.06),
        share=about(share, 0.06),
        saving_ms=about(WEB_MS * (1 - 1 / factor), 0.06),
        verdict=verdict,
        why="",
        method="measured",
        weights={"native-extended": -1.0, "native-128": 1.0},
        contrasts=(
            ContrastRow(
                source="native-extended", target="native-128", side="native", factor=about(factor, 0.02)
            ),
        ),
        children=children,
        evidence=(
            Evidence(kind="ceiling", text="The CPUID ceiling answered 57 times per process.", value=57.0),
        ),
        owner=owner,
        advice="Nothing a page can do; 256-bit vectors are not in WebAssembly.",
    )


def avx512() -> CauseRow:
    return cause("simd-avx512", "AVX-512 over AVX2", 1.32, rank=1, owner="hardware")


def operators() -> tuple[OperatorRow, ...]:
    rows = [
        OperatorRow(
            name=f"/features/features.{number}/conv/conv.1/Conv",
            op_type="Conv",
            native_ms=0.31 - 0.02 * number,
            web_ms=2.9 - 0.2 * number,
            ratio=(2.9 - 0.2 * number) / (0.31 - 0.02 * number),
            share_of_web=(2.9 - 0.2 * number) / WEB_MS,
            causes={"simd": 1.2, "library": 0.9},
        )
        for number in range(12)
    ]
    rows.append(
        OperatorRow(
            name="weighting",
            op_type="overhead",
            native_ms=0.05,
            web_ms=-0.4,
            ratio=None,
            share_of_web=-0.015,
            causes={},
        )
    )
    return tuple(rows)


def rungs() -> tuple[RungRow, ...]:
    return (
        _rung("native", "Native, as it comes", NATIVE_MS, None, None),
        _alias("native-threads", "Native with the page's threads", "native", "threads"),
        _rung("native-extended", "Native, common graph", 8.61, "native-threads", "graph"),
        _rung("native-128", "Native at 128 bits, common graph", 17.9, "native-extended", "isa"),
        _rung("web-worker", "In a worker of a quiet page", 23.5, "native-128", "backend"),
        _rung("web", "In the browser, as deployed", WEB_MS, "web-paced", "page"),
        RungRow(
            id="engine",
            title="Same wasm in Node, no browser",
            changes="backend",
            derived_from="web-worker",
            alias_of=None,
            latency_ms=None,
            refusal="no Node ≥ 24 was found; `gapprof setup` fetches one",
        ),
    )


def _rung(name: str, title: str, latency: float, parent: str | None, changes: str | None) -> RungRow:
    return RungRow(
        id=name,
        title=title,
        changes=changes,
        derived_from=parent,
        alias_of=None,
        latency_ms=about(latency, 0.01),
        refusal=None,
    )


def _alias(name: str, title: str, parent: str, changes: str) -> RungRow:
    return RungRow(
        id=name,
        title=title,
        changes=changes,
        derived_from=parent,
        alias_of=parent,
        latency_ms=None,
        refusal=None,
    )


def _inapplicable(name: str, title: str, why: str) -> CauseRow:
    return replace(
        _unmeasured(cause(name, title, 1.0, rank=5, owner="page")), verdict="not-applicable", why=why
    )


def _unmeasured(row: CauseRow) -> CauseRow:
    return replace(
        row,
        rank=None,
        factor=None,
        ms=None,
        share=None,
        saving_ms=None,
        verdict="not-measured",
        why="nothing was measured",
        weights={},
        contrasts=(),
        children=(),
        evidence=(),
    )


EVERY = {
    "ok": ok,
    "partial": partial,
    "unreliable": unreliable,
    "outputs-differ": outputs_differ,
    "failed": failed,
    "hostile": hostile,
    "on-gpu": on_gpu,
    "instrumented": instrumented,
    "watched": watched,
    "verified": verified,
    "verified-nothing": verified_nothing,
}
