"""A copy or a sum on the same buffers over and over: the most that a cache of their size lets through."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, Family, Tile, always
from gapprof.kernels.ir import Constant, Kernel, Load, Local, Vector
from gapprof.kernels.machine import Machine, turns

_SUMS = 8
_RESULT_BYTES = 1024


class Streamed(Struct, frozen=True, kw_only=True, tag="streamed"):
    """Parameters: source of `count` f32, result: as many again, or a few sums."""

    count: int
    written: bool

    @property
    def footprint_bytes(self) -> int:
        """Read and written."""
        return (2 if self.written else 1) * F32 * self.count


def streamed(shape: Streamed, unroll: int, machine: Machine, *, name: str = "streamed") -> Kernel:
    """The loop."""
    b = Builder(name, parameters=2, fused=machine.fused)
    source, result = b.parameters
    for lanes, times in turns(shape.count, unroll, machine.lanes):
        sums = [] if shape.written else _sums(b, lanes)
        with b.over(source, times, sum(lanes) * F32):
            at = 0
            for number, width in enumerate(lanes):
                loaded = Load(source, at, Vector("f32", width))
                if shape.written:
                    b.store(result, loaded, at)
                else:
                    b.set(sums[number % _SUMS], sums[number % _SUMS] + loaded)
                at += width * F32
            if shape.written:
                b.advance(result, at)
        for total, width in zip(sums, lanes, strict=False):
            b.store(result, total)
            b.advance(result, width * F32)
    return b.kernel()


def _sums(b: Builder, lanes: list[int]) -> list[Local]:
    kinds = [Vector("f32", width) for width in lanes[:_SUMS]]
    return [b.vector(kind, Constant(0.0, kind)) for kind in kinds]


FAMILY = Family(
    kind=Streamed,
    tiles=always(Tile(1, 1, 4, 1), Tile(1, 1, 8, 1)),
    kernel=lambda shape, tile, machine: streamed(shape, tile.unroll, machine),
    buffers=lambda shape: (shape.count * F32, shape.count * F32 if shape.written else _RESULT_BYTES),
    words=lambda shape: f"{shape.count} elements {'copied' if shape.written else 'read'}",
    alone=True,
)
