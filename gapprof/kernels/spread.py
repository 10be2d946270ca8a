"""Operands that are broadcast: runs along which each goes or stays, and steps between the runs."""

import math
from collections.abc import Callable, Sequence

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32
from gapprof.kernels.ir import Expression, Load, LoadSplat, Local, Vector


class Operand(Struct, frozen=True, kw_only=True):
    """How one operand lies. All numbers are elements."""

    count: int
    steps: tuple[int, ...]
    """Along the outer axes; 0 where it is broadcast."""
    along: bool
    """Whether it goes along the run, or is one element for all of it."""


Sized = tuple[Operand, int]
"""With the bytes of an element."""


def spread(pointer: Local, told: Operand, offset: int, kind: Vector) -> Expression:
    """f32 of a run: those that lie there, or the one in every lane."""
    return Load(pointer, offset, kind) if told.along else LoadSplat(pointer, 0, kind)


def each_run(
    b: Builder,
    sizes: Sequence[int],
    run: int,
    operands: Sequence[Sized],
    body: Callable[[list[Local], Local], None],
) -> None:
    """The body for every index of the outer axes, with pointers to where operands and result of f32 are."""
    _axis(b, tuple(sizes), run, operands, 0, list(b.parameters), body)


def _axis(
    b: Builder,
    sizes: tuple[int, ...],
    run: int,
    operands: Sequence[Sized],
    axis: int,
    pointers: list[Local],
    body: Callable[[list[Local], Local], None],
) -> None:
    *here, result = (b.index(pointer) for pointer in pointers)
    if axis == len(sizes):
        body(here, result)
        return
    with b.over(result, sizes[axis], math.prod(sizes[axis + 1 :]) * run * F32):
        _axis(b, sizes, run, operands, axis + 1, [*here, result], body)
        for pointer, (told, size) in zip(here, operands, strict=True):
            b.advance(pointer, told.steps[axis] * size)
