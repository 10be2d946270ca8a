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


class GpuReadback(Struct, frozen=True, kw_only=True):
    """What a wait for a result is made of: work that was queued before it, and bringing the bytes over.

    Waits are on the clock of page or Node, `queued_...` on the GPU's; the two have no moment in common.
    """

    wait_ms: Estimate
    """From the run's last submit until its last read-back was there."""
    transfer_ms: Estimate
    """The same with nothing but a small copy queued before it."""
    queue_ms: Estimate
    """What the wait takes beyond that."""
    queued_least_ms: Estimate
    """GPU time of the dispatches that went with the last submit: none of it was over when the wait began."""
    queued_most_ms: Estimate
    """GPU time of the whole run: more cannot have been queued."""
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
    readback: GpuReadback | None
    """None where the run does not end with a read-back."""
    why: str = ""
    """Of what is missing here."""
