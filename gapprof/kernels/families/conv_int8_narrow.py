"""Convolutions of bytes where one operand keeps to 7 bits: one more schedule, with four products at once.

`i32x4.relaxed_dot_i8x16_i7x16_add_s` multiplies four bytes with a sign and four of 7 bits without one, and
adds the products to an i32. The narrow operand, in [-64, 63], is shifted up by 64 before; that adds 64 times
the sum of the other operand. Where the filters are narrow that is a sum over the image, which all filters
share and one more dot product yields; where the image is, it is one per filter and stands in the bias.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gapprof.kernels import requantised
from gapprof.kernels.builder import Builder
from gapprof.kernels.direct import Ends, PerFilter, direct, direct_tiles
from gapprof.kernels.families.conv_int8 import (
    ConvInt8,
    conv_int8,
    conv_int8_buffers,
    conv_int8_words,
)
from gapprof.kernels.family import Family, Tile
from gapprof.kernels.ir import (
    Bits,
    ByteDot,
    Expression,
    Kernel,
    Load,
    LoadSplat,
    Local,
    Shuffle,
    Vector,
)
from gapprof.kernels.machine import Machine

SHIFT_BITS = 6
"""The narrow operand is shifted up by 2 to the power of it."""
FOURS = 4
"""As the depth of a schedule: products at once."""
_WIDEST_STRIDE = 2


class ConvInt8Narrow(ConvInt8, frozen=True, kw_only=True, tag="conv-int8-narrow"):
    """As `conv-int8`, whose schedules it has too; a schedule of fours wants its operands as follows.

    The image as `paired` makes it, shifted where it is narrow; filters [filters, channels / 4, kernel…, 4]
    (i8), shifted where they are.
    """

    narrow: Literal["image", "filters"]

    @property
    def in_fours(self) -> bool:
        """Whether channels and strides allow it."""
        return self.channels % FOURS == 0 and self.stride[1] <= _WIDEST_STRIDE


def conv_int8_narrow(shape: ConvInt8Narrow, tile: Tile, machine: Machine) -> Kernel:
    """The loop nest of one shape. ValueError as for any bytes, and for fours that there are not."""
    if tile.depth != FOURS:
        return conv_int8(shape, tile, machine)
    if not (shape.in_fours and machine.fused):
        raise ValueError("no products of four bytes at once")
    b = Builder("conv_int8_narrow", parameters=5, fused=machine.fused)
    return direct(b, shape.window, _Fours(shape), tile, machine)


@dataclass(frozen=True, slots=True)
class _Fours:
    """Fours of bytes on both sides, and a byte."""

    shape: ConvInt8Narrow
    image_bytes: int = 2
    filter_bytes: int = 4
    planes_at_once: int = 2
    result_bytes: int = 1
    per_filter: int = 2

    @property
    def shift_bits(self) -> int | None:
        return SHIFT_BITS if self.shape.narrow == "filters" else None

    def columns(self, count: int, lanes: int) -> Sequence[tuple[int, int]]:
        return requantised.columns(count, lanes)

    def sums(self, lanes: int) -> Vector:
        return Vector("i32", lanes)

    def load(self, pointer: Local, offset: int, lanes: int, stride: int) -> Expression:
        """Pairs of two planes in turn: twice as many columns are loaded as are used."""
        pairs, plane_bytes = Vector("i16", 2 * lanes), self.shape.height * self.shape.width * 2
        low, high = (Load(pointer, offset + plane, pairs) for plane in (0, plane_bytes))
        order = tuple(at // 2 * stride + at % 2 * pairs.lanes for at in range(pairs.lanes))
        return Bits(Shuffle(low, high, order), Vector("i8", 4 * lanes))

    def splat(self, pointer: Local, offset: int, lanes: int) -> Expression:
        return Bits(LoadSplat(pointer, offset, Vector("i32", lanes)), Vector("i8", 4 * lanes))

    def add(self, splat: Local, loaded: Local, total: Local) -> Expression:
        if self.shape.narrow == "filters":
            return ByteDot(loaded, splat, total)
        return ByteDot(splat, loaded, total)

    def ends(self, own: PerFilter) -> Ends:
        return requantised.ByteEnds(self.shape.zero_point, self.shape.unsigned, own)


_MOST_TILES = 5
"""Of either kind."""
_TILES_OF_FOURS = ((4, 2), (3, 2), (8, 1), (6, 1), (10, 1), (2, 3))


def _tiles(shape: ConvInt8Narrow, machine: Machine) -> tuple[Tile, ...]:
    """Those of pairs and of fours, the ones with most sums first."""
    pairs = direct_tiles(shape.window, machine)
    if not (shape.in_fours and machine.fused):
        return pairs
    most_vectors = -(-shape.window.out[1] // machine.lanes)
    fours = dict.fromkeys(
        Tile(min(rows, shape.filters), min(vectors, most_vectors), 1, FOURS)
        for rows, vectors in _TILES_OF_FOURS
    )
    return (*pairs[:_MOST_TILES], *list(fours)[:_MOST_TILES])


FAMILY = Family(
    kind=ConvInt8Narrow,
    tiles=_tiles,
    kernel=conv_int8_narrow,
    buffers=conv_int8_buffers,
    weights=lambda _shape: (1, 2, 3),
    words=conv_int8_words,
)
