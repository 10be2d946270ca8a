"""Ways to go along one row of a matrix, several vectors in a turn."""

from collections.abc import Callable
from typing import Literal

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32
from gapprof.kernels.ir import Binary, Constant, Expression, Local, Vector
from gapprof.kernels.machine import SCALAR, Machine, turns

Moving = tuple[Local, ...]
"""Pointers at the same place of several rows."""
Step = Callable[[Moving, int, Vector, Local], Expression]
"""From pointers, offset, type and the running value to its next."""


class Row:
    """A row of so many columns, `unroll` vectors in a turn."""

    def __init__(self, b: Builder, columns: int, unroll: int, machine: Machine) -> None:
        self._b = b
        self._turns = turns(columns, unroll, machine.lanes)

    @property
    def kinds(self) -> frozenset[Vector]:
        """Of the vectors that make up the row."""
        return frozenset(Vector("f32", width) for lanes, _ in self._turns for width in lanes)

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
