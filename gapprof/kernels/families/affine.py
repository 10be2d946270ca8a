"""Each channel times a number of its own, plus another: batch normalisation where nothing has taken it in."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.ir import Kernel, Load, LoadSplat, Vector
from gapprof.kernels.machine import Machine
from gapprof.kernels.rows import Moving, Row


class Affine(Struct, frozen=True, kw_only=True, tag="affine"):
    """[batch, channels, pixels]. Parameters: source, scale [channels], shift [channels], result."""

    batch: int
    channels: int
    pixels: int


def affine(shape: Affine, unroll: int, machine: Machine, *, name: str = "affine") -> Kernel:
    """The loop nest. Channels of one pixel lie side by side, and their numbers with them."""
    b = Builder(name, parameters=4, fused=machine.fused)
    source, scale, shift, result = b.parameters

    def each(moving: Moving, at: int, kind: Vector) -> None:
        x, factor, addend = (Load(one, at, kind) for one in moving[:3])
        b.store(moving[3], b.mul_add(x, factor, addend), at)

    if shape.pixels == 1:
        row = Row(b, shape.channels, unroll, machine)
        with b.over(source, shape.batch, shape.channels * F32):
            row.walked((source, scale, shift, result), lambda moving, at, kind, _: each(moving, at, kind))
            b.advance(result, shape.channels * F32)
        return b.kernel()

    row = Row(b, shape.pixels, unroll, machine)
    factors, addends = ({kind: b.vector(kind) for kind in row.kinds} for _ in range(2))

    def all_alike(moving: Moving, at: int, kind: Vector) -> None:
        b.store(moving[1], b.mul_add(Load(moving[0], at, kind), factors[kind], addends[kind]), at)

    with b.over(source, shape.batch, shape.channels * shape.pixels * F32):
        plane, factor, addend = b.index(source), b.index(scale), b.index(shift)
        with b.over(plane, shape.channels, shape.pixels * F32):
            for pointer, locals_ in ((factor, factors), (addend, addends)):
                for kind, local in locals_.items():
                    b.set(local, LoadSplat(pointer, 0, kind))
                b.advance(pointer, F32)
            row.walked((plane, result), lambda moving, at, kind, _: all_alike(moving, at, kind))
            b.advance(result, shape.pixels * F32)
    return b.kernel()


def _buffers(shape: Affine) -> tuple[int, ...]:
    """Source, scale, shift, result."""
    whole, channels = shape.batch * shape.channels * shape.pixels * F32, shape.channels * F32
    return whole, channels, channels, whole


FAMILY = Family(
    kind=Affine,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: affine(shape, tile.unroll, machine),
    buffers=_buffers,
    weights=lambda _shape: (1, 2),
    words=lambda shape: f"{shape.batch * shape.channels} planes of {shape.pixels}",
)
