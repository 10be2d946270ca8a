"""Which provider ran which node."""

from msgspec import Struct

from gapprof.records.gpu import PlacedNode, SeenTensors
from gapprof.records.wire.open import OpenTask


class GpuPlaceTask(Struct, frozen=True, kw_only=True, tag="gpuplace", tag_field="kind"):
    """Ask onnxruntime-web's profiler which provider ran which node of a model on the GPU."""

    open: OpenTask


class GpuPlaced(Struct, frozen=True, kw_only=True, tag="gpuplaced", tag_field="kind"):
    """Nodes of the graph that ran; copies between processors are nodes, too."""

    nodes: tuple[PlacedNode, ...]
    tensors: tuple[SeenTensors, ...]
    """Of those nodes that the profiler tells them of."""
