"""Which shapes an adapter takes, and a page has room for beside the others. Pure."""

from collections.abc import Sequence

from msgspec.structs import replace

from gapprof.gpu_kernels.family import Limits, tried
from gapprof.gpu_kernels.shapes import family_of, shape_of
from gapprof.records.gpu_kernels import GpuKernelNode
from gapprof.text import numbers

MOST_BYTES = 1 << 30
"""Of what all shaders of a model read and write, which a page and its GPU hold at once."""


def with_room(
    nodes: Sequence[GpuKernelNode], limits: Limits, *, most_bytes: int = MOST_BYTES
) -> tuple[GpuKernelNode, ...]:
    """The same nodes; those whose shapes find no room have none any more, and say why."""
    refused: dict[str, str] = {}
    taken = 0
    for part in dict.fromkeys(part for node in nodes for part in node.parts):
        shape = shape_of(part)
        family = family_of(shape)
        size = sum(family.buffers(shape))
        if not tried(family, shape, limits):
            refused[part] = "it is larger than this adapter's limits"
        elif taken + size > most_bytes:
            refused[part] = f"all that shaders read and write would take more than {numbers.size(most_bytes)}"
        else:
            taken += size
    return tuple(_without(node, refused) for node in nodes)


def _without(node: GpuKernelNode, refused: dict[str, str]) -> GpuKernelNode:
    why = next((refused[part] for part in node.parts if part in refused), "")
    return replace(node, parts=(), why=why) if why else node
