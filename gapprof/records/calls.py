"""What was recorded of the WebGPU calls that the library makes for a model. Raw."""

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
