"""Twin kernels as measured: which nodes of the model have one, and what each took. Raw.

A twin is named by its shape as JSON, which says all that its loop nest depends on beside the schedule.
"""

from msgspec import Struct

Schedule = tuple[int, int, int, int]
"""Rows, vectors, unrolling, depth of a block: see `kernels.family.Tile`."""


class TwinNode(Struct, frozen=True, kw_only=True):
    """A node of the common graph, and the loop nests that do its work one after the other."""

    name: str
    op_type: str
    parts: tuple[str, ...]
    """Shapes; none where the node has no twin."""
    why: str = ""
    """Why it has none."""


class TwinPeak(Struct, frozen=True, kw_only=True):
    """A loop that shows what the browser can do at best; it is timed beside the twins."""

    shape: str
    measures: str
    """`f32` or `int8` operations, or `bytes` read and written."""
    amount: float
    """Of those in a call, in vectors of 128 bits."""


class TwinTime(Struct, frozen=True, kw_only=True):
    """One loop nest, timed."""

    shape: str
    schedule: Schedule
    samples_us: tuple[float, ...]
    """Of a call, in order; each the mean of as many as fill a few milliseconds."""


class TwinTrial(Struct, frozen=True, kw_only=True, tag="twins", tag_field="entry"):
    """One fresh process or browser that timed twins of one target."""

    target: str
    """`wasm`, `wasm-relaxed`, a native instruction set, or `avx128-as-sse41`: `avx128` with the schedules of
    `sse41`. That and the widest set have schedules of their own since 1.17; before, all native ones had
    those of the page."""
    round: int
    """-1: looking for the best schedules."""
    times: tuple[TwinTime, ...]
    threads: int = 1
    """So many ran the same nest at once, each on a memory of its own; a sample is what one of them took for a
    whole call. Since 1.3."""
    engine: str
    """Browser with its version, or LLVM's."""
    started_s: float
    ended_s: float


class TwinRun(Struct, frozen=True, kw_only=True, tag="twin-run", tag_field="entry"):
    """The whole model as one program of tuned twins, timed in one fresh browser."""

    round: int
    samples_us: tuple[float, ...]
    """Of a run, in order; each copies inputs in and outputs out, as a session's runs do."""
    copies_us: tuple[float, ...] = ()
    """What a run's copies take alone, in order. Since 1.11; none in older ones, whose runs copied nothing."""
    error: float | None
    """The largest difference of an output from native's, over the largest output; None: not comparable."""
    engine: str
    started_s: float
    ended_s: float


class TwinPlan(Struct, frozen=True, kw_only=True, tag="twin-plan", tag_field="entry"):
    """What is to be measured, and how large the memory is that buffers are taken from in turn."""

    nodes: tuple[TwinNode, ...]
    footprint_bytes: int
    """Of the weights."""
    alive_bytes: int = 0
    """Of the activations that the model keeps alive at once. Since 1.3; 0 in older ones, which wrote to a
    memory as large as the weights."""
    peaks: tuple[TwinPeak, ...] = ()
    """Since 1.2."""
