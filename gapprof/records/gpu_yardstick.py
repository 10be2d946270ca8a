"""What `gapprof kernels --backend webgpu --json` writes: the library's shaders and ours on one adapter."""

from typing import Literal

from msgspec import Struct

from gapprof.records.estimate import Estimate
from gapprof.records.gpu_kernels import GpuChoice
from gapprof.records.recording import MachineFacts
from gapprof.records.report import Model, Tool

SCHEMA = "gapprof/gpu-kernels"
SCHEMA_VERSION = "1.0"


class GpuKernelRow(Struct, frozen=True, kw_only=True):
    """Nodes of one operator and one shape. Times are of all of them together, medians over rounds."""

    op_type: str
    what: str
    """The shape in words; empty where there is no shader of ours."""
    nodes: tuple[str, ...]
    library_ms: float | None
    """Of onnxruntime-web's dispatches, by the GPU's own clock; None where none could be told to be theirs."""
    share: float | None
    """Of all dispatches."""
    tuned_ms: float | None
    """Of ours, by the same clock; None where it was not timed, or gives something else."""
    choices: tuple[GpuChoice, ...]
    """Of each of its shaders."""
    available: Estimate | None
    """How many times slower the library's dispatches are; never said of a software adapter."""
    too_small_to_tell: bool
    """Whether the library's take less than twice what as many take that do nothing."""
    why: str
    """Of what is None."""


class GpuKernelSummary(Struct, frozen=True, kw_only=True):
    """The whole model."""

    gpu_ms: float
    """Of all dispatches of a run, by the GPU's own clock."""
    covered: float
    """Share of it that stands beside shaders of ours."""
    tuned_ms: float
    """Of ours, for the same nodes."""
    available: Estimate | None
    """The library's dispatches of these nodes over ours; never said of a software adapter."""
    reachable_ms: float | None
    """All dispatches, if each that ours beat, by more than 2 % and beyond doubt for all rows together, took
    what ours takes; never said of a software adapter. A prediction: it was not run."""
    empty_dispatch_ms: float
    """What a dispatch takes that does nothing."""


class GpuKernels(Struct, frozen=True, kw_only=True):
    """One run of `gapprof kernels --backend webgpu`."""

    schema: str = SCHEMA
    schema_version: str = SCHEMA_VERSION
    status: Literal["ok", "interrupted", "failed"]
    why: str = ""
    tool: Tool
    machine: MachineFacts
    model: Model
    browser: str
    adapter: str
    software: bool
    """Whether a processor stands in for a GPU: then no figure is one of a GPU."""
    rounds: int
    """In which library and ours have times of the same nodes."""
    took_s: float
    tuning_s: float
    """0: every choice came from a database."""
    written: int
    """Shaders that were to be tuned; ..."""
    tried: int
    """... that were compiled in time and held to what numpy computes; ..."""
    wrong: int
    """... of which so many gave something else, and have no time."""
    unmeasured: int
    """Shapes with shaders that the time for tuning did not reach."""
    summary: GpuKernelSummary | None
    rows: tuple[GpuKernelRow, ...]
    """The largest first."""
    notes: tuple[str, ...] = ()
