"""Halves of each head turned by an angle per position: rotary embeddings."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.ir import Kernel, Load, Vector
from gapprof.kernels.machine import Machine
from gapprof.kernels.rows import Moving, Row


class Rotated(Struct, frozen=True, kw_only=True, tag="rotated"):
    """[positions, heads, width], `step` elements from position to position.

    Parameters: source, cosines and sines [positions, width / 2], result [positions, heads, width].
    """

    positions: int
    heads: int
    width: int
    step: int

    def __post_init__(self) -> None:
        if self.width % 2:
            raise ValueError(f"a head of {self.width} has no halves")


def rotated(shape: Rotated, unroll: int, machine: Machine, *, name: str = "rotated") -> Kernel:
    """The loop nest."""
    b = Builder(name, parameters=4, fused=machine.fused)
    source, cosines, sines, result = b.parameters
    half = shape.width // 2 * F32
    row = Row(b, shape.width // 2, unroll, machine)

    def turned(moving: Moving, at: int, kind: Vector) -> None:
        first, second = (b.vector(kind, Load(moving[0], at + side, kind)) for side in (0, half))
        cosine, sine = (b.vector(kind, Load(one, at, kind)) for one in moving[2:])
        b.store(moving[1], first * cosine - second * sine, at)
        b.store(moving[1], first * sine + second * cosine, at + half)

    with b.over(source, shape.positions, shape.step * F32):
        head = b.index(source)
        with b.over(head, shape.heads, shape.width * F32):
            row.walked((head, result, cosines, sines), lambda moving, at, kind, _: turned(moving, at, kind))
            b.advance(result, shape.width * F32)
        for pointer in (cosines, sines):
            b.advance(pointer, half)
    return b.kernel()


def _buffers(shape: Rotated) -> tuple[int, ...]:
    """Source, cosines, sines, result."""
    table = shape.positions * shape.width // 2 * F32
    read = ((shape.positions - 1) * shape.step + shape.heads * shape.width) * F32
    return read, table, table, shape.positions * shape.heads * shape.width * F32


FAMILY = Family(
    kind=Rotated,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: rotated(shape, tile.unroll, machine),
    buffers=_buffers,
    words=lambda shape: f"{shape.positions} positions of {shape.heads} heads of {shape.width}",
)
