"""What the GPU did in a run of the model, operator by operator. A part of the report."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate


class GpuOperator(Struct, frozen=True, kw_only=True):
    """A node of the graph that ran; or several of which nobody can say which launched what."""

    nodes: tuple[str, ...]
    """Their names."""
    op_types: tuple[str, ...]
    """Each once."""
    provider: Literal["gpu", "cpu", "copy"]
    """`copy`: between the two, and no dispatch."""
    dispatches: int
    programs: tuple[str, ...]
    """The library's names of what was dispatched, each once."""
    gpu_ms: Estimate | None
    """By the GPU's own clock, over the runs of one replay; each dispatch has a pass of its own."""
    share: float | None
    """Of the GPU time of all dispatches."""
    bound_bytes: int | None
    """Of the storage that its dispatches may touch, summed over them; what is bound may be rounded up."""
    bound: Literal["dispatch"] | None
    """`dispatch`: it takes at most twice what as many dispatches take that do nothing. None with `why`."""
    why: str = ""


class GpuWaits(Struct, frozen=True, kw_only=True):
    """What a run's waits for the GPU are made of: work that was queued before, and bringing the bytes over.

    By the clock of page or Node; what the GPU itself was at meanwhile is `GpuOperators.span_ms`.
    """

    count: int
    """Of a run: read-backs, and waiting for submitted work; neither pipelines nor error scopes."""
    wait_ms: Estimate
    """All of them together."""
    transfer_ms: Estimate
    """One wait for a read-back with nothing but a small copy queued before it."""
    queue_ms: Estimate
    """What the run's waits take beyond as many of those."""
    read_bytes: int | None
    """By the page, in a run."""
    transfer_bytes: int
    """That `transfer_ms` is of."""


class GpuOperators(Struct, frozen=True, kw_only=True):
    """A steady run's dispatches by the GPU's own clock, joined to the nodes of the graph that ran."""

    place: Literal["chromium", "dawn"] | None
    """Where the recorded calls were replayed for it. None with `why`."""
    engine_version: str
    adapter: str
    software: bool
    """A processor did all this: it shows the plumbing, not a GPU."""
    runs: int
    """Of the replay, that count."""
    runs_left_out: int
    """In which the GPU's clock went backwards."""
    dispatches: int
    submits: int
    gpu_ms: Estimate | None
    """Of all dispatches together: rows and `unnamed_ms` sum to it."""
    span_ms: Estimate | None
    """From the first one's begin to the last one's end."""
    empty_dispatch_ms: float | None
    """What a dispatch takes that does nothing."""
    rows: tuple[GpuOperator, ...]
    """Those that take longest first, then those without dispatches in the order in which they run."""
    unnamed_dispatches: int
    """That no node can have launched, by the names of the library's programs."""
    unnamed_programs: tuple[str, ...]
    unnamed_ms: Estimate | None
    joined_share: float | None
    """Of the GPU time: in dispatches that are some node's, or one of some nodes'."""
    joined_alone_share: float | None
    """In dispatches that are a single node's."""
    waits: GpuWaits | None
    """None where the run never waits for the GPU."""
    why: str = ""
    """Of what is missing here."""
