"""Functions of the wasm are counted and timed from inside."""

from msgspec import Struct

from gapprof.records.wire.open import OpenTask


class HookLayout(Struct, frozen=True, kw_only=True):
    """Where a rewritten wasm keeps what; see `gapprof.wasm.hooks`. Exports by name, the rest are
    addresses."""

    log: str
    clock: str
    repeat: str
    on: int
    next: int
    end: int
    current: int
    lost: int
    nobody: int
    """In place of a slot."""
    slots: int
    slot_bytes: int
    calls: int
    left: int
    period: int
    count: int
    """Of slots."""
    log_begins: int
    log_ends: int


class InstrumentTask(Struct, frozen=True, kw_only=True, tag="instrument", tag_field="kind"):
    """What is open beside a rewritten build of the same runtime, in blocks of `runs` single runs.

    Then as many runs of the rewritten one under the profiler, with what was called when.
    """

    open: OpenTask
    """Of the rewritten build."""
    layout: HookLayout
    functions: int
    """Slots that stand for functions inside; those behind them are calls from outside."""
    timed_calls: int
    """Of one function in a run, about so many; the others are counted only."""
    blocks: int
    runs: int


class NamedNode(Struct, frozen=True, kw_only=True):
    """A node as the profiler names it."""

    name: str
    op_type: str


class SameOutput(Struct, frozen=True, kw_only=True):
    """One output of both builds, byte by byte."""

    name: str
    size_bytes: int
    differing_bytes: int
    unsteady_bytes: int
    """Between two runs of what is open."""


class Instrumented(Struct, frozen=True, kw_only=True, tag="instrumented", tag_field="kind"):
    """Both sides of an instrumented pass, and the log of the rewritten build under the profiler."""

    outputs: tuple[SameOutput, ...]
    counted_us: float
    """What a hook costs where it only counts,"""
    timed_us: float
    """where it also times,"""
    inside_us: float
    """and how much of that lies between its two readings of the clock."""
    stock_ms: tuple[float, ...]
    hooked_ms: tuple[float, ...]
    periods: tuple[int, ...]
    """By function: every so many calls were timed."""
    calls: tuple[tuple[int, ...], ...]
    """By run and function."""
    log: tuple[str, ...]
    """By run, base64: lines as `gapprof.wasm.hooks` writes them, times in ms on the page's clock."""
    lost: int
    """Lines that found no room."""
    nodes: tuple[NamedNode, ...]
    model_runs_us: tuple[tuple[float, float], ...]
    """By run: begin and duration, on the profiler's clock."""
    spans_us: tuple[tuple[int, int, float, float], ...]
    """Run, node, begin, duration."""
