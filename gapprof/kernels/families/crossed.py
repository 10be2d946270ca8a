"""Element by element, two operands that are broadcast along different axes, or along one in between."""

import math

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.ir import Arithmetic, Binary, Kernel, Local, Vector
from gapprof.kernels.machine import Machine, turns
from gapprof.kernels.spread import Operand, each_run, spread


class Crossed(Struct, frozen=True, kw_only=True, tag="crossed"):
    """For every index of `sizes` a run. Parameters: left, right, result."""

    sizes: tuple[int, ...]
    run: int
    left: Operand
    right: Operand
    op: Arithmetic

    @property
    def count(self) -> int:
        """Of the result."""
        return math.prod(self.sizes) * self.run


def crossed(shape: Crossed, unroll: int, machine: Machine, *, name: str = "crossed") -> Kernel:
    """The loop nest; `unroll` vectors in one turn."""
    b = Builder(name, parameters=3, fused=machine.fused)
    told = (shape.left, shape.right)

    def run(operands: list[Local], result: Local) -> None:
        for lanes, times in turns(shape.run, unroll, machine.lanes):
            with b.over(result, times, sum(lanes) * F32):
                at = 0
                for width in lanes:
                    kind = Vector("f32", width)
                    left, right = (
                        spread(pointer, one, at, kind) for pointer, one in zip(operands, told, strict=True)
                    )
                    b.store(result, Binary(shape.op, left, right), at)
                    at += width * F32
                for pointer, one in zip(operands, told, strict=True):
                    b.advance(pointer, at if one.along else 0)

    each_run(b, shape.sizes, shape.run, [(one, F32) for one in told], run)
    return b.kernel()


FAMILY = Family(
    kind=Crossed,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: crossed(shape, tile.unroll, machine),
    buffers=lambda shape: (shape.left.count * F32, shape.right.count * F32, shape.count * F32),
    words=lambda shape: f"{shape.count} elements",
)
