"""What a family of loop nests offers: schedules worth trying, the nest of one, and its buffers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from gapprof.kernels.ir import Kernel
from gapprof.kernels.machine import Machine

F32 = 4
"""Bytes of an element."""


class Tile(Struct, frozen=True):
    """What is tuned. A family reads what it has a use for."""

    rows: int
    """Of the result at once in registers ..."""
    vectors: int
    """... so many vectors wide."""
    unroll: int
    """Steps in one turn of the innermost loop."""
    depth: int
    """Of a block of the second operand; more than there is: no blocks."""


PLAIN = Tile(1, 1, 1, 1)
"""Where nothing is tuned."""
UNROLLED = tuple(Tile(1, 1, unroll, 1) for unroll in (1, 2, 4))
_REGISTERS = 15
"""That V8 hands out of the 16 of x86-64 (notes on kernels): a tile that wants more spills in its loop."""


def fits(rows: int, vectors: int, machine: Machine) -> bool:
    """Whether sums, one row of the other operand and a splat stay in registers; a product takes one more."""
    return rows * vectors + vectors + 1 + (not machine.fused) <= _REGISTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What one file of `families/` exports. Every shape that its functions get is of `kind`."""

    kind: type[Struct]
    """What says all about one problem; its tag is the family's id."""
    tiles: Callable[[Any, Machine], tuple[Tile, ...]]
    """About ten at the most, without those that spill registers for certain."""
    kernel: Callable[[Any, Tile, Machine], Kernel]
    """The loop nest; it takes as many addresses as `buffers` has sizes."""
    buffers: Callable[[Any], tuple[int, ...]]
    """Bytes of each parameter's buffer; the last one is written, the others are read."""
    weights: Callable[[Any], tuple[int, ...]] = lambda _shape: ()
    """Which of them hold weights, which every run reads once; the others were written just before."""
    words: Callable[[Any], str]
    """What is computed, in a few words, as people who write kernels say it."""
    alone: bool = False
    """Whether it is called on the same buffers over and over: it shows what caches and registers can do."""
    prepares: bool = False
    """Whether it only makes ready what another nest reads, and goes without saying beside that."""

    @property
    def id(self) -> str:
        """As the tag of its shapes."""
        return str(self.kind.__struct_config__.tag)


def always(*tiles: Tile) -> Callable[[Any, Machine], tuple[Tile, ...]]:
    """The same schedules, whatever the shape and the machine."""
    return lambda _shape, _machine: tiles
