"""The report of a quiet machine with everything measured: what the other ones differ from."""

from gapprof.records.report import (
    Action,
    CheckRow,
    Gap,
    Interaction,
    LatencyPair,
    Model,
    Report,
    ReportSettings,
    Residual,
    Sample,
    Tool,
    WhatIf,
)
from gapprof.records.sections.cold import Cold, ColdRow
from gapprof.records.sections.memory import Memory
from tests.unit.render.rows import NATIVE_MS, WEB_MS, about, causes, machine, operators, rungs


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
            "native_uncut_closure": 0.985,
            "web_uncut_closure": 1.187,
            "native_kernel_share": 0.996,
            "web_kernel_share": 0.816,
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
