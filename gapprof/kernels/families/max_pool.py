"""The largest element under each window of padded planes."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.families.conv import strided
from gapprof.kernels.family import F32, PLAIN, Family, always
from gapprof.kernels.ir import Arithmetic, Binary, Expression, Kernel, Local, Vector
from gapprof.kernels.machine import Machine, covering
from gapprof.kernels.requantised import bytes_for, store_first
from gapprof.kernels.requantised import columns as byte_columns


class MaxPool(Struct, frozen=True, kw_only=True, tag="max-pool"):
    """Of `planes` planes, whose sizes are those with the border. Parameters: source, result."""

    planes: int
    height: int
    width: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    element: Literal["f32", "i8", "u8"] = "f32"
    """Of bytes a row of the result has at least four."""

    @property
    def size_bytes(self) -> int:
        """Of an element."""
        return F32 if self.element == "f32" else 1

    @property
    def out(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        rows = (self.height - self.kernel[0]) // self.stride[0] + 1
        return rows, (self.width - self.kernel[1]) // self.stride[1] + 1


_LARGER: dict[str, Arithmetic] = {"f32": "pmax", "i8": "max", "u8": "umax"}


def max_pool(shape: MaxPool, machine: Machine) -> Kernel:
    """The loop nest. ValueError for rows of less than four bytes."""
    return pooled(shape, machine, _LARGER[shape.element], lambda largest: largest)


def pooled(
    shape: MaxPool, machine: Machine, op: Arithmetic, finished: Callable[[Local], Expression]
) -> Kernel:
    """All elements of a window by that operation, and what is made of the last result."""
    b = Builder("pooled", parameters=2, fused=machine.fused)
    source, result = b.parameters
    (rows, columns), size = shape.out, shape.size_bytes
    most = machine.lanes * F32 // size
    full = columns // most

    def window(at: Local, to: Local, count: int, column: int) -> None:
        kind = Vector("f32", count) if shape.element == "f32" else bytes_for(count)
        total: Local | None = None
        for tap in range(shape.kernel[0] * shape.kernel[1]):
            y, x = divmod(tap, shape.kernel[1])
            offset = (y * shape.width + x + column * shape.stride[1]) * size
            value = strided(at, offset, kind, shape.stride[1])
            if total is None:
                total = b.vector(kind, value)
            else:
                b.set(total, Binary(op, total, value))
        if total is None:
            raise ValueError("a window without an element")
        if shape.element == "f32":
            b.store(to, finished(total), column * size)
        else:
            store_first(b, finished(total), count, to, column)

    with b.over(source, shape.planes, shape.height * shape.width * size):
        line, to = b.index(source), b.index(result)
        with b.over(to, rows, columns * size):
            if full:
                at, there = b.index(line), b.index(to)
                with b.over(there, full, most * size):
                    window(at, there, most, 0)
                    b.advance(at, most * shape.stride[1] * size)
            covered = covering(columns, most) if shape.element == "f32" else byte_columns(columns, most)
            for count, column in covered:
                if column + count > full * most:
                    window(line, to, count, column)
            b.advance(line, shape.stride[0] * shape.width * size)
        b.advance(result, rows * columns * size)
    return b.kernel()


def pool_buffers(shape: MaxPool) -> tuple[int, ...]:
    """Source, result."""
    rows, columns = shape.out
    plane_bytes = shape.planes * shape.size_bytes
    return plane_bytes * shape.height * shape.width, plane_bytes * rows * columns


def pool_words(shape: MaxPool) -> str:
    """Window, planes and result."""
    rows, columns = shape.out
    return f"{shape.kernel[0]}x{shape.kernel[1]}, {shape.planes} planes, to {rows}x{columns}"


FAMILY = Family(
    kind=MaxPool,
    tiles=always(PLAIN),
    kernel=lambda shape, _tile, machine: max_pool(shape, machine),
    buffers=pool_buffers,
    words=pool_words,
)
