"""Planes of bytes, two and two side by side in the middle of larger ones: what an int8 convolution reads."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import PLAIN, Family, always
from gapprof.kernels.ir import (
    Binary,
    Bits,
    Constant,
    Expression,
    Kernel,
    Lane,
    LoadWidened,
    Local,
    ShiftLeft,
    Vector,
)
from gapprof.kernels.machine import Machine, covering

_LOW, _HIGH, _TOP_BITS = 0x00FF00FF, -0x00FF0100, -0x7F7F7F80
_WIDENED = 8
"""Bytes that fill a vector of 128 bits as i16."""


class Paired(Struct, frozen=True, kw_only=True, tag="paired"):
    """[batch, channels, height, width] to [batch, pairs, height, width, 2], padded.

    Parameters: source, result, whose borders are left as they are. The last of an odd number of channels is
    paired with itself. Rows have at least two columns.
    """

    batch: int = 1
    channels: int
    height: int
    width: int
    pads: tuple[int, int, int, int]
    """Top, left, bottom and right, as ONNX has them."""
    unsigned: bool = False
    """The source; it is shifted down by 128."""

    @property
    def out(self) -> tuple[int, int]:
        """Rows and columns with the borders."""
        top, left, bottom, right = self.pads
        return top + self.height + bottom, left + self.width + right


def paired(shape: Paired, machine: Machine, *, name: str = "paired") -> Kernel:
    """The loop nest. ValueError for rows of one column."""
    if shape.width < 2:
        raise ValueError("a row of one byte is stored by nothing here")
    b = Builder(name, parameters=2, fused=machine.fused)
    source, result = b.parameters
    plane_bytes = shape.height * shape.width
    pairs, odd = divmod(shape.channels, 2)
    rows, columns = shape.out
    with b.over(source, shape.batch, shape.channels * plane_bytes):
        plane = b.index(source)
        if pairs:
            with b.over(result, pairs, rows * columns * 2):
                _plane(b, shape, machine, plane, plane_bytes, result)
                b.advance(plane, 2 * plane_bytes)
        if odd:
            _plane(b, shape, machine, plane, 0, result)
            b.advance(result, rows * columns * 2)
    return b.kernel()


def _plane(b: Builder, shape: Paired, machine: Machine, first: Local, other: int, result: Local) -> None:
    """One pair of planes; the second one is `other` bytes behind the first."""
    top, left, _, _ = shape.pads
    row_bytes = shape.out[1] * 2
    row = b.index(first)
    to = b.index(result + (top * row_bytes + left * 2))
    lanes = max(2 * machine.lanes, _WIDENED)
    while lanes > max(shape.width, _WIDENED):
        lanes //= 2
    with b.over(row, shape.height, shape.width):
        if shape.width >= lanes:
            for _, at in covering(shape.width, lanes):
                b.store(to, _pairs(shape, row, at, other, lanes), 2 * at)
        else:
            _narrow(b, shape, row, other, to)
        b.advance(to, row_bytes)


def _narrow(b: Builder, shape: Paired, row: Local, other: int, to: Local) -> None:
    """Two columns at once, out of a vector that reads on behind the row."""
    value = b.vector(Vector("f32", 4))
    for start, count in ((0, shape.width // 2), (shape.width - 2, shape.width % 2)):
        if count:
            b.set(value, Bits(_pairs(shape, row, start, other, _WIDENED), Vector("f32", 4)))
        for lane in range(count):
            b.store(to, Lane(value, lane), 2 * start + 4 * lane)


def _pairs(shape: Paired, row: Local, at: int, other: int, lanes: int) -> Expression:
    """Bytes of both planes in turn."""
    kind = Vector("i32", lanes // 2)
    low = Binary("and", Bits(LoadWidened(row, at, lanes), kind), Constant(_LOW, kind))
    second = Bits(LoadWidened(row, at + other, lanes), kind)
    both = Binary("or", low, Binary("and", ShiftLeft(second, 8), Constant(_HIGH, kind)))
    return Binary("xor", both, Constant(_TOP_BITS, kind)) if shape.unsigned else both


def _buffers(shape: Paired) -> tuple[int, ...]:
    """Source, result."""
    rows, columns = shape.out
    source = shape.batch * shape.channels * shape.height * shape.width
    return source, shape.batch * -(-shape.channels // 2) * rows * columns * 2


FAMILY = Family(
    kind=Paired,
    tiles=always(PLAIN),
    kernel=lambda shape, _tile, machine: paired(shape, machine),
    buffers=_buffers,
    words=lambda shape: f"{shape.channels} planes of {shape.height}x{shape.width}",
    prepares=True,
)
