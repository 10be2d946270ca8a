"""Convolutions of each channel of bytes by itself, on padded images: taps two and two, added as i32.

Pairs are made where they are used, of what two taps see: in a row of a channel there is no second one to pair
it with. What zero points add is a constant per channel and stands in the bias.
"""

from collections.abc import Sequence

from gapprof.kernels.builder import Builder
from gapprof.kernels.direct import PER_FILTER_BYTES, Convolved, Window, window_words
from gapprof.kernels.family import Family, Tile
from gapprof.kernels.ir import (
    Dot,
    Expression,
    Kernel,
    LoadSplat,
    LoadWidened,
    Local,
    Shuffle,
    Vector,
)
from gapprof.kernels.machine import Machine, covering
from gapprof.kernels.requantised import FEWEST, quantised, store_low_bytes

Taps = Sequence[Expression]
"""Pairs of them in every lane: in registers, or as the loads that they take."""
_PAIR_BYTES = 4
_MOST_PAIRS = 5
"""That stay in registers beside the sums: those of a window of 3x3."""
_WIDENED = 8
"""Bytes that fill a vector of 128 bits as i16."""


class DepthwiseInt8(Convolved, frozen=True, kw_only=True, tag="depthwise-int8"):
    """[batch, channels, height, width] to as many channels; a row of the result has at least four bytes.

    Parameters: padded image (i8 or u8), filters [channels, pairs of taps, 2] (i16; the last tap of an odd
    number with a 0), the bias [channels] (i32), the scales of the result [channels] (f32), and result.
    """

    zero_point: int = 0
    """Of the result."""
    unsigned: bool = False
    """The result."""
    unsigned_source: bool = False

    def __post_init__(self) -> None:
        if self.channels != self.filters:
            raise ValueError("one filter for each channel")

    @property
    def window(self) -> Window:
        """Its geometry."""
        return self.window_of(groups=self.channels, planes=1)

    @property
    def pairs(self) -> int:
        """Of taps."""
        return -(-self.window.taps // 2)


def depthwise_int8(
    shape: DepthwiseInt8, vectors: int, machine: Machine, *, name: str = "depthwise_int8"
) -> Kernel:
    """The loop nest; `vectors` of twice as many bytes as there are lanes in one turn."""
    return _Nest(shape, vectors, machine, name).kernel()


class _Nest:
    """The nest of one shape while it is written."""

    def __init__(self, shape: DepthwiseInt8, vectors: int, machine: Machine, name: str) -> None:
        self._shape, self._vectors = shape, vectors
        self._b = Builder(name, parameters=5, fused=machine.fused)
        self._columns = shape.window.out[1]
        if self._columns < FEWEST:
            raise ValueError(f"a row of {self._columns} bytes is stored by nothing here")
        widened = max(2 * machine.lanes, _WIDENED)
        while widened > max(self._columns, _WIDENED):
            widened //= 2
        self._widened = widened

    def kernel(self) -> Kernel:
        b, shape = self._b, self._shape
        image, filters, bias, scales, result = b.parameters
        plane_bytes, (rows, columns) = shape.height * shape.width, shape.window.out
        pair = Vector("i16", self._widened)
        kept = [b.vector(pair) for _ in range(shape.pairs if shape.pairs <= _MOST_PAIRS else 0)]
        lanes = self._widened // 2
        first, scale = b.vector(Vector("i32", lanes)), b.vector(Vector("f32", lanes))
        with b.over(image, shape.batch, shape.channels * plane_bytes):
            plane, of_channel = b.index(image), b.index(filters)
            from_bias, from_scales = b.index(bias), b.index(scales)
            with b.over(plane, shape.channels, plane_bytes):
                loads = [LoadSplat(of_channel, at * _PAIR_BYTES, pair) for at in range(shape.pairs)]
                for tap, load in zip(kept, loads, strict=False):
                    b.set(tap, load)
                taps: Taps = kept or loads
                b.set(first, LoadSplat(from_bias, 0, Vector("i32", lanes)))
                b.set(scale, LoadSplat(from_scales, 0, Vector("f32", lanes)))
                line = b.index(plane)
                with b.over(result, rows, columns):
                    self._row(line, taps, first, scale, result)
                    b.advance(line, shape.stride[0] * shape.width)
                b.advance(of_channel, shape.pairs * _PAIR_BYTES)
                for pointer in (from_bias, from_scales):
                    b.advance(pointer, PER_FILTER_BYTES)
        return b.kernel()

    def _row(self, line: Local, taps: Taps, first: Local, scale: Local, to: Local) -> None:
        b, step = self._b, self._widened * self._vectors
        full = self._columns // step
        if full:
            at, there = b.index(line), b.index(to)
            with b.over(there, full, step):
                for number in range(self._vectors):
                    self._bytes(at, number * self._widened, taps, first, scale, there, halves=2)
                b.advance(at, step * self._shape.stride[1])
        if self._columns < self._widened:  # less than eight: four, and the last four
            for column in dict.fromkeys((0, self._columns - FEWEST)):
                self._bytes(line, column, taps, first, scale, to, halves=1)
            return
        for count, column in covering(self._columns, self._widened):
            if column + count > full * step:
                self._bytes(line, column, taps, first, scale, to, halves=2)

    def _bytes(
        self,
        line: Local,
        column: int,
        taps: Taps,
        first: Local,
        scale: Local,
        to: Local,
        *,
        halves: int,
    ) -> None:
        """Bytes of the result from that column on."""
        b, shape, widened = self._b, self._shape, self._widened
        sums = [b.vector(Vector("i32", widened // 2), first) for _ in range(halves)]
        for number, tap in enumerate(taps):
            seen = [
                b.vector(Vector("i16", widened), self._seen(line, column, which))
                for which in (2 * number, 2 * number + 1)
                if which < shape.window.taps
            ]
            for half, total in enumerate(sums):
                start = half * widened // 2
                order = [start + lane // 2 + lane % 2 * widened for lane in range(widened)]
                b.set(total, total + Dot(tap, Shuffle(seen[0], seen[-1], tuple(order))))
        for half, total in enumerate(sums):
            value = quantised(total, scale, shape.zero_point, unsigned=shape.unsigned)
            store_low_bytes(b, value, to, column + half * widened // 2)

    def _seen(self, line: Local, column: int, tap: int) -> Expression:
        """What a tap sees of a row."""
        shape = self._shape
        y, x = divmod(tap, shape.kernel[1])
        offset = y * shape.dilation[0] * shape.width + x * shape.dilation[1]
        return self._strided(line, offset + column * shape.stride[1], shape.stride[1])

    def _strided(self, pointer: Local, offset: int, stride: int) -> Expression:
        """Every `stride`-th byte, widened. ValueError for strides that are no power of two."""
        widened = self._widened
        if stride == 1:
            return LoadWidened(pointer, offset, widened, signed=not self._shape.unsigned_source)
        if stride % 2:
            raise ValueError(f"no loads of every {stride}th element")
        half = stride // 2
        low = self._strided(pointer, offset, half)
        high = self._strided(pointer, offset + widened * half, half)
        return Shuffle(low, high, tuple(range(0, 2 * widened, 2)))


def _tiles(shape: DepthwiseInt8, machine: Machine) -> tuple[Tile, ...]:
    most = max(1, shape.window.out[1] // max(2 * machine.lanes, _WIDENED))
    return tuple(Tile(1, vectors, 1, 1) for vectors in (1, 2, 4) if vectors <= most)


def _buffers(shape: DepthwiseInt8) -> tuple[int, ...]:
    """Image, filters, bias, scales, result."""
    image = shape.batch * shape.channels * shape.height * shape.width
    rows, columns = shape.window.out
    per_channel = shape.channels * PER_FILTER_BYTES
    filters = shape.channels * shape.pairs * _PAIR_BYTES
    return image, filters, per_channel, per_channel, shape.batch * shape.channels * rows * columns


def _words(shape: DepthwiseInt8) -> str:
    rows, columns = shape.window.out
    return f"int8 depthwise {window_words(shape.window)}, {shape.channels} channels, to {rows}x{columns}"


FAMILY = Family(
    kind=DepthwiseInt8,
    tiles=_tiles,
    kernel=lambda shape, tile, machine: depthwise_int8(shape, tile.vectors, machine),
    buffers=_buffers,
    weights=lambda _shape: (1, 2, 3),
    words=_words,
)
