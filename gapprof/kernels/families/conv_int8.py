"""Convolutions of padded images of bytes: pairs of channels times pairs of weights, added as i32.

`i32x4.dot_i16x8_s` (pmaddwd) multiplies pairs of i16 and adds the two products, so channels lie in pairs, and
each load widens them. What zero points add is a constant per filter and stands in the bias.
"""

from gapprof.kernels.builder import Builder
from gapprof.kernels.direct import (
    Convolved,
    Window,
    direct,
    direct_buffers,
    direct_tiles,
    window_words,
)
from gapprof.kernels.family import Family, Tile
from gapprof.kernels.ir import Kernel
from gapprof.kernels.machine import Machine
from gapprof.kernels.products_of_bytes import EndsOf, Pairs
from gapprof.kernels.requantised import ByteEnds


class ConvInt8(Convolved, frozen=True, kw_only=True, tag="conv-int8"):
    """[batch, pairs, height, width, 2] to [batch, filters, …]; the sizes are those of the padded image.

    Parameters of the kernel: the image as `paired` makes it (i8), filters [filters, pairs, kernel…, 2] (i16),
    the bias [filters] (i32), the scales of the result [filters] (f32), and result (i8 or u8).
    """

    zero_point: int = 0
    """Of the result."""
    unsigned: bool = False
    """The result."""

    @property
    def window(self) -> Window:
        """Its geometry; an odd channel makes a pair with nothing."""
        return self.window_of(groups=1, planes=-(-self.channels // 2))

    @property
    def flops(self) -> int:
        """A multiply-add is two."""
        rows, columns = self.window.out
        channels = self.channels // self.window.groups
        return 2 * self.batch * self.filters * rows * columns * channels * self.window.taps


def to_bytes(shape: ConvInt8) -> EndsOf:
    """What becomes of the sums."""
    return lambda own: ByteEnds(shape.zero_point, shape.unsigned, own)


def conv_int8(shape: ConvInt8, tile: Tile, machine: Machine, *, name: str = "conv_int8") -> Kernel:
    """The loop nest of one shape. ValueError for rows of less than four columns, which fill no vector."""
    b = Builder(name, parameters=5, fused=machine.fused)
    return direct(b, shape.window, Pairs(to_bytes(shape)), tile, machine)


def conv_int8_buffers(shape: ConvInt8) -> tuple[int, ...]:
    """Bytes of image, filters, bias, scales and result."""
    return direct_buffers(shape.window, Pairs(to_bytes(shape)))


def conv_int8_weights(shape: ConvInt8) -> tuple[int, ...]:
    """Filters and what there is per filter; the image where it is one row of pixels: a matrix product."""
    return (0,) if shape.height == 1 and shape.kernel == (1, 1) else (1, 2, 3)


def conv_int8_words(shape: ConvInt8) -> str:
    """Window, channels, filters and the size of the result."""
    (rows, columns), taps = shape.window.out, window_words(shape.window)
    grouped = f" in {shape.window.groups} groups" if shape.window.groups > 1 else ""
    return f"int8 {taps}, {shape.channels} to {shape.filters}{grouped}, to {rows}x{columns}"


FAMILY = Family(
    kind=ConvInt8,
    tiles=lambda shape, machine: direct_tiles(shape.window, machine),
    kernel=conv_int8,
    buffers=conv_int8_buffers,
    weights=conv_int8_weights,
    words=conv_int8_words,
)
