"""Compute shaders of ours on the page's adapter, beside the library's own: as measured. Raw.

A shader is named by its shape as JSON, which says all that it depends on beside the choice that is tuned.
"""

from msgspec import Struct

from gapprof.records.dispatches import TimedDispatches
from gapprof.records.gpu import AdapterIdentity

GpuChoice = tuple[int, int, int, int, int, int, bool]
"""Threads of a workgroup along columns and along rows, a thread's rows and vectors, the depth of a block, the
unrolling, and whether memory is read by fours: see `gpu_kernels.family.Choice`."""


class GpuKernelNode(Struct, frozen=True, kw_only=True):
    """A node of the graph that ran, and the shaders of ours that do its work one after the other."""

    name: str
    op_type: str
    parts: tuple[str, ...]
    """Shapes; none where there is no shader."""
    why: str = ""
    """Why there is none."""


class GpuKernelPlan(Struct, frozen=True, kw_only=True, tag="gpu-kernel-plan", tag_field="entry"):
    """What is to be measured."""

    nodes: tuple[GpuKernelNode, ...]
    budget_s: float
    """For tuning all shapes."""
    settled: int
    """Shapes whose choice came from a database."""


class GpuKernelTime(Struct, frozen=True, kw_only=True):
    """One shader: held to what must come out, and timed."""

    shape: str
    choice: GpuChoice
    samples_ns: tuple[float, ...]
    """Of a dispatch, by round; one alone where it was far behind the fastest. Empty: it was not run, or the
    time was over."""
    compile_ms: float
    largest: float
    """Of what must come out."""
    difference: float | None
    """The largest one; None: it was not run."""
    odd: int
    """Elements that are no number, or were not written."""
    late: bool = False
    """Nobody tried it: the time was over."""
    why: str = ""
    """It was not run."""


class GpuKernelTrial(Struct, frozen=True, kw_only=True, tag="gpu-kernels", tag_field="entry"):
    """One fresh browser that ran shaders of ours."""

    round: int
    """-1: looking for the best choices."""
    engine_version: str
    adapter: AdapterIdentity
    times: tuple[GpuKernelTime, ...]
    errors: tuple[str, ...]
    """What the GPU reported and nobody asked for."""
    took_s: float


class LibraryDispatches(Struct, frozen=True, kw_only=True, tag="gpu-library", tag_field="entry"):
    """The library's own dispatches of a steady run in a fresh browser of the same round."""

    round: int
    timed: TimedDispatches
