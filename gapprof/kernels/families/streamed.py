"""A copy on the same buffers over and over: the most that a cache of their size lets through."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, Family, Tile, always
from gapprof.kernels.ir import Kernel, Load, Vector
from gapprof.kernels.machine import Machine, turns


class Streamed(Struct, frozen=True, kw_only=True, tag="streamed"):
    """Parameters: source, result, of `count` f32 each."""

    count: int

    @property
    def footprint_bytes(self) -> int:
        """Read and written."""
        return 2 * F32 * self.count


def streamed(shape: Streamed, unroll: int, machine: Machine, *, name: str = "streamed") -> Kernel:
    """The loop."""
    b = Builder(name, parameters=2, fused=machine.fused)
    source, result = b.parameters
    for lanes, times in turns(shape.count, unroll, machine.lanes):
        with b.over(source, times, sum(lanes) * F32):
            at = 0
            for width in lanes:
                b.store(result, Load(source, at, Vector("f32", width)), at)
                at += width * F32
            b.advance(result, at)
    return b.kernel()


FAMILY = Family(
    kind=Streamed,
    tiles=always(Tile(1, 1, 2, 1), Tile(1, 1, 8, 1)),
    kernel=lambda shape, tile, machine: streamed(shape, tile.unroll, machine),
    buffers=lambda shape: (shape.count * F32, shape.count * F32),
    words=lambda shape: f"{shape.count} elements copied",
    alone=True,
)
