"""What was recorded of the WebGPU calls that the library makes for a model, and who runs its nodes. Raw."""

from msgspec import Struct

from gapprof.records.gpu import GpuBuild, PlacedNode, TraceSummary


class RecordedCalls(Struct, frozen=True, kw_only=True, tag="calls", tag_field="entry"):
    """One visit of the page with a recorder in it; the calls themselves are no part of a recording."""

    took_s: float
    build: GpuBuild
    wasm_file: str
    """As it was served."""
    summary: TraceSummary
    placed: tuple[PlacedNode, ...] = ()
    """Empty: the runtime did not say."""


class NativePlacement(Struct, frozen=True, kw_only=True, tag="native-placement", tag_field="entry"):
    """Who ran which node in a native session for a GPU: one run under onnxruntime's profiler, in a process of
    its own."""

    rung: str
    took_s: float
    provider: str
    """That the session was made with; it may leave single nodes to others."""
    nodes: tuple[PlacedNode, ...]
    """In the order in which they ran; copies between processors are nodes, too."""
    why: str = ""
    """Of nodes that are not known."""
