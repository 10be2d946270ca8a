"""The mean of each row: global average pooling, with the pixels of a channel as its row."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.ir import Expression, Kernel, Load, Local, Vector
from gapprof.kernels.machine import Machine
from gapprof.kernels.rows import Moving, Row


class Mean(Struct, frozen=True, kw_only=True, tag="mean"):
    """Of `rows` rows of `columns` elements. Parameters: source, result."""

    rows: int
    columns: int


def mean(shape: Mean, unroll: int, machine: Machine) -> Kernel:
    """The loop nest."""
    b = Builder("mean", parameters=2, fused=machine.fused)
    source, result = b.parameters
    row = Row(b, shape.columns, unroll, machine)

    def summed(moving: Moving, at: int, kind: Vector, total: Local) -> Expression:
        return total + Load(moving[0], at, kind)

    with b.over(source, shape.rows, shape.columns * F32):
        b.store(result, row.reduced((source,), "add", 0.0, summed) * (1 / shape.columns))
        b.advance(result, F32)
    return b.kernel()


def _buffers(shape: Mean) -> tuple[int, ...]:
    """Source, result."""
    return shape.rows * shape.columns * F32, shape.rows * F32


FAMILY = Family(
    kind=Mean,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: mean(shape, tile.unroll, machine),
    buffers=_buffers,
    words=lambda shape: f"{shape.rows} rows of {shape.columns}",
)
