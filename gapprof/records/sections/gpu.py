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

    By the clock of page or Node; what the GPU itself was at meanwhile is `GpuOperators.gpu_ms`.
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


class PlacedOperator(Struct, frozen=True, kw_only=True):
    """How many nodes of one operator each processor runs."""

    op_type: str
    gpu: int
    cpu: int


class GpuPlacement(Struct, frozen=True, kw_only=True):
    """Who runs the nodes of the graph that ran, and which tensors cross over for it."""

    operators: tuple[PlacedOperator, ...]
    """Those with most nodes on the processor first; copies are none of them."""
    crossings_to_cpu: int
    crossings_to_gpu: int
    """Tensors copied in a run; its inputs and outputs are none of them."""
    opset: int
    """Of the model as it was given."""
    cost_ms: Estimate | None
    """By which a run in the browser is shorter without its stops for what the processor computes. Whether
    that is a difference at all `cost_factor` decides: where its interval holds 1, this is what was seen and
    nothing that the stops are known to cost."""
    cost_factor: Estimate | None
    """So many times what it takes without them: a pair in each round, so that slow rounds cancel."""
    optimised_before: dict[str, int]
    """Operators that the processor runs and that onnxruntime's optimiser had made in the file as it was given
    → their nodes; empty: none, or the file was not saved by it."""
    why: str = ""
    """Of what is None."""


class WhereToFile(Struct, frozen=True, kw_only=True):
    """To whom a report of slow runs on this adapter belongs, and the figures that it would begin with."""

    adapter: str
    vendor: str
    architecture: str
    fallback: bool | None
    """What the standard calls a fallback adapter; None: nobody says."""
    run_ms: Estimate | None
    """onnxruntime-web's own run, one after the other."""
    submitting_ms: Estimate | None
    """Of it, until the last submit, waits for the GPU left out: what the processor takes to submit it."""
    gpu_busy_ms: Estimate | None
    """All of its dispatches together, by the GPU's clock; what lies between two of them is no part of it."""
    compiling_ms: Estimate | None
    """For which its calls, replayed in the browser, wait for pipelines before the first steady run."""
    compiling_native_ms: Estimate | None
    """The same without a browser."""
    project: Literal["library", "browser", "driver"] | None
    """None: to nobody, or it cannot be told; `text` says which."""
    text: str
    """The verdict, in whole sentences."""


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
    """From first to last dispatch: with what lies between two of them, in which the GPU may do nothing."""
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
    placement: GpuPlacement | None = None
    """None: the runtime did not say which nodes ran. Since 1.12."""
    where_to_file: WhereToFile | None = None
    """None: no adapter was seen. Since 1.12."""
