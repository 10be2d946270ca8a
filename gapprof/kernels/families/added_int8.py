"""Two tensors of bytes added, each with a scale of its own: what shortcuts of quantised networks take."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import UNROLLED, Family, always
from gapprof.kernels.ir import (
    Kernel,
    LoadSplat,
    LoadWidened,
    Local,
    ToFloat,
    Vector,
)
from gapprof.kernels.machine import Machine
from gapprof.kernels.requantised import half_of, kept_in_a_byte, store_low_bytes


class AddedInt8(Struct, frozen=True, kw_only=True, tag="added-int8"):
    """`count` elements, a multiple of eight. Parameters: left, right, two scales and an offset (f32), result.

    The offset holds all zero points: left · scale + right · scale + offset is the byte that comes out.
    """

    count: int
    unsigned: bool = False


def added_int8(shape: AddedInt8, unroll: int, machine: Machine, *, name: str = "added_int8") -> Kernel:
    """The loop nest. ValueError for counts that fill no vector."""
    if shape.count % 8:
        raise ValueError(f"{shape.count} bytes fill no vectors")
    b = Builder(name, parameters=4, fused=machine.fused)
    left, right, scales, result = b.parameters
    lanes = max(2 * machine.lanes, 8)
    while shape.count % lanes:
        lanes //= 2
    while shape.count % (unroll * lanes):
        unroll //= 2
    kind = Vector("f32", lanes // 2)
    told = [b.vector(kind, LoadSplat(scales, 4 * number, kind)) for number in range(3)]
    with b.over(left, shape.count // (unroll * lanes), unroll * lanes):
        for turn in range(unroll):
            _turn(b, shape, turn * lanes, lanes, told)
        b.advance(right, unroll * lanes)
        b.advance(result, unroll * lanes)
    return b.kernel()


def _turn(b: Builder, shape: AddedInt8, at: int, lanes: int, told: list[Local]) -> None:
    left, right, _, result = b.parameters
    widened = [
        b.vector(Vector("i16", lanes), LoadWidened(one, at, lanes, signed=not shape.unsigned))
        for one in (left, right)
    ]
    for half in (0, 1):
        first, second = (ToFloat(half_of(one, half, lanes)) for one in widened)
        total = b.mul_add(second, told[1], b.mul_add(first, told[0], told[2]))
        value = kept_in_a_byte(total, unsigned=shape.unsigned)
        store_low_bytes(b, value, result, at + half * lanes // 2)


FAMILY = Family(
    kind=AddedInt8,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: added_int8(shape, tile.unroll, machine),
    buffers=lambda shape: (shape.count, shape.count, 12, shape.count),
    words=lambda shape: f"int8 {shape.count} elements",
)
