"""f32 to bytes and back, by one scale and one zero point."""

from typing import Literal

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.ir import Kernel, Load, LoadSplat, LoadWidened, Local, ToFloat, Vector, vector_of
from gapprof.kernels.machine import Machine
from gapprof.kernels.requantised import half_of, kept_in_a_byte, store_low_bytes

_FEWEST = 8
_TOLD_BYTES = 2 * F32


class Converted(Struct, frozen=True, kw_only=True, tag="converted"):
    """`count` elements, a multiple of eight. Parameters: source, two f32, result.

    The two are a factor and what is added to the product: 1 / scale and the zero point to bytes, the scale
    and minus the zero point times it back to f32.
    """

    count: int
    to: Literal["bytes", "floats"]
    unsigned: bool = False


def converted(shape: Converted, unroll: int, machine: Machine, *, name: str = "converted") -> Kernel:
    """The loop nest. ValueError for counts that fill no vector."""
    if shape.count % _FEWEST:
        raise ValueError(f"{shape.count} bytes fill no vectors")
    b = Builder(name, parameters=3, fused=machine.fused)
    source, told, result = b.parameters
    lanes = max(2 * machine.lanes, _FEWEST)
    while shape.count % lanes:
        lanes //= 2
    while shape.count % (unroll * lanes):
        unroll //= 2
    kind = Vector("f32", lanes // 2)
    factor, addend = (b.vector(kind, LoadSplat(told, number * F32, kind)) for number in range(2))
    sizes = (F32, 1) if shape.to == "bytes" else (1, F32)
    with b.over(source, shape.count // (unroll * lanes), unroll * lanes * sizes[0]):
        for turn in range(unroll):
            at = turn * lanes
            if shape.to == "bytes":
                _to_bytes(b, shape, at, factor, addend)
            else:
                _to_floats(b, shape, at, factor, addend)
        b.advance(result, unroll * lanes * sizes[1])
    return b.kernel()


def _to_bytes(b: Builder, shape: Converted, at: int, factor: Local, addend: Local) -> None:
    source, _, result = b.parameters
    kind = vector_of(factor)
    for half in (0, 1):
        first = at + half * kind.lanes
        value = b.vector(kind, b.mul_add(Load(source, first * F32, kind), factor, addend))
        store_low_bytes(b, kept_in_a_byte(value, unsigned=shape.unsigned), result, first)


def _to_floats(b: Builder, shape: Converted, at: int, factor: Local, addend: Local) -> None:
    source, _, result = b.parameters
    lanes = 2 * vector_of(factor).lanes
    loaded = LoadWidened(source, at, lanes, signed=not shape.unsigned)
    widened = b.vector(Vector("i16", lanes), loaded)
    for half in (0, 1):
        value = b.mul_add(ToFloat(half_of(widened, half, lanes)), factor, addend)
        b.store(result, value, (at + half * lanes // 2) * F32)


def _buffers(shape: Converted) -> tuple[int, ...]:
    """Source, factor and addend, result."""
    source, result = (F32, 1) if shape.to == "bytes" else (1, F32)
    return shape.count * source, _TOLD_BYTES, shape.count * result


FAMILY = Family(
    kind=Converted,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: converted(shape, tile.unroll, machine),
    buffers=_buffers,
    words=lambda shape: f"{shape.count} elements to {shape.to}",
)
