"""Element by element, two operands, with the usual ways to broadcast."""

from typing import Literal

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, UNROLLED, Family, always
from gapprof.kernels.functions import Activation, activation
from gapprof.kernels.ir import Arithmetic, Binary, Expression, Kernel, Load, LoadSplat, Local, Vector
from gapprof.kernels.machine import Machine, turns


class Combined(Struct, frozen=True, kw_only=True, tag="combined"):
    """[rows, columns] with a second operand. Parameters: left, right, result.

    `right` says what it is: `all` of the same shape, a `row` for all rows, a `column` with one element per
    row, or `one`.
    """

    rows: int
    columns: int
    op: Arithmetic
    right: Literal["all", "row", "column", "one"]
    activation: Activation | None = None


def combined(shape: Combined, unroll: int, machine: Machine, *, name: str = "combined") -> Kernel:
    """The loop nest; `unroll` vectors in one turn."""
    b = Builder(name, parameters=3, fused=machine.fused)
    left, right, result = b.parameters
    rows, columns = (
        (1, shape.rows * shape.columns) if shape.right in ("all", "one") else (shape.rows, shape.columns)
    )
    with b.over(left, rows, columns * F32):
        from_left, to = b.index(left), b.index(result)
        from_right = b.index(right)
        for lanes, times in turns(columns, unroll, machine.lanes):
            with b.over(from_left, times, sum(lanes) * F32):
                at = 0
                for width in lanes:
                    kind = Vector("f32", width)
                    other = _other(shape, from_right, at, kind)
                    value: Expression = Binary(shape.op, Load(from_left, at, kind), other)
                    if shape.activation is not None:
                        value = activation(b, shape.activation, b.vector(kind, value))
                    b.store(to, value, at)
                    at += width * F32
                b.advance(to, at)
                if shape.right in ("all", "row"):
                    b.advance(from_right, at)
        b.advance(result, columns * F32)
        if shape.right == "column":
            b.advance(right, F32)
    return b.kernel()


def _other(shape: Combined, right: Local, at: int, kind: Vector) -> Expression:
    return Load(right, at, kind) if shape.right in ("all", "row") else LoadSplat(right, 0, kind)


def _buffers(shape: Combined) -> tuple[int, ...]:
    """Left, right, result."""
    whole = shape.rows * shape.columns * F32
    right = {"all": whole, "row": shape.columns * F32, "column": shape.rows * F32, "one": F32}
    return whole, right[shape.right], whole


FAMILY = Family(
    kind=Combined,
    tiles=always(*UNROLLED),
    kernel=lambda shape, tile, machine: combined(shape, tile.unroll, machine),
    buffers=_buffers,
    words=lambda shape: f"{shape.rows * shape.columns} elements",
)
