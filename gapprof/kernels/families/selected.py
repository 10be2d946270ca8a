"""From one of two tensors, element by element, as a tensor of bytes says: masks, in the main."""

import math
from collections.abc import Iterator

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, PLAIN, Family, always
from gapprof.kernels.ir import (
    Binary,
    Bits,
    Constant,
    Expression,
    Kernel,
    Lane,
    LoadWidened,
    Local,
    Shuffle,
    Vector,
    vector_of,
)
from gapprof.kernels.machine import Machine
from gapprof.kernels.spread import Operand, Sized, each_run, spread

_FEWEST = 4
"""Lanes of f32: a vector of 128 bits holds twice as many flags, widened."""


class Selected(Struct, frozen=True, kw_only=True, tag="selected"):
    """For every index of `sizes` a run. Parameters: condition (bytes, 0 or 1), chosen, other, result."""

    sizes: tuple[int, ...]
    run: int
    condition: Operand
    chosen: Operand
    other: Operand

    @property
    def count(self) -> int:
        """Of the result."""
        return math.prod(self.sizes) * self.run


def selected(shape: Selected, machine: Machine, *, name: str = "selected") -> Kernel:
    """The loop nest."""
    b = Builder(name, parameters=4, fused=machine.fused)

    def run(operands: list[Local], result: Local) -> None:
        _run(b, shape, machine, operands, result)

    each_run(b, shape.sizes, shape.run, _operands(shape), run)
    return b.kernel()


def _run(b: Builder, shape: Selected, machine: Machine, operands: list[Local], result: Local) -> None:
    lanes = max(machine.lanes, _FEWEST)
    while lanes > _FEWEST and 2 * lanes > shape.run:
        lanes //= 2
    full, rest = divmod(shape.run, 2 * lanes)
    if not full:
        for number, value in enumerate(_values(b, shape, operands, 0, lanes)):
            kept = b.vector(vector_of(value), value)
            for lane in range(min(lanes, rest - number * lanes)):
                b.store(result, Lane(kept, lane), (number * lanes + lane) * F32)
        return
    moving, there = [b.index(one) for one in operands], b.index(result)
    with b.over(there, full, 2 * lanes * F32):
        for number, value in enumerate(_values(b, shape, moving, 0, lanes)):
            b.store(there, value, number * lanes * F32)
        for pointer, (told, size) in zip(moving, _operands(shape), strict=True):
            b.advance(pointer, 2 * lanes * size if told.along else 0)
    if rest:  # the last ones again, beside those that are left
        last = shape.run - 2 * lanes
        for number, value in enumerate(_values(b, shape, operands, last, lanes)):
            b.store(result, value, (last + number * lanes) * F32)


def _values(
    b: Builder, shape: Selected, pointers: list[Local], first: int, lanes: int
) -> Iterator[Expression]:
    """Two vectors from that element of the run on."""
    condition, chosen, other = pointers
    place = first if shape.condition.along else 0
    flags = b.vector(Vector("i16", 2 * lanes), LoadWidened(condition, place, 2 * lanes))
    whole = Vector("i32", lanes)
    for half in (0, 1):
        start = half * lanes
        order = [start + lane // 2 if shape.condition.along else 0 for lane in range(2 * lanes)]
        flag = Binary("and", Bits(Shuffle(flags, flags, tuple(order)), whole), Constant(1, whole))
        taken = Binary("sub", Constant(0, whole), flag)
        yes, no = (
            b.vector(whole, Bits(spread(pointer, told, (first + start) * F32, Vector("f32", lanes)), whole))
            for pointer, told in ((chosen, shape.chosen), (other, shape.other))
        )
        differing = Binary("and", Binary("xor", yes, no), taken)
        yield Bits(Binary("xor", no, differing), Vector("f32", lanes))


def _operands(shape: Selected) -> tuple[Sized, ...]:
    return (shape.condition, 1), (shape.chosen, F32), (shape.other, F32)


FAMILY = Family(
    kind=Selected,
    tiles=always(PLAIN),
    kernel=lambda shape, _tile, machine: selected(shape, machine),
    buffers=lambda shape: (*(told.count * size for told, size in _operands(shape)), shape.count * F32),
    words=lambda shape: f"{shape.count} elements",
)
