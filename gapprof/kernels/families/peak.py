"""Products and sums in registers and next to nothing else: the most that a target computes.

The inner loop of a matrix product without its second operand's loads: no product is that of another sum or
turn, so that no compiler can save one. Few sums wait for each other and many spill: they are tuned.
"""

from typing import Literal

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, Family, Tile, fits
from gapprof.kernels.ir import (
    Bits,
    ByteDot,
    Constant,
    Dot,
    Expression,
    Kernel,
    Load,
    LoadSplat,
    Local,
    Vector,
    vector_of,
)
from gapprof.kernels.machine import Machine

_TILES = ((4, 2), (3, 3), (5, 2), (6, 2))
_PRODUCTS = 27720
"""Of a call, in vectors: a multiple of those of every tile."""


class Peak(Struct, frozen=True, kw_only=True, tag="peak"):
    """Parameters: left, right, result. `f32` multiplies and adds; `i16` multiplies pairs and adds them up.

    `i7` does so with fours of bytes, where there is an instruction for it, else with pairs for as long.
    """

    element: Literal["f32", "i16", "i7"]

    def operations(self, lanes: int) -> int:
        """Of a call with so many lanes of 32 bits; a multiply-add is two."""
        return {"f32": 2, "i16": 4, "i7": 8}[self.element] * lanes * _PRODUCTS


def peak(shape: Peak, tile: Tile, machine: Machine, *, name: str = "peak") -> Kernel:
    """The loop; ValueError where a vector would have no pair."""
    if shape.element != "f32" and machine.lanes == 1:
        raise ValueError("pairs are multiplied in vectors only")
    b = Builder(name, parameters=3, fused=machine.fused)
    left, right, result = b.parameters
    fours = shape.element == "i7" and machine.fused
    twice = 2 if shape.element == "i7" and not fours else 1
    kind = machine.f32 if shape.element == "f32" else Vector("i16", 2 * machine.lanes)
    sums = machine.f32 if shape.element == "f32" else Vector("i32", machine.lanes)
    columns = [b.vector(kind, Load(right, number * kind.size_bytes, kind)) for number in range(tile.vectors)]
    totals = [[b.vector(sums, Constant(0, sums)) for _ in columns] for _ in range(tile.rows)]
    each = b.vector(kind)
    with b.over(left, twice * _PRODUCTS // (tile.rows * tile.vectors), tile.rows * F32):
        for row, of_row in enumerate(totals):
            b.set(each, LoadSplat(left, row * F32, kind))
            for column, total in zip(columns, of_row, strict=True):
                b.set(total, _fours(each, column, total) if fours else _step(b, each, column, total))
    for number, total in enumerate(total for of_row in totals for total in of_row):
        b.store(result, total, number * sums.size_bytes)
    return b.kernel()


def _step(b: Builder, each: Local, column: Local, total: Local) -> Expression:
    floats = vector_of(each).element == "f32"
    return b.mul_add(each, column, total) if floats else total + Dot(each, column)


def _fours(each: Local, column: Local, total: Local) -> Expression:
    of_bytes = Vector("i8", 4 * vector_of(total).lanes)
    return ByteDot(Bits(each, of_bytes), Bits(column, of_bytes), total)


def _tiles(_: Peak, machine: Machine) -> tuple[Tile, ...]:
    return tuple(Tile(rows, vectors, 1, 1) for rows, vectors in _TILES if fits(rows, vectors, machine))


_MOST_VECTORS, _MOST_SUMS, _MOST_LANES = 3, 12, 16
FAMILY = Family(
    kind=Peak,
    tiles=_tiles,
    kernel=peak,
    buffers=lambda shape: (
        (_PRODUCTS if shape.element == "i7" else _PRODUCTS // 2) * F32,
        _MOST_VECTORS * _MOST_LANES * F32,
        _MOST_SUMS * _MOST_LANES * F32,
    ),
    words=lambda shape: f"{shape.element} products and sums in registers",
    alone=True,
)
