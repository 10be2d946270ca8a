"""The largest element under each window of padded planes."""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.families.conv import strided
from gapprof.kernels.family import F32, PLAIN, Family, always
from gapprof.kernels.ir import Binary, Kernel, Local, Vector
from gapprof.kernels.machine import Machine, covering


class MaxPool(Struct, frozen=True, kw_only=True, tag="max-pool"):
    """Of `planes` planes, whose sizes are those with the border. Parameters: source, result."""

    planes: int
    height: int
    width: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)

    @property
    def out(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        rows = (self.height - self.kernel[0]) // self.stride[0] + 1
        return rows, (self.width - self.kernel[1]) // self.stride[1] + 1


def max_pool(shape: MaxPool, machine: Machine) -> Kernel:
    """The loop nest."""
    b = Builder("max_pool", parameters=2, fused=machine.fused)
    source, result = b.parameters
    rows, columns = shape.out
    full = columns // machine.lanes

    def window(at: Local, to: Local, kind: Vector, column: int) -> None:
        largest: Local | None = None
        for tap in range(shape.kernel[0] * shape.kernel[1]):
            y, x = divmod(tap, shape.kernel[1])
            offset = (y * shape.width + x + column * shape.stride[1]) * F32
            value = strided(at, offset, kind, shape.stride[1])
            if largest is None:
                largest = b.vector(kind, value)
            else:
                b.set(largest, Binary("pmax", largest, value))
        if largest is None:
            raise ValueError("a window without an element")
        b.store(to, largest, column * F32)

    with b.over(source, shape.planes, shape.height * shape.width * F32):
        line, to = b.index(source), b.index(result)
        with b.over(to, rows, columns * F32):
            if full:
                at, there = b.index(line), b.index(to)
                with b.over(there, full, machine.lanes * F32):
                    window(at, there, machine.f32, 0)
                    b.advance(at, machine.lanes * shape.stride[1] * F32)
            for lanes, column in covering(columns, machine.lanes):
                if column + lanes > full * machine.lanes:
                    window(line, to, Vector("f32", lanes), column)
            b.advance(line, shape.stride[0] * shape.width * F32)
        b.advance(result, rows * columns * F32)
    return b.kernel()


def _buffers(shape: MaxPool) -> tuple[int, ...]:
    """Source, result."""
    rows, columns = shape.out
    return shape.planes * shape.height * shape.width * F32, shape.planes * rows * columns * F32


def _words(shape: MaxPool) -> str:
    rows, columns = shape.out
    return f"{shape.kernel[0]}x{shape.kernel[1]}, {shape.planes} planes, to {rows}x{columns}"


FAMILY = Family(
    kind=MaxPool,
    tiles=always(PLAIN),
    kernel=lambda shape, _tile, machine: max_pool(shape, machine),
    buffers=_buffers,
    words=_words,
)
