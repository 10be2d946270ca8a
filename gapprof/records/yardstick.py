"""What `gapprof kernels --json` writes: what each operator takes, and its twin in the same browser."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate
from gapprof.records.recording import MachineFacts
from gapprof.records.report import Model, Tool
from gapprof.records.twins import Schedule

SCHEMA = "gapprof/kernels"
SCHEMA_VERSION = "1.3"


class KernelRow(Struct, frozen=True, kw_only=True):
    """Nodes of one operator and one shape. Times are of all of them together, medians over rounds."""

    op_type: str
    what: str
    """The shape in words."""
    nodes: tuple[str, ...]
    native_ms: float | None
    """onnxruntime's own kernel natively, with all instructions, on the common graph."""
    native_128_ms: float | None
    """The same held to 128 bits; None where this machine cannot."""
    web_ms: float
    """onnxruntime-web's kernel."""
    twins_ms: dict[str, float]
    """Target → the same loop nest on it; empty where there is no twin. `sse41` and the widest target have
    schedules of their own since 1.3, and `avx128-as-sse41` has those of the former."""
    tuned_ms: float | None
    """The faster one of the twins in the browser."""
    schedule: Schedule | None
    """Of that one: rows, vectors, unrolling, depth of a block."""
    available: Estimate | None
    """How many times slower the library's kernel is than the tuned twin."""
    engine: Estimate | None
    """How many times slower the same loop nest is as wasm than as native 128-bit code, AVX-encoded."""
    why: str = ""
    """Why there is no twin."""
    too_small_to_tell: bool = False
    """Whether each node takes less than twice what the profiler adds to it: no evidence about its kernel."""


class KernelSummary(Struct, frozen=True, kw_only=True):
    """Of all nodes with twins that are not too small to tell: ratios of two sums, round by round."""

    width: Estimate | None
    """128-bit twins over those of the widest instructions, AVX-encoded, each in a loop that suits it; before
    1.3 both in the one that suits the browser."""
    encoding: Estimate | None
    """SSE-encoded twins over AVX-encoded ones, one loop that suits SSE. Before 1.3 one that suits the
    browser."""
    engine: Estimate | None
    library: Estimate | None
    """onnxruntime-web's kernels over the tuned twins."""
    native_library: Estimate | None
    """Twins of the widest instructions over native onnxruntime's kernels; above 1 these are better."""
    coverage: float
    """Share of the kernels' time in the browser that has twins."""
    web_ms: float
    """A run in the browser, unprofiled, one thread."""
    predicted_ms: float
    """The same, if every kernel that its twin beats ran at the twin's speed. A prediction: of such a run the
    share that is left by what kernels, twins, copies and dispatch took in the rounds that saw them all. It
    counts on none of the kernels that are too small to tell."""
    program_ms: float | None = None
    """A run of the whole model as one program of tuned kernels; None with `program_why`."""
    program: Estimate | None = None
    """How many times slower onnxruntime-web's run is."""
    program_error: float | None = None
    """The largest difference of its outputs from native's, over the largest output."""
    program_why: str = ""
    program_copies_ms: float | None = None
    """Of its run: inputs in and outputs out, as in onnxruntime-web's. None where its runs copied nothing, as
    in recordings before 1.11. Since 1.2, as all below."""
    program_predicted: Estimate | None = None
    """What its run should take in ms: the sum of its twins, each timed by itself, and of its copies, without
    the round that chose them (since 1.3; it counted before). Unlike `predicted_ms` it holds none of the
    library's work, and our twin for every node."""
    program_over_predicted: Estimate | None = None
    """How many times that its run takes, by the rounds that have both."""
    library_predicted: Estimate | None = None
    """`predicted_ms` by the rounds themselves, each with what the other rounds chose: onnxruntime-web's run
    with our kernels where they beat its own, its copies and dispatch included. Since 1.3, as the next one."""
    program_over_library_predicted: Estimate | None = None
    """How many times that the program's run takes: the prediction for the library against a whole model that
    ran, in the rounds that have both."""
    tuned_natively: bool = False
    """Whether SSE code and the widest instructions had schedules of their own, and not the browser's."""
    suited: Estimate | None = None
    """How many times slower native 128-bit code is with the browser's schedules than with those of SSE code,
    both AVX-encoded: what lies between `width` and `engine` then. None where it was not timed. Since 1.3."""


class Kernels(Struct, frozen=True, kw_only=True):
    """One run of `gapprof kernels`."""

    schema: str = SCHEMA
    schema_version: str = SCHEMA_VERSION
    status: Literal["ok", "interrupted", "failed"]
    why: str = ""
    tool: Tool
    machine: MachineFacts
    model: Model
    browser: str
    rounds: int
    took_s: float
    tuning_s: float
    """In the browser. 0: every schedule came from a database."""
    native_tuning_s: float = 0.0
    """As native code, likewise. Since 1.3."""
    summary: KernelSummary | None
    rows: tuple[KernelRow, ...]
    """The largest first."""
    notes: tuple[str, ...] = ()
