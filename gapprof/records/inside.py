"""What was seen inside the served wasm: what it is made of, where samples fell, what hooks counted. Raw.

Functions are named by their index, as an engine's profiler does: a release build has no other names.
"""

from msgspec import Struct

from gapprof.records.wire.instrument import SameOutput


class WasmProduct(Struct, frozen=True, kw_only=True):
    """A loop of products and sums in registers, timed in this browser."""

    instructions: str
    operations: float
    """Of a call; a multiplication and an addition are two."""
    samples_us: tuple[float, ...]
    """Of a call."""


class WasmBuild(Struct, frozen=True, kw_only=True, tag="wasm-build", tag_field="entry"):
    """The wasm as a file, and what this browser takes of what it does not hold."""

    file: str
    sha256: str
    functions: int
    """Its own, imported ones not counted."""
    instructions: dict[str, int]
    """Vector and atomic instructions, as in the text format, by how often they stand in it."""
    shared_memory: bool
    browser: dict[str, bool]
    """Feature → whether the browser validates a module that uses it: `simd`, `relaxed-simd`, `threads`,
    ..."""
    products: tuple[WasmProduct, ...]
    """Those that the browser takes."""


class SampledFunction(Struct, frozen=True, kw_only=True):
    """One function at the top of the stack."""

    function: int
    samples: int


class WasmSamples(Struct, frozen=True, kw_only=True, tag="wasm-samples", tag_field="entry"):
    """The engine's own sampling profiler over back-to-back runs of the build as it is."""

    where: str
    """`worker` or `main`: the thread that was sampled."""
    interval_us: float
    samples: int
    """Of everything but idleness."""
    functions: tuple[SampledFunction, ...]
    """Of wasm, the most often seen first."""
    run_ms: tuple[float, ...]
    """Meanwhile."""
    engine: str
    started_s: float
    ended_s: float


class HookedFunction(Struct, frozen=True, kw_only=True):
    """One function that was counted."""

    function: int
    calls: tuple[int, ...]
    """By run that counts."""
    period: int
    """Every so many calls were timed."""
    timed: int
    """In all runs."""
    vectors_in_loops: int | None = None
    """Vector instructions, and such as move whole blocks, in its innermost loops; None where it has none of
    those. Since 1.4."""


class HookedPart(Struct, frozen=True, kw_only=True):
    """Timed calls of one function, out of one hooked function, in one node; sums over all runs.

    A call that overlaps several nodes is counted where most of it lies; each part has its own of the time.
    """

    function: int
    caller: int | None
    """The hooked function that it was called from, however far away; None: from no such function."""
    node: str | None
    """None: outside of every node."""
    op_type: str
    timed: int
    ms: float
    """From call to return, with what the hook itself takes in between."""
    disturbed_ms: tuple[float, ...] = ()
    """Single calls that something held up; `timed` and `ms` are without them."""


class HookedPass(Struct, frozen=True, kw_only=True, tag="hooked", tag_field="entry"):
    """One fresh browser with the build as it is and the rewritten one, runs of the two in turn."""

    round: int
    where: str
    functions: tuple[HookedFunction, ...]
    parts: tuple[HookedPart, ...]
    runs: int
    """That count: those during which something else had the processor are left out."""
    model_run_ms: tuple[float, ...]
    """Of the rewritten build under onnxruntime's profiler, all of them."""
    offset_us: tuple[float, float]
    """Between which bounds the difference of the profiler's clock and the page's lies."""
    counted_us: float
    """What a hook costs where it only counts,"""
    timed_us: float
    """where it also times,"""
    inside_us: float
    """and how much of that lies between its two readings of the clock."""
    stock_ms: tuple[float, ...]
    """Single runs of the build as it is,"""
    hooked_ms: tuple[float, ...]
    """and of the rewritten one, without the profiler."""
    outputs: tuple[SameOutput, ...]
    lost: int
    """Timed calls that found no room in the log."""
    engine: str
    started_s: float
    ended_s: float
