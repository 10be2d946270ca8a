"""Convolutions of padded images of bytes: pairs of channels times pairs of weights, added as i32.

`i32x4.dot_i16x8_s` (pmaddwd) multiplies pairs of i16 and adds the two products, so channels lie in pairs, and
each load widens them. What zero points add is a constant per filter and stands in the bias.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gapprof.kernels import requantised
from gapprof.kernels.builder import Builder
from gapprof.kernels.direct import (
    Convolved,
    Ends,
    PerFilter,
    Window,
    direct,
    direct_buffers,
    direct_tiles,
    window_words,
)
from gapprof.kernels.family import Family, Tile
from gapprof.kernels.ir import (
    Bits,
    Dot,
    Expression,
    Kernel,
    LoadSplat,
    LoadWidened,
    Local,
    Shuffle,
    Vector,
)
from gapprof.kernels.machine import Machine


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


@dataclass(frozen=True, slots=True)
class _Pairs:
    """_Pairs of i8, pairs of i16, and a byte."""

    zero_point: int
    unsigned: bool
    image_bytes: int = 2
    filter_bytes: int = 4
    planes_at_once: int = 1
    shift_bits: None = None
    result_bytes: int = 1
    per_filter: int = 2

    def columns(self, count: int, lanes: int) -> Sequence[tuple[int, int]]:
        return requantised.columns(count, lanes)

    def sums(self, lanes: int) -> Vector:
        return Vector("i32", lanes)

    def load(self, pointer: Local, offset: int, lanes: int, stride: int) -> Expression:
        return Bits(_strided(pointer, offset, lanes, stride), Vector("i16", 2 * lanes))

    def splat(self, pointer: Local, offset: int, lanes: int) -> Expression:
        return LoadSplat(pointer, offset, Vector("i16", 2 * lanes))

    def add(self, splat: Local, loaded: Local, total: Local) -> Expression:
        return total + Dot(splat, loaded)

    def ends(self, own: PerFilter) -> Ends:
        return requantised.ByteEnds(self.zero_point, self.unsigned, own)


def conv_int8(shape: ConvInt8, tile: Tile, machine: Machine, *, name: str = "conv_int8") -> Kernel:
    """The loop nest of one shape. ValueError for rows of less than four columns, which fill no vector."""
    b = Builder(name, parameters=5, fused=machine.fused)
    return direct(b, shape.window, _Pairs(shape.zero_point, shape.unsigned), tile, machine)


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


def conv_int8_buffers(shape: ConvInt8) -> tuple[int, ...]:
    """Bytes of image, filters, bias, scales and result."""
    return direct_buffers(shape.window, _Pairs(shape.zero_point, shape.unsigned))


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
    weights=lambda _shape: (1, 2, 3),
    words=conv_int8_words,
)
