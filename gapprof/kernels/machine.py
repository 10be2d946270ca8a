"""What a loop nest is written for: how many f32 lanes a vector has, and whether a multiply-add is fused."""

from collections.abc import Iterator
from dataclasses import dataclass

from gapprof.kernels.ir import Vector

_NARROWEST = 4
"""Vectors of two lanes exist nowhere; below four lanes come scalars."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The part of an instruction set that shapes a kernel."""

    lanes: int
    fused: bool

    @property
    def f32(self) -> Vector:
        """The widest vector."""
        return Vector("f32", self.lanes)


SCALAR = Machine(1, fused=False)
WASM_SCALAR = SCALAR
WASM = Machine(4, fused=False)
WASM_RELAXED = Machine(4, fused=True)


def pieces(count: int, lanes: int) -> Iterator[tuple[int, int]]:
    """`count` elements as (lanes, vectors of so many lanes), the widest first; no element twice."""
    while count:
        times, count = divmod(count, lanes)
        if times:
            yield lanes, times
        lanes = lanes // 2 if lanes > _NARROWEST else 1


def turns(count: int, unroll: int, lanes: int) -> list[tuple[list[int], int]]:
    """`count` elements as (lanes of the vectors of one turn of a loop, turns), no element twice."""
    full, rest = divmod(count, lanes * unroll)
    whole = [([lanes] * unroll, full)] if full else []
    return whole + [([narrow], times) for narrow, times in pieces(rest, lanes)]


def covering(count: int, lanes: int) -> Iterator[tuple[int, int]]:
    """(lanes, first element) of vectors that cover `count` elements, the last one overlapping if it can.

    For what may be computed twice: the same comes out.
    """
    if count >= lanes:
        yield from ((lanes, at) for at in range(0, count - lanes + 1, lanes))
        if count % lanes:
            yield lanes, count - lanes
        return
    if lanes > _NARROWEST:
        yield from covering(count, lanes // 2)
        return
    at = 0
    for narrow, times in pieces(count, lanes):
        for _ in range(times):
            yield narrow, at
            at += narrow
