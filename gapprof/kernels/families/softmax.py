"""Softmax over the last axis, in three passes over each row."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.functions import exponential
from gapprof.kernels.ir import Binary, Constant, Expression, Kernel, Load, Local, Splat, Vector
from gapprof.kernels.machine import SCALAR, Machine
from gapprof.kernels.rows import Moving, Row

_LOWEST = -3.4e38


class Softmax(Struct, frozen=True, kw_only=True, tag="softmax"):
    """Of `rows` rows of `columns` elements. Parameters: source, result."""

    rows: int
    columns: int


def softmax(shape: Softmax, unroll: int, machine: Machine, *, name: str = "softmax") -> Kernel:
    """e^(x - max) over its sum."""
    b = Builder(name, parameters=2, fused=machine.fused)
    source, result = b.parameters
    row = Row(b, shape.columns, unroll, machine)

    def greater(moving: Moving, at: int, kind: Vector, largest: Local) -> Expression:
        return Binary("pmax", largest, Load(moving[0], at, kind))

    def summed_powers(moving: Moving, at: int, kind: Vector, total: Local) -> Expression:
        difference = Load(moving[0], at, kind) - Splat(largest, kind.lanes)
        power = b.vector(kind, exponential(b, difference))
        b.store(moving[1], power, at)
        return total + power

    def shared(moving: Moving, at: int, kind: Vector) -> None:
        b.store(moving[0], Load(moving[0], at, kind) * Splat(share, kind.lanes), at)

    with b.over(source, shape.rows, shape.columns * F32):
        largest = row.reduced((source,), "pmax", _LOWEST, greater)
        total = row.reduced((source, result), "add", 0.0, summed_powers)
        share = b.vector(SCALAR.f32, Constant(1.0, SCALAR.f32) / total)
        row.walked((result,), lambda moving, at, kind, _: shared(moving, at, kind))
        b.advance(result, shape.columns * F32)
    return b.kernel()


def _buffers(shape: Softmax) -> tuple[int, ...]:
    """Source, result."""
    return (shape.rows * shape.columns * F32,) * 2


FAMILY = Family(
    kind=Softmax,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: softmax(shape, tile.unroll, machine),
    buffers=_buffers,
    words=lambda shape: f"{shape.rows} rows of {shape.columns}",
)
