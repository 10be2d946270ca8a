"""Element by element, through a function of one."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.functions import Activation, activation
from gapprof.kernels.ir import Kernel, Load, Vector
from gapprof.kernels.machine import Machine, turns


class Mapped(Struct, frozen=True, kw_only=True, tag="mapped"):
    """`count` elements through a function. Parameters: source, result."""

    count: int
    function: Activation


def mapped(shape: Mapped, unroll: int, machine: Machine, *, name: str = "mapped") -> Kernel:
    """The loop nest; `unroll` vectors in one turn."""
    b = Builder(name, parameters=2, fused=machine.fused)
    source, result = b.parameters
    for lanes, times in turns(shape.count, unroll, machine.lanes):
        with b.over(source, times, sum(lanes) * F32):
            at = 0
            for width in lanes:
                value = Load(source, at, Vector("f32", width))
                b.store(result, activation(b, shape.function, value), at)
                at += width * F32
            b.advance(result, at)
    return b.kernel()


def _buffers(shape: Mapped) -> tuple[int, ...]:
    """Source, result."""
    return (shape.count * F32,) * 2


FAMILY = Family(
    kind=Mapped,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: mapped(shape, tile.unroll, machine),
    buffers=_buffers,
    words=lambda shape: f"{shape.count} elements",
)
