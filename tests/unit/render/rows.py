"""Figures, names and rows that reports are built of. Plausible, no measurement."""

import math

from msgspec.structs import replace

from gapprof.records.estimate import Estimate
from gapprof.records.recording import MachineFacts
from gapprof.records.report import CauseRow, ContrastRow, Evidence, OperatorRow, RungRow

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


def _inapplicable(name: str, title: str, why: str) -> CauseRow:
    return replace(
        unmeasured(cause(name, title, 1.0, rank=5, owner="page")), verdict="not-applicable", why=why
    )


def unmeasured(row: CauseRow) -> CauseRow:
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
