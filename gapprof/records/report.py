"""The report: what `--json` writes and what every renderer reads. The public contract, field by field."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from gapprof.records.recording import MachineFacts
from gapprof.records.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "gapprof/report"
SCHEMA_VERSION = "1.9"

Verdict = Literal["costs", "saves", "unclear", "not-applicable", "not-measured"]
Owner = Literal["page", "model", "library", "browser", "hardware"]


class Estimate(Struct, frozen=True, kw_only=True):
    """A number with its interval; `rounds` independent replications stand behind it."""

    point: float
    low: float
    high: float
    level: float
    rounds: int

    def __post_init__(self) -> None:
        if not self.low <= self.point <= self.high:  # also catches NaN
            raise ValueError(f"{self.point} does not lie in [{self.low}, {self.high}]")


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


class OperatorLoss(Struct, frozen=True, kw_only=True):
    """What the nodes of one operator take beyond what is within reach."""

    op_type: str
    ms: float
    share: float
    """Of what all operators do."""


class StreamSpeed(Struct, frozen=True, kw_only=True):
    """How fast so many bytes were seen to be read or copied over and over, whichever is faster."""

    footprint_bytes: int
    bytes_per_s: float


class SpeedOfLight(Struct, frozen=True, kw_only=True):
    """What this browser can do on this processor, in 128-bit wasm and one thread."""

    verdict: Literal["expected", "above", "unclear"]
    """`expected`: at most 1.5 times what is within reach; `above`: more than that; `unclear`: the interval
    holds that, too little of the kernels' time can be told, or the passes had another pace than rounds."""
    above: Estimate | None
    """How many times what is within reach the nodes take that can be told; None below two passes."""
    share: float
    """Of the kernels' time that these take: with a twin, and large against what the profiler adds."""
    kernels_ms: float
    """onnxruntime-web's, all nodes."""
    told_ms: float
    """Those that can be told."""
    reachable_ms: float
    """The same nodes, each as its tuned twin where that was seen to take less."""
    floor_ms: float
    """Sum over the nodes that have a floor."""
    losses: tuple[OperatorLoss, ...]
    """The largest first."""
    operations_per_s: dict[str, float]
    """Measured peaks, of `f32` and of `int8`; a multiply-add is two."""
    streams: tuple[StreamSpeed, ...]
    """The smallest footprint first."""


class InsideFunction(Struct, frozen=True, kw_only=True):
    """A function inside the served wasm, by its index: a release build has no names."""

    function: int
    calls: float
    """In a run."""
    ms: Estimate
    """In a run, from call to return; over passes, each in a fresh browser. Runs are under onnxruntime's
    profiler, whose own work is part of the functions that call the kernels of nodes."""
    own_ms: Estimate
    """The same without other functions of this table that it calls; any others count as its own. It may be
    below 0 where those are so short, a microsecond or two, that having read a clock lengthens what
    follows."""
    sampled: float
    """Share of the engine's own samples that found it, and nothing that it calls, running: a second
    method."""
    operators: dict[str, float]
    """Operator → share of `ms` spent in its nodes; what is missing from 1 lay outside of every node."""
    vectors_in_loops: int | None = None
    """Vector instructions, and such as move whole blocks, in its innermost loops; 0: it is scalar code. None
    where it has no loops, or nobody looked. Since 1.7."""


class Inside(Struct, frozen=True, kw_only=True):
    """What is inside the served wasm, and what goes on in it (`--instrument`)."""

    file: str
    sha256: str
    functions_in_file: int
    vector_instructions: int
    relaxed_instructions: int
    dot_products: int
    """`i32x4.dot_i16x8_s`."""
    relaxed_dot_products: int
    atomic_instructions: int
    shared_memory: bool
    browser: dict[str, bool]
    """Feature → whether this browser takes wasm that uses it."""
    operations_per_s: dict[str, float]
    """Of products and sums in registers, by instructions; a multiplication and an addition are two."""
    relaxed_dot_saving_ms: float | None
    """At most so much less in a run with relaxed dot products in every node that multiplies bytes; None where
    nobody knows, or the build has them."""
    where: str
    """`worker` or `main`: the thread whose calls are counted. It is the only one then."""
    functions: tuple[InsideFunction, ...]
    """The hot ones, those first that most samples fell into."""
    hot: float | None
    """Share of the samples that they hold together."""
    joined: float | None
    """Share of their time that lies in nodes of the model."""
    overhead: Estimate | None
    """How many times slower a run of the rewritten build is, beside the one as it is."""
    same_outputs: bool | None
    """Whether both give the same bytes; None where the build as it is does not, twice in a row."""
    why: str = ""
    """Of what is missing here."""


