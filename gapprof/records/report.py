"""The report: what `--json` writes and what every renderer reads. The public contract, field by field."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate, Owner, Verdict
from gapprof.records.recording import MachineFacts
from gapprof.records.sections.cold import Cold
from gapprof.records.sections.gpu import GpuOperators
from gapprof.records.sections.inside import Inside
from gapprof.records.sections.light import SpeedOfLight
from gapprof.records.sections.memory import Memory
from gapprof.records.sections.observed import ObservedPage, Reproduction
from gapprof.records.sections.outputs import OutputsApart
from gapprof.records.sections.quality import QoE
from gapprof.records.sections.scaling import Scaling
from gapprof.records.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "gapprof/report"
SCHEMA_VERSION = "1.15"


class Tool(Struct, frozen=True, kw_only=True):
    """Which gapprof wrote this, asked in which words."""

    version: str
    argv: tuple[str, ...]


class Model(Struct, frozen=True, kw_only=True):
    """The model in one line. None only in a report of status `failed`: the model could not be read."""

    name: str
    sha256: str | None
    size_bytes: int | None
    parameters: int | None
    nodes: int | None
    opset: int | None


class ReportSettings(Settings, frozen=True, kw_only=True):
    """What was asked for, and what came of it."""

    backend_tried: tuple[str, ...]
    """Web sides in the order in which they were tried; empty where the run did not get so far."""


class LatencyPair(Struct, frozen=True, kw_only=True):
    """Geometric means over complete rounds; None when that side gave no figure."""

    native: Estimate | None
    web: Estimate | None


class Gap(Struct, frozen=True, kw_only=True):
    """How much slower the page is. None with `why` when one side is missing."""

    ratio: Estimate | None
    delta_ms: Estimate | None
    why: str = ""


DISPATCH_BOUND = "dispatch-bound"
"""Kind of the evidence that says which part of a replayed run goes into making its dispatches' commands."""


class Evidence(Struct, frozen=True, kw_only=True):
    """One observation behind a cause. `value` is raw; `text` is a whole sentence."""

    kind: str
    text: str
    value: float | None = None


class ContrastRow(Struct, frozen=True, kw_only=True, rename={"source": "from", "target": "to"}):
    """One step of the ladder that a cause reads."""

    source: str
    target: str
    side: Literal["native", "web"]
    factor: Estimate


class CauseRow(Struct, frozen=True, kw_only=True):
    """A cause or a child of one. What is None says why in `why`."""

    id: str
    title: str
    rank: int | None
    factor: Estimate | None
    ms: Estimate | None
    share: Estimate | None
    saving_ms: Estimate | None
    verdict: Verdict
    why: str
    method: Literal["measured", "estimated"]
    weights: dict[str, float]
    contrasts: tuple[ContrastRow, ...]
    children: tuple["CauseRow", ...]
    evidence: tuple[Evidence, ...]
    owner: Owner
    advice: str


def with_descendants(rows: Iterable[CauseRow]) -> Iterator[CauseRow]:
    """Causes, each followed by its children and theirs."""
    for row in rows:
        yield row
        yield from with_descendants(row.children)


class Interaction(Struct, frozen=True, kw_only=True):
    """By how much two changes together differ from the product of each alone."""

    between: tuple[str, str]
    factor: Estimate
    rungs: tuple[str, ...]


class Residual(Struct, frozen=True, kw_only=True):
    """What no cause claims, of either sign."""

    factor: Estimate | None
    ms: Estimate | None
    share: Estimate | None
    weights: dict[str, float]
    why: str


class Action(Struct, frozen=True, kw_only=True):
    """Something the reader can change, now → then."""

    text: str
    owner: Owner
    cause: str
    now_ms: Estimate
    then_ms: Estimate
    basis: Literal["measured", "predicted"]


class OperatorRow(Struct, frozen=True, kw_only=True):
    """One node (or the closing `weighting` row) on both sides, ms."""

    name: str
    op_type: str
    native_ms: float
    web_ms: float
    ratio: float | None
    share_of_web: float
    causes: dict[str, float]
    bound: str | None = None
    """`compute`, `memory` or `dispatch`: what keeps it from taking less in this browser."""
    speed_of_light_ms: float | None = None
    """Its floor in this browser: its arithmetic at the measured peak of 128-bit wasm (products of f32, or of
    pairs of bytes), or its bytes at the speed at which so many are read or copied, whichever takes longer."""
    why: str = ""
    """Of what is null here."""
    dtype: str = ""
    """Of its first output, numpy's name; empty where the recording does not say. Since 1.14."""


class WhatIf(Struct, frozen=True, kw_only=True):
    """A side rung read as a change to the page."""

    change: str
    rung: str
    predicted_ms: Estimate | None
    measured_ms: Estimate | None
    factor: Estimate | None = None
    why: str = ""
    ratio: Estimate | None = None
    """Measured over predicted, 1 where the prediction came true. Since 1.2."""
    prediction: Literal["holds", "fails"] | None = None
    """`holds`: within 5 %, or the interval of `ratio` holds 1. None: no saving was predicted. Since 1.2."""


