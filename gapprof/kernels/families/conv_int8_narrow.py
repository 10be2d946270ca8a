"""Convolutions of bytes where one operand keeps to 7 bits: one more schedule, with four products at once.

`i32x4.relaxed_dot_i8x16_i7x16_add_s` multiplies four bytes with a sign and four of 7 bits without one, and
adds the products to an i32. The narrow operand, in [-64, 63], is shifted up by 64 before; that adds 64 times
the sum of the other operand. Where the filters are narrow that is a sum over the image, which all filters
share and one more dot product yields; where the image is, it is one per filter and stands in the bias.
"""

from typing import Literal

from gapprof.kernels.builder import Builder
from gapprof.kernels.direct import direct, direct_tiles
from gapprof.kernels.families.conv_int8 import (
    ConvInt8,
    conv_int8,
    conv_int8_buffers,
    conv_int8_weights,
    conv_int8_words,
    to_bytes,
)
from gapprof.kernels.family import Family, Tile
from gapprof.kernels.ir import Kernel
from gapprof.kernels.machine import Machine
from gapprof.kernels.products_of_bytes import FOURS, Fours, tiles_of_fours

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
    numbers = Fours(to_bytes(shape), shape.height * shape.width * 2, shape.narrow == "filters")
    return direct(b, shape.window, numbers, tile, machine)


def _tiles(shape: ConvInt8Narrow, machine: Machine) -> tuple[Tile, ...]:
    fours = shape.in_fours and machine.fused
    return tiles_of_fours(shape.window, machine) if fours else direct_tiles(shape.window, machine)


FAMILY = Family(
    kind=ConvInt8Narrow,
    tiles=_tiles,
    kernel=conv_int8_narrow,
    buffers=conv_int8_buffers,
    weights=conv_int8_weights,
    words=conv_int8_words,
)
