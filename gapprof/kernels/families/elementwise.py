"""Element by element: one tensor through a function, or two of them, with the usual ways to broadcast."""

from dataclasses import dataclass
from typing import Literal

from gapprof.kernels.builder import Builder
from gapprof.kernels.families.gemm import F32
from gapprof.kernels.functions import Activation, activation
from gapprof.kernels.ir import Arithmetic, Binary, Expression, Kernel, Load, LoadSplat, Local, Vector
from gapprof.kernels.machine import Machine, turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """`count` elements through a function. Parameters: source, result."""

    count: int
    function: Activation


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """[rows, columns] with a second operand. Parameters: left, right, result.

    `right` says what it is: `all` of the same shape, a `row` for all rows, a `column` with one element per
    row, or `one`.
    """

    rows: int
    columns: int
    op: Arithmetic
    right: Literal["all", "row", "column", "one"]


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
                    b.store(to, Binary(shape.op, Load(from_left, at, kind), other), at)
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