class FeltRow(Struct, frozen=True, kw_only=True):
    """One figure of the page: while the model rests, runs on its main thread, and runs in a worker."""

    id: str
    title: str
    unit: str
    aspect: Literal["responsiveness", "smoothness"]
    more_is_better: bool
    idle: Estimate | None
    main: Estimate | None
    worker: Estimate | None
    main_times: Estimate | None
    """Times as much as at rest. None where one of both is 0."""
    worker_times: Estimate | None


class LateRow(Struct, frozen=True, kw_only=True):
    """A stream of inputs, seen with answers that may be late."""

    who: Literal["rate", "native", "web"]
    """`rate`: answers are had so often, each at once; else at the pace that was measured."""
    answers_per_s: float
    latency_ms: float | None
    accuracy: float | None
    """Share of the frames that are seen with the answer that native gives to that very frame. None where
    there was no answer in time."""


class Answers(Struct, frozen=True, kw_only=True):
    """What the model answers in the page, beside what it answers natively."""

    frames: int
    """Inputs of the stream; neighbours are alike."""
    frames_per_s: float
    output: str
    """Whose largest values are classes; empty where no output has any."""
    max_abs_difference: float
    max_relative_difference: float
    """Over the largest value of the same native output."""
    cosine: float
    """The least."""
    top1: float | None
    """Share of the frames for which both sides' first class is the same."""
    top5: float | None
    """... for which native's first is among the page's first five."""
    classes: int
    """Different first classes that native names over the stream; 1: late answers are right all the same."""
    late: tuple[LateRow, ...]


class QoE(Struct, frozen=True, kw_only=True):
    """Quality of experience (`--qoe`): what inference does to the page, and what its answers are worth."""

    duty: float
    """Share of the time in which the model ran while it did not rest."""
    step_duty: float
    """The same beside an application's steps."""
    threads: int
    rows: tuple[FeltRow, ...]
    answers: Answers | None
    why: str = ""
    """Of what is missing."""


class CellRow(Struct, frozen=True, kw_only=True):
    """One way to run the model, as it came out."""

    id: str
    side: Literal["native", "web"]
    threads: int
    """That were asked for."""
    obtained_threads: int | None
    where: Literal["process", "main", "worker", "proxy"]
    isolated: bool | None
    """None natively."""
    spinning: Literal["default", "on", "off"]
    build: str
    ms: Estimate | None
    """From request to result in the page, of one run natively. None with `why`."""
    cpu_ms: Estimate | None
    """CPU time of all threads for each run. None where the system does not say."""
    speed_up: Estimate | None
    """Times as fast as with one thread; of the thread curves alone."""
    efficiency: Estimate | None
    """`speed_up` over `threads`."""
    why: str = ""


class CellEffect(Struct, frozen=True, kw_only=True):
    """Two cells that differ in one thing. None with `why`."""

    id: str
    """`oversubscription`, `spinning`, `worker`, `proxy`, `no-isolation`."""
    side: Literal["native", "web"]
    figure: Literal["latency", "cpu"]
    cell: str
    other: str
    factor: Estimate | None
    """Times as much as `other` takes."""
    verdict: Verdict
    why: str = ""


class Recommendation(Struct, frozen=True, kw_only=True):
    """The fastest cell that a page's owner can choose, and what came of it when it was visited again."""

    cell: str
    now_ms: Estimate | None
    """The page as deployed, in the rounds that verify; so are the three after it."""
    predicted_ms: Estimate | None
    measured_ms: Estimate | None
    gain: Estimate | None
    """Times as fast as the page as deployed."""
    explored_gain: Estimate
    """The same in the rounds from which it was chosen; the fastest of many looks faster than it is."""
    ratio: Estimate | None
    """Measured over predicted, 1 where the prediction came true."""
    prediction: Literal["holds", "fails"] | None
    """`holds`: within 5 %, or the interval of `ratio` holds 1. None: it was not visited again."""
    why: str = ""


