"""Bytes times bytes, added as i32: numbers of direct convolutions, whose sums become whatever is wanted.

Pairs widen both operands to i16. Fours take one of 7 bits, shifted up by 64, and keep both as they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gapprof.kernels import requantised
from gapprof.kernels.direct import Ends, PerFilter, Window, direct_tiles
from gapprof.kernels.family import Tile
from gapprof.kernels.ir import (
    Bits,
    ByteDot,
    Dot,
    Expression,
    Load,
    LoadSplat,
    LoadWidened,
    Local,
    Shuffle,
    Vector,
)
from gapprof.kernels.machine import Machine

SHIFT_BITS = 6
"""The narrow operand of fours is shifted up by 2 to the power of it."""
FOURS = 4
"""As the depth of a schedule: products at once."""
EndsOf = Callable[[PerFilter], Ends]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of i8 and pairs of i16."""

    ends_of: EndsOf
    result_bytes: int = 1
    per_filter: int = 2
    image_bytes: int = 2
    filter_bytes: int = 4
    planes_at_once: int = 1
    shift_bits: None = None

    def columns(self, count: int, lanes: int) -> Sequence[tuple[int, int]]:
        """None narrower than four."""
        return requantised.columns(count, lanes)

    def sums(self, lanes: int) -> Vector:
        """Of i32."""
        return Vector("i32", lanes)

    def load(self, pointer: Local, offset: int, lanes: int, stride: int) -> Expression:
        """Widened."""
        return Bits(_strided(pointer, offset, lanes, stride), Vector("i16", 2 * lanes))

    def splat(self, pointer: Local, offset: int, lanes: int) -> Expression:
        """A pair."""
        return LoadSplat(pointer, offset, Vector("i16", 2 * lanes))

    def add(self, splat: Local, loaded: Local, total: Local) -> Expression:
        """Two products."""
        return total + Dot(splat, loaded)

    def ends(self, own: PerFilter) -> Ends:
        """As told."""
        return self.ends_of(own)


@dataclass(frozen=True, slots=True)
class Fours:
    """Fours of bytes on both sides, out of pairs of two planes."""

    ends_of: EndsOf
    plane_bytes: int
    filters_are_narrow: bool
    """Else the image is."""
    result_bytes: int = 1
    per_filter: int = 2
    image_bytes: int = 2
    filter_bytes: int = 4
    planes_at_once: int = 2

    @property
    def shift_bits(self) -> int | None:
        """What an image that was shifted adds stands in the bias."""
        return SHIFT_BITS if self.filters_are_narrow else None

    def columns(self, count: int, lanes: int) -> Sequence[tuple[int, int]]:
        """None narrower than four."""
        return requantised.columns(count, lanes)

    def sums(self, lanes: int) -> Vector:
        """Of i32."""
        return Vector("i32", lanes)

    def load(self, pointer: Local, offset: int, lanes: int, stride: int) -> Expression:
        """Pairs of two planes in turn: twice as many columns are loaded as are used."""
        pairs = Vector("i16", 2 * lanes)
        low, high = (Load(pointer, offset + plane, pairs) for plane in (0, self.plane_bytes))
        order = tuple(at // 2 * stride + at % 2 * pairs.lanes for at in range(pairs.lanes))
        return Bits(Shuffle(low, high, order), Vector("i8", 4 * lanes))

    def splat(self, pointer: Local, offset: int, lanes: int) -> Expression:
        """Four bytes."""
        return Bits(LoadSplat(pointer, offset, Vector("i32", lanes)), Vector("i8", 4 * lanes))

    def add(self, splat: Local, loaded: Local, total: Local) -> Expression:
        """Four products; the narrow operand comes second."""
        if self.filters_are_narrow:
            return ByteDot(loaded, splat, total)
        return ByteDot(splat, loaded, total)

    def ends(self, own: PerFilter) -> Ends:
        """As told."""
        return self.ends_of(own)


_MOST_TILES = 5
"""Of either kind."""
_TILES_OF_FOURS = ((4, 2), (3, 2), (8, 1), (6, 1), (10, 1), (2, 3))


def tiles_of_fours(window: Window, machine: Machine) -> tuple[Tile, ...]:
    """Schedules of pairs and of fours, the ones with most sums first."""
    most_vectors = -(-window.out[1] // machine.lanes)
    fours = dict.fromkeys(
        Tile(min(rows, window.filters), min(vectors, most_vectors), 1, FOURS)
        for rows, vectors in _TILES_OF_FOURS
    )
    return (*direct_tiles(window, machine)[:_MOST_TILES], *list(fours)[:_MOST_TILES])


def _strided(pointer: Local, offset: int, lanes: int, stride: int) -> Expression:
    """Every `stride`-th pair, each as two i16 in a lane of 32 bits. ValueError as for f32."""
    kind = Vector("i32", lanes)
    if stride == 1:
        return Bits(LoadWidened(pointer, offset, 2 * lanes), kind)
    if stride % 2:
        raise ValueError(f"no loads of every {stride}th element")
    half = stride // 2
    low = _strided(pointer, offset, lanes, half)
    high = _strided(pointer, offset + 2 * lanes * half, lanes, half)
    return Shuffle(low, high, tuple(range(0, 2 * lanes, 2)))
