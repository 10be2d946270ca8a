"""Row by row: softmax and layer normalisation over the last axis, in three passes over each row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gapprof.kernels.builder import Builder
from gapprof.kernels.families.gemm import F32
from gapprof.kernels.functions import exponential
from gapprof.kernels.ir import Binary, Constant, Expression, Kernel, Load, Local, Splat, Unary, Vector
from gapprof.kernels.machine import SCALAR, Machine, turns

_LOWEST = -3.4e38

Moving = tuple[Local, ...]
"""Pointers at the same place of several rows."""
Step = Callable[[Moving, int, Vector, Local], Expression]
"""From pointers, offset, type and the running value to its next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """`rows` rows of `columns` elements.

    Parameters of softmax: source, result. Of layer normalisation: source, scale, bias, result.
    """

    rows: int
    columns: int
    epsilon: float = 1e-5
    """Of layer normalisation."""


def softmax(shape: Rows, unroll: int, machine: Machine, *, name: str = "softmax") -> Kernel:
    """e^(x - max) over its sum."""
    b = Builder(name, parameters=2, fused=machine.fused)
    source, result = b.parameters
    row = _Row(b, shape.columns, unroll, machine)

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


def layer_norm(shape: Rows, unroll: int, machine: Machine, *, name: str = "layer_norm") -> Kernel:
    """(x - mean) / sqrt(variance + epsilon) · scale + bias."""
    b = Builder(name, parameters=4, fused=machine.fused)
    source, scale, bias, result = b.parameters
    row = _Row(b, shape.columns, unroll, machine)
    scalar = SCALAR.f32

    def summed(moving: Moving, at: int, kind: Vector, total: Local) -> Expression:
        return total + Load(moving[0], at, kind)

    def summed_squares(moving: Moving, at: int, kind: Vector, total: Local) -> Expression:
        off = b.vector(kind, Load(moving[0], at, kind) - Splat(mean, kind.lanes))
        return b.mul_add(off, off, total)

    def normalised(moving: Moving, at: int, kind: Vector) -> None:
        off = Load(moving[0], at, kind) - Splat(mean, kind.lanes)
        scaled = b.mul_add(
            off * Splat(inverse, kind.lanes), Load(moving[1], at, kind), Load(moving[2], at, kind)
        )
        b.store(moving[3], scaled, at)

    with b.over(source, shape.rows, shape.columns * F32):
        mean = b.vector(scalar, row.reduced((source,), "add", 0.0, summed) * (1 / shape.columns))
        variance = row.reduced((source,), "add", 0.0, summed_squares) * (1 / shape.columns)
        spread = Unary("sqrt", variance + shape.epsilon)
        inverse = b.vector(scalar, Constant(1.0, scalar) / spread)
        row.walked((source, scale, bias, result), lambda moving, at, kind, _: normalised(moving, at, kind))
        b.advance(result, shape.columns * F32)
    return b.kernel()


class _Row:
    """Ways to go along one row."""

    def __init__(self, b: Builder, columns: int, unroll: int, machine: Machine) -> None:
        self._b = b
        self._turns = turns(columns, unroll, machine.lanes)

    def walked(self, pointers: Moving, body: Callable[[Moving, int, Vector, int], None]) -> None:
        """The body for every vector of the row: pointers, offset, type, and its place in a turn."""
        b = self._b
        moving = tuple(b.index(pointer) for pointer in pointers)
        for lanes, times in self._turns:
            with b.over(moving[0], times, sum(lanes) * F32):
                at = 0
                for slot, width in enumerate(lanes):
                    body(moving, at, Vector("f32", width), slot)
                    at += width * F32
                for other in moving[1:]:
                    b.advance(other, at)

    def reduced(self, pointers: Moving, op: Literal["add", "pmax"], start: float, step: Step) -> Local:
        """One scalar out of the row: each place of a turn has a running value, folded at the end."""
        b = self._b
        running = {
            (Vector("f32", width), slot): b.vector(
                Vector("f32", width), Constant(start, Vector("f32", width))
            )
            for lanes, _ in self._turns
            for slot, width in enumerate(lanes)
        }

        def advanced(moving: Moving, at: int, kind: Vector, slot: int) -> None:
            value = running[kind, slot]
            b.set(value, step(moving, at, kind, value))

        # A type that comes twice starts once: a turn of vectors and the rest of the same width share a place.
        self.walked(pointers, advanced)
        by_kind: dict[Vector, Local] = {}
        for (kind, _), value in running.items():
            if kind in by_kind:
                b.set(by_kind[kind], Binary(op, by_kind[kind], value))
            else:
                by_kind[kind] = value
        result = b.vector(SCALAR.f32, Constant(start, SCALAR.f32))
        for value in by_kind.values():
            b.set(result, Binary(op, result, b.fold(op, value)))
        return result
