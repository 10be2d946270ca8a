"""Planes copied into the middle of larger ones: what a convolution that looks over the edge wants first."""

from typing import Literal

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, PLAIN, Family, always
from gapprof.kernels.ir import ELEMENT_BYTES, Kernel, Load, Vector
from gapprof.kernels.machine import Machine, covering
from gapprof.kernels.requantised import bytes_for, columns, store_first


class Padded(Struct, frozen=True, kw_only=True, tag="padded"):
    """Parameters: source, result, whose borders are left as they are."""

    planes: int
    height: int
    width: int
    pads: tuple[int, int, int, int]
    """Top, left, bottom and right, as ONNX has them."""
    element: Literal["f32", "i8"] = "f32"
    """Of bytes a row has at least four."""

    @property
    def size_bytes(self) -> int:
        """Of an element."""
        return ELEMENT_BYTES[self.element]

    @property
    def out(self) -> tuple[int, int]:
        """Rows and columns with the borders."""
        top, left, bottom, right = self.pads
        return top + self.height + bottom, left + self.width + right


def padded(shape: Padded, machine: Machine) -> Kernel:
    """The loop nest."""
    b = Builder("padded", parameters=2, fused=machine.fused)
    source, result = b.parameters
    top, left, bottom, _ = shape.pads
    row_bytes = shape.out[1] * shape.size_bytes
    b.advance(result, top * row_bytes + left * shape.size_bytes)
    with b.over(source, shape.planes, shape.height * shape.width * shape.size_bytes):
        row, to = b.index(source), b.index(result)
        with b.over(row, shape.height, shape.width * shape.size_bytes):
            if shape.element == "f32":
                for lanes, at in covering(shape.width, machine.lanes):
                    b.store(to, Load(row, at * F32, Vector("f32", lanes)), at * F32)
            else:
                for count, at in columns(shape.width, 4 * machine.lanes):
                    store_first(b, Load(row, at, bytes_for(count)), count, to, at)
            b.advance(to, row_bytes)
        b.advance(result, (top + shape.height + bottom) * row_bytes)
    return b.kernel()


def _buffers(shape: Padded) -> tuple[int, ...]:
    """Source, result."""
    rows, width = shape.out
    plane_bytes = shape.planes * shape.size_bytes
    return plane_bytes * shape.height * shape.width, plane_bytes * rows * width


FAMILY = Family(
    kind=Padded,
    tiles=always(PLAIN),
    kernel=lambda shape, _tile, machine: padded(shape, machine),
    buffers=_buffers,
    words=lambda shape: f"{shape.planes} planes of {shape.height}x{shape.width}",
    prepares=True,
)