class RungRow(Struct, frozen=True, kw_only=True):
    """A rung as it came out in this run."""

    id: str
    title: str
    changes: str | None
    derived_from: str | None
    alias_of: str | None
    latency_ms: Estimate | None
    refusal: str | None
    """Why this machine, browser or setting cannot give it; None where it could."""
    why: str = ""
    """Why it has no latency although nothing refused it: not part of this run, or failed."""


class CheckRow(Struct, frozen=True, kw_only=True):
    """A check of the harness (strikes a number) or of the subject (is evidence)."""

    id: str
    kind: Literal["harness", "subject"]
    status: Literal["pass", "fail", "unknown"]
    text: str
    concerns: str
    """A rung id, a cause id, or `report`."""


class Sample(Struct, frozen=True, kw_only=True):
    """The raw figures of one trial."""

    rung: str
    round: int
    attempt: int
    batch: int
    samples_ms: tuple[float, ...]
    requests_ms: tuple[float, ...]
    struck: tuple[str, ...]
    visit: int = 0
    """Which of the rung's visits in that round. Since 1.1."""


class Report(Struct, frozen=True, kw_only=True):
    """The analysis of one recording. Made by `gapprof.explain.report.build`; pure data."""

    schema: str = SCHEMA
    schema_version: str = SCHEMA_VERSION
    status: Literal["ok", "partial", "unreliable", "outputs-differ", "failed"]
    status_why: str
    headline: str
    tool: Tool
    machine: MachineFacts
    model: Model
    settings: ReportSettings
    began_utc: str
    rounds: int
    sampling: str
    """How the number of rounds came about, one sentence."""
    latency_ms: LatencyPair
    gap: Gap
    causes: tuple[CauseRow, ...]
    interactions: tuple[Interaction, ...]
    residual: Residual
    actions: tuple[Action, ...]
    operators: tuple[OperatorRow, ...]
    overhead: dict[str, float | None]
    """`native_marshalling_ms`, `web_marshalling_ms`, `native_dispatch_ms`, `web_dispatch_ms`,
    `native_observer_ratio`, `web_observer_ratio`, `native_profile_closure`, `web_profile_closure`,
    `node_join_share`. Since 1.15 `native_kernel_share`, `web_kernel_share`: at which share of their time by
    the profiler, less its chain, kernels are shown, so that operators, dispatch and marshalling fit into an
    unprofiled run (whose their excess is was not measured). The closures are these three together by such a
    run, each pass with kernels at the share that other passes say; since 1.15 `native_uncut_closure`,
    `web_uncut_closure` are the same with all of the kernels' time."""
    cold: Cold
    memory: Memory
    """Empty without `--memory`."""
    page: dict[str, Any]
    """Figures of the page for `contention`: request latencies; where a request's time goes (`balance_ms`; its
    run by shares of the requests behind the timed ones where `balance_shared_out`, since 1.15, says so), what
    it waits for (`held_ms`) and who else was on the cores (`on_the_cores`), since 1.8; the latter thread by
    thread (`on_the_cores_by_name`), all that the main thread did (`main_thread_ms`), the model's threads,
    each term measured by itself (`threads_ms`), and waits of more threads than cores (`oversubscribed`),
    since 1.9; ms of work per second, run-queue waits."""
    what_ifs: tuple[WhatIf, ...]
    rungs: tuple[RungRow, ...]
    checks: tuple[CheckRow, ...]
    warnings: tuple[str, ...]
    samples: tuple[Sample, ...]
    versions: dict[str, str] = {}
    """`onnxruntime`, `onnxruntime-web`, `wasm` (the start of its sha256) and `browser`. Since 1.1. Where the
    model ran on a GPU: `build` (onnxruntime-web's: `asyncify`, `jspi`, `jsep`, `webgl`), `adapter` and
    `driver`, in the adapter's own words. Since 1.14."""
    passes: int | None = None
    """Profiled passes behind the computed rungs; None where no rung was computed from any. Since 1.1."""
    speed_of_light: SpeedOfLight | None = None
    """None without twins (`--twins`). Since 1.5."""
    inside: Inside | None = None
    """None without `--instrument`. Since 1.6."""
    observed: ObservedPage | None = None
    """None where a model was given. Since 1.7."""
    reproduction: Reproduction | None = None
    """None without `--observed-ms`. Since 1.7."""
    qoe: QoE | None = None
    """None without `--qoe`. Since 1.8."""
    scaling: Scaling | None = None
    """None without `--scaling`. Since 1.9."""
    gpu_operators: GpuOperators | None = None
    """None where no dispatches were asked for their times: on the processor, on WebGL, and where the calls of
    the library could not be recorded, which the rungs that replay them say. Since 1.11."""
    outputs_apart: OutputsApart | None = None
    """None where the browser's outputs agree with native ones, or nothing was compared. Since 1.13."""

    def to_pandas(self) -> "dict[str, pd.DataFrame]":
        """The report's tables by name; see `gapprof.records.tables`."""
        from gapprof.records.tables import to_pandas  # pandas takes longer to import than most commands run

        return to_pandas(self)
