"""f32 made whole numbers of 8 bits by their own range, and widened as products of pairs want them."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.ir import (
    Binary,
    Bits,
    Constant,
    Expression,
    Kernel,
    Load,
    Local,
    Shuffle,
    Splat,
    Unary,
    Vector,
)
from gapprof.kernels.machine import SCALAR, Machine
from gapprof.kernels.requantised import kept_in_a_byte
from gapprof.kernels.rows import Moving, Row

_HIGHEST = 255.0
_FEWEST = 4
_I16 = 2
"""Bytes of an element."""


class Widened(Struct, frozen=True, kw_only=True, tag="widened"):
    """`count` elements, a multiple of eight. Parameters: source, result (i16).

    As DynamicQuantizeLinear: from the lowest to the highest element, and 0 between them, are 0 to 255.
    """

    count: int


def widened(shape: Widened, unroll: int, machine: Machine, *, name: str = "widened") -> Kernel:
    """The loop nest. ValueError for counts that fill no vector."""
    if shape.count % 8:
        raise ValueError(f"{shape.count} elements fill no vectors")
    b = Builder(name, parameters=2, fused=machine.fused)
    source, result = b.parameters
    scalar, lanes = SCALAR.f32, max(machine.lanes, _FEWEST)
    while shape.count % (2 * lanes):
        lanes //= 2
    row = Row(b, shape.count, unroll, machine)
    high = row.reduced((source,), "pmax", 0.0, _largest)
    low = row.reduced((source,), "pmax", 0.0, _smallest)
    factor = b.vector(scalar, Constant(_HIGHEST, scalar) / (high + low))
    zero = b.vector(scalar, Unary("nearest", low * factor))
    kind, halves = Vector("f32", lanes), Vector("i16", 2 * lanes)
    with b.over(source, shape.count // (2 * lanes), 2 * lanes * F32):
        scaled = (
            b.mul_add(Load(source, side * kind.size_bytes, kind), Splat(factor, lanes), Splat(zero, lanes))
            for side in (0, 1)
        )
        low_halves = [
            b.vector(halves, Bits(kept_in_a_byte(b.vector(kind, one), unsigned=True), halves))
            for one in scaled
        ]
        b.store(result, Shuffle(low_halves[0], low_halves[1], tuple(range(0, 4 * lanes, 2))))
        b.advance(result, halves.size_bytes)
    return b.kernel()


def _largest(moving: Moving, at: int, kind: Vector, largest: Local) -> Expression:
    return Binary("pmax", largest, Load(moving[0], at, kind))


def _smallest(moving: Moving, at: int, kind: Vector, smallest: Local) -> Expression:
    """With the other sign."""
    return Binary("pmax", smallest, Unary("neg", Load(moving[0], at, kind)))


FAMILY = Family(
    kind=Widened,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: widened(shape, tile.unroll, machine),
    buffers=lambda shape: (shape.count * F32, shape.count * _I16),
    words=lambda shape: f"{shape.count} elements to bytes",
    prepares=True,
)
