"""Runs of elements copied from one regular place to another: joining, splitting, cutting, most permuting."""

import math

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, PLAIN, Family, Tile, always
from gapprof.kernels.ir import Kernel, Load, Local, Vector
from gapprof.kernels.machine import Machine, turns


class Moved(Struct, frozen=True, kw_only=True, tag="moved"):
    """For every index of `sizes` a run of f32. Parameters: source, result. All numbers are elements.

    Without sizes it is one run. A step of the source may be 0: what is broadcast is read again.
    """

    sizes: tuple[int, ...]
    run: int
    source_steps: tuple[int, ...]
    result_steps: tuple[int, ...]
    source_count: int
    """Of the whole tensor."""
    result_count: int
    result_first: int = 0
    """Where the first run goes."""


def moved(shape: Moved, unroll: int, machine: Machine, *, name: str = "moved") -> Kernel:
    """The loop nest."""
    b = Builder(name, parameters=2, fused=machine.fused)
    source, result = b.parameters
    b.advance(result, shape.result_first * F32)
    _axis(b, shape, 0, unroll, machine, source, result)
    return b.kernel()


def _axis(
    b: Builder, shape: Moved, axis: int, unroll: int, machine: Machine, source: Local, result: Local
) -> None:
    if axis == len(shape.sizes):
        _run(b, shape.run, unroll, machine, source, result)
        return
    here, there = b.index(source), b.index(result)
    with b.over(there, shape.sizes[axis], shape.result_steps[axis] * F32):
        _axis(b, shape, axis + 1, unroll, machine, here, there)
        b.advance(here, shape.source_steps[axis] * F32)


def _run(b: Builder, run: int, unroll: int, machine: Machine, source: Local, result: Local) -> None:
    here, there = b.index(source), b.index(result)
    for lanes, times in turns(run, unroll, machine.lanes):
        with b.over(here, times, sum(lanes) * F32):
            at = 0
            for width in lanes:
                b.store(there, Load(here, at, Vector("f32", width)), at)
                at += width * F32
            b.advance(there, at)


FAMILY = Family(
    kind=Moved,
    tiles=always(PLAIN, Tile(1, 1, 4, 1)),
    kernel=lambda shape, tile, machine: moved(shape, tile.unroll, machine),
    buffers=lambda shape: (shape.source_count * F32, shape.result_count * F32),
    words=lambda shape: f"{math.prod(shape.sizes)} runs of {shape.run}",
    prepares=True,
)
