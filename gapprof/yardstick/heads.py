"""Heads of attention: how they lie in a tensor, and the loop nests that lay them side by side. Pure."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from msgspec import Struct

from gapprof.kernels.families.transposed import Transposed
from gapprof.yardstick.moves import moved, steps_of
from gapprof.yardstick.node import Shape

Slot = int | str
"""An input or (below 0: -1 is the first) an output of the node, or what a step before has made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Where an operand begins: in a slot, so many elements behind its start."""

    slot: Slot
    first: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One loop nest: what it reads, in the order of its parameters, and what it writes."""

    shape: Struct
    reads: tuple[Part, ...]
    writes: Slot
    timed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """A tensor [batch, rows, step] that holds heads of that width side by side, from `first` on."""

    part: Part
    batch: int
    rows: int
    heads: int
    width: int
    step: int

    @property
    def whole(self) -> Shape:
        """With heads before rows."""
        return self.batch, self.heads, self.rows, self.width

    @property
    def steps(self) -> tuple[int, int, int, int]:
        """Along these axes, as it lies."""
        return self.rows * self.step, self.width, self.step, 1

    @property
    def count(self) -> int:
        """From the first element to the last one."""
        return (self.batch * self.rows - 1) * self.step + self.heads * self.width

    @property
    def in_place(self) -> bool:
        """Whether heads before rows is how it lies anyway."""
        wanted = zip(self.whole, self.steps, steps_of(self.whole), strict=True)
        return all(here == there for size, here, there in wanted if size > 1)


def heads_first(heads: Heads, name: str) -> Generator[Step, None, Part]:
    """A generator that returns where they are."""
    if heads.in_place:
        return heads.part
    shape = moved(heads.whole, heads.steps, steps_of(heads.whole), heads.count)
    yield Step(shape=shape, reads=(heads.part,), writes=name)
    return Part(slot=name)


def turned_keys(key: Heads) -> Iterator[Step]:
    """[batch, heads, width, rows]: at once where no batch is in the way."""
    if key.batch == 1:
        shape = Transposed(
            batch=key.heads, rows=key.rows, columns=key.width, row_step=key.step, batch_step=key.width
        )
        yield Step(shape=shape, reads=(key.part,), writes="keys")
        return
    found = yield from heads_first(key, "key heads")
    shape = Transposed(batch=key.batch * key.heads, rows=key.rows, columns=key.width)
    yield Step(shape=shape, reads=(found,), writes="keys")