class Scaling(Struct, frozen=True, kw_only=True):
    """Threads, places and isolation (`--scaling`)."""

    cores: int
    deployed: str
    """The cell that is the page as it is."""
    rounds: int
    verifying_rounds: int
    visits: int
    """That count, of all cells."""
    disturbed_visits: int
    """While which other programs were at work. Many threads suffer from that more than one does."""
    cells: tuple[CellRow, ...]
    effects: tuple[CellEffect, ...]
    recommendation: Recommendation | None
    """None: no cell was faster than the page as deployed beyond doubt. One that was has yet to prove it: see
    `prediction`, and whether `gain` clears 1."""


class ObservedPage(Struct, frozen=True, kw_only=True):
    """What the page did with onnxruntime-web by itself: the ladder is about the model that it ran."""

    url: str
    watched_s: float
    isolated: bool
    where: str
    """`main` or `worker`: where it ran the model."""
    version: str
    """Of onnxruntime-web, as its wasm says; empty where none was recognised."""
    wasm_url: str
    wasm_sha256: str
    simd: bool | None
    shared_memory: bool
    threads: int | None
    """That the library was started with."""
    threads_asked: int | None
    """What the page set; None: it left that to onnxruntime-web's own rule."""
    threads_by: tuple[str, ...]
    """Who set it: the stack, innermost first."""
    workers: int
    """That the page started, threads of the library among them."""
    model_url: str
    """Empty where no fetched file has the model's size."""
    model_sha256: str
    model_bytes: int
    optimisation: str
    """Graph optimisation level of the session."""
    providers: tuple[str, ...]
    """Execution providers beside wasm's own."""
    fed: bool
    """Whether the ladder ran on the page's own inputs."""
    create_ms: float
    first_run_ms: float | None
    run_ms: float | None
    """The median of the later runs, inside the library."""
    run_low_ms: float | None
    run_high_ms: float | None
    """Their quartiles."""
    runs: int
    failed_runs: int
    sessions: int
    """Of all models; the one that took most of the time is told of."""
    times_deployed: Estimate | None
    """The later runs over those of the same model in a loop on a quiet page, in the same place and with the
    same threads."""
    troubles: tuple[str, ...]


class Reproduced(Struct, frozen=True, kw_only=True):
    """A combination of conditions, and whether it gives what was seen."""

    conditions: tuple[str, ...]
    """Empty: as deployed, warm."""
    ms: Estimate
    times: float
    """What was seen over `ms`."""
    verdict: Literal["holds", "no", "unclear"]
    """`holds`: what was seen is within 5 % of `ms`, or in its interval. `unclear`: that is too wide."""


class Reproduction(Struct, frozen=True, kw_only=True):
    """Under which conditions the latency comes about that a user saw (`--observed-ms`)."""

    observed_ms: float
    rows: tuple[Reproduced, ...]
    """As deployed, each condition alone, and combinations that hold where none of these does, else the
    nearest one."""
    not_measured: tuple[str, ...]
    """Conditions that this run says nothing about."""


class ColdRow(Struct, frozen=True, kw_only=True):
    """One stage of the start-up, median over trials; None where that side has no such stage."""

    stage: str
    native_ms: float | None
    web_ms: float | None
    why: str = ""
    """Of what is null here."""


class ColdStage(Struct, frozen=True, kw_only=True):
    """One stage of the way to a first result, means; it begins where the one before it ended."""

    stage: str
    """See `gapprof.records.cold`."""
    title: str
    web_ms: float | None
    native_ms: float | None
    compile_share: float | None = None
    """Of `web_ms`: compiling wasm functions when they are first called, from traced starts."""
    why: str = ""
    """Of the times that are null here."""


class ColdStart(Struct, frozen=True, kw_only=True):
    """The way to a first result, with nothing in any cache (`cold`) or all that was fetched (`warm`)."""

    cache: Literal["cold", "warm"]
    rows: tuple[ColdStage, ...]
    web_ms: float | None
    """All stages together."""
    native_ms: float | None
    fetched_bytes: float | None
    """Over the network, ..."""
    cached_bytes: float | None
    """... and out of the browser's cache."""
    code_cached: bool | None
    """Whether compiled code came out of the code cache; null where no start was traced."""
    compiled_functions: float | None
    """When they were first called."""
    optimised_ms: float | None
    """V8's optimising tier on its own threads, until runs were steady."""
    web_runs_until_steady: float | None
    """After the first one."""
    web_until_steady_ms: float | None
    native_runs_until_steady: float | None
    native_until_steady_ms: float | None
    why: str = ""
    """Of what is null here."""


class CreationRow(Struct, frozen=True, kw_only=True):
    """One step of making a session where all code is warm: what it takes less without it."""

    step: Literal["parse", "optimise", "prepack", "rest", "whole"]
    title: str
    web_ms: float | None
    native_ms: float | None


class Cold(Struct, frozen=True, kw_only=True):
    """The start-up, never mixed with the steady gap."""

    rows: tuple[ColdRow, ...]
    """By the ladder's own trials."""
    starts: tuple[ColdStart, ...] = ()
    """Empty without `--cold`. Since 1.9, as all below."""
    creation: tuple[CreationRow, ...] = ()
    closure: float | None = None
    """Of the start whose stages' sum is furthest from what was seen from outside: their ratio."""
    observer_ratio: float | None = None
    """A traced start over one that is not."""
    why: str = "not taken apart: --cold does it"
    """Of what is null or empty here."""


class MemoryRow(Struct, frozen=True, kw_only=True):
    """What is held at one stage beyond what was held before there was a library; bytes, medians."""

    stage: str
    """See `gapprof.records.memory.STAGES`; `collected`: after many runs, and garbage was collected."""
    title: str
    web_bytes: float | None
    """All processes of the browser."""
    parts: dict[str, float]
    """Of `web_bytes`, which they add up to: `wasm-heap` (what of it was touched), `wasm-module`, `code`,
    `array-buffers`, `js-heap`, `page-rest` and `browser-rest`, of either sign."""
    native_bytes: float | None
    processes: dict[str, float]
    """Kind of process (`renderer`: the page's own) → proportional set size, whole."""
    why: str = ""
    """Of what is null here."""


class MemorySlope(Struct, frozen=True, kw_only=True):
    """What a run leaves behind, garbage collected."""

    side: Literal["native", "web"]
    bytes_per_run: Estimate | None
    parts: dict[str, float]
    """The same apart: `wasm-heap`, `array-buffers` and `js-heap`; natively `process`."""
    verdict: Literal["leaks", "none", "unclear", "not-measured"]
    """`leaks`: more than 1 KiB a run beyond doubt. `none`: less, beyond doubt."""
    why: str = ""


class Memory(Struct, frozen=True, kw_only=True):
    """What the model holds of memory, in the page and natively. Since 1.9; empty before."""

    rows: tuple[MemoryRow, ...] = ()
    slopes: tuple[MemorySlope, ...] = ()
    model_bytes: float | None = None
    """The file, with its external data."""
    module_bytes: float | None = None
    """The wasm file."""
    wasm_heap_bytes: float | None = None
    """At high water, as the page says, which is for good: a wasm memory never shrinks ..."""
    wasm_mapped_bytes: float | None = None
    """... as the kernel has it ..."""
    wasm_touched_bytes: float | None = None
    """... and what of it was ever written, which alone takes memory of the machine."""
    peak_bytes: float | None = None
    """The largest resident size of the page's process, less that of the empty page."""
    native_peak_bytes: float | None = None
    arena_bytes: float | None = None
    """By how much less is held with the library's arena off: in the browser ..."""
    native_arena_bytes: float | None = None
    """... and natively."""
    gpu_buffers_bytes: float | None = None
    """Null where the model runs on the processor."""
    told_by: str = ""
    """`pss`, or `rss` where the system has no proportional sizes."""
    why: str = "not looked at: --memory does it"
    """Of what is null or empty here."""


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
    `node_join_share`."""
    cold: Cold
    memory: Memory
    """Empty without `--memory`."""
    page: dict[str, Any]
    """Figures of the page for `contention`: request latencies; where a request's time goes (`balance_ms`),
    what it waits for (`held_ms`) and who else was on the cores (`on_the_cores`), since 1.8; ms of work per
    second, run-queue waits."""
    what_ifs: tuple[WhatIf, ...]
    rungs: tuple[RungRow, ...]
    checks: tuple[CheckRow, ...]
    warnings: tuple[str, ...]
    samples: tuple[Sample, ...]
    versions: dict[str, str] = {}
    """`onnxruntime`, `onnxruntime-web`, `wasm` (the start of its sha256) and `browser`. Since 1.1."""
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

    def to_pandas(self) -> "dict[str, pd.DataFrame]":
        """The report's tables by name; see `gapprof.records.tables`."""
        from gapprof.records.tables import to_pandas  # pandas takes longer to import than most commands run

        return to_pandas(self)
