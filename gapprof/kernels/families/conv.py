"""Convolutions of padded images, direct: a tile of output channels and columns in registers, no im2col.

The padding is a loop nest of its own, `padded`; without it every tap would ask where the image ends. Columns
that fill no vector are covered by one that overlaps the last, since what is computed twice is the same twice.
"""

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, Family, Tile, fits
from gapprof.kernels.functions import Activation, activation
from gapprof.kernels.ir import Constant, Expression, Kernel, Load, LoadSplat, Local, Shuffle, Vector
from gapprof.kernels.machine import Machine, covering

SLACK_BYTES = 256
"""Readable behind an image: strided loads take more than they use."""


class Conv(Struct, frozen=True, kw_only=True, tag="conv"):
    """[batch, channels, height, width] to [batch, filters, …]; the sizes are those of the padded image.

    Parameters of the kernel: padded image, filters [filters, channels / groups, kernel…], the bias
    [filters] where there is one, and result.
    """

    batch: int = 1
    channels: int
    filters: int
    height: int
    width: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    bias: bool = False
    activation: Activation | None = None

    @property
    def out(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        return _positions(self.height, self, 0), _positions(self.width, self, 1)

    @property
    def flops(self) -> int:
        """A multiply-add is two."""
        rows, columns = self.out
        taps = self.channels // self.groups * self.kernel[0] * self.kernel[1]
        return 2 * self.batch * self.filters * rows * columns * taps


def conv(shape: Conv, tile: Tile, machine: Machine, *, name: str = "conv") -> Kernel:
    """The loop nest of one shape. All taps are unrolled: of the tile, only rows and vectors matter."""
    return _Nest(shape, tile, machine, name).kernel()


class _Nest:
    """The nest of one shape while it is written."""

    def __init__(self, shape: Conv, tile: Tile, machine: Machine, name: str) -> None:
        self._shape, self._tile, self._machine = shape, tile, machine
        self._b = Builder(name, parameters=4 if shape.bias else 3, fused=machine.fused)
        self._channels = shape.channels // shape.groups
        self._filters = shape.filters // shape.groups
        self._filter_bytes = self._channels * shape.kernel[0] * shape.kernel[1] * F32
        self._plane_bytes = shape.height * shape.width * F32
        self._out_row_bytes = shape.out[1] * F32
        self._out_bytes = shape.out[0] * self._out_row_bytes

    def kernel(self) -> Kernel:
        b, shape = self._b, self._shape
        image, weights, result = b.parameters[0], b.parameters[1], b.parameters[-1]
        with b.over(image, shape.batch, shape.channels * self._plane_bytes):
            group, filters = b.index(image), b.index(weights)
            bias = b.index(b.parameters[2]) if shape.bias else None
            with b.over(group, shape.groups, self._channels * self._plane_bytes):
                full, rest = divmod(self._filters, self._tile.rows)
                for rows, times in ((self._tile.rows, full), (rest, 1 if rest else 0)):
                    if not times:
                        continue
                    with b.over(filters, times, rows * self._filter_bytes):
                        self._filters_at_once(rows, group, filters, result, bias)
                        b.advance(result, rows * self._out_bytes)
                        if bias is not None:
                            b.advance(bias, rows * F32)
        return b.kernel()

    def _filters_at_once(
        self, rows: int, group: Local, filters: Local, result: Local, bias: Local | None
    ) -> None:
        """Every row of the result, in these output channels."""
        b, shape = self._b, self._shape
        line, to = b.index(group), b.index(result)
        step = self._machine.lanes * self._tile.vectors
        full, rest = divmod(shape.out[1], step)
        with b.over(to, shape.out[0], self._out_row_bytes):
            if full:
                at, there = b.index(line), b.index(to)
                with b.over(there, full, step * F32):
                    self._tile_of_columns(rows, self._vectors(step), at, filters, there, bias)
                    b.advance(at, step * shape.stride[1] * F32)
            if rest:
                self._tile_of_columns(rows, self._last(full * step), line, filters, to, bias)
            b.advance(line, shape.stride[0] * shape.width * F32)

    def _vectors(self, columns: int) -> list[tuple[int, int]]:
        """(lanes, first column) of a full step."""
        lanes = self._machine.lanes
        return [(lanes, at) for at in range(0, columns, lanes)]

    def _last(self, done: int) -> list[tuple[int, int]]:
        """The same for the columns behind `done`."""
        columns = list(covering(self._shape.out[1], self._machine.lanes))
        return [(lanes, at) for lanes, at in columns if at + lanes > done]

    def _tile_of_columns(
        self,
        rows: int,
        columns: list[tuple[int, int]],
        line: Local,
        filters: Local,
        to: Local,
        bias: Local | None,
    ) -> None:
        b, shape = self._b, self._shape
        kinds = [Vector("f32", lanes) for lanes, _ in columns]
        sums = [
            [
                b.vector(kind, LoadSplat(bias, row * F32, kind) if bias is not None else Constant(0.0, kind))
                for kind in kinds
            ]
            for row in range(rows)
        ]
        loaded = [b.vector(kind) for kind in kinds]
        splats = {kind: b.vector(kind) for kind in kinds}
        plane, taps = b.index(line), b.index(filters)
        (tap_rows, tap_columns), (row_step, column_step) = shape.kernel, shape.dilation
        with b.over(plane, self._channels, self._plane_bytes):
            for tap in range(tap_rows * tap_columns):
                y, x = divmod(tap, tap_columns)
                base = (y * row_step * shape.width + x * column_step) * F32
                for local, kind, (_, at) in zip(loaded, kinds, columns, strict=True):
                    b.set(local, self._strided(plane, base + at * shape.stride[1] * F32, kind))
                for row in range(rows):
                    for kind, splat in splats.items():
                        b.set(splat, LoadSplat(taps, row * self._filter_bytes + tap * F32, kind))
                    for column, kind in enumerate(kinds):
                        total = sums[row][column]
                        b.set(total, b.mul_add(splats[kind], loaded[column], total))
            b.advance(taps, tap_rows * tap_columns * F32)
        for row in range(rows):
            for total, (_, at) in zip(sums[row], columns, strict=True):
                done: Expression = total
                if shape.activation is not None:
                    done = activation(b, shape.activation, total)
                b.store(to, done, row * self._out_bytes + at * F32)

    def _strided(self, plane: Local, offset: int, kind: Vector) -> Expression:
        return strided(plane, offset, kind, self._shape.stride[1])


def strided(pointer: Local, offset: int, kind: Vector, stride: int) -> Expression:
    """Every `stride`-th element from there. ValueError for strides that are no power of two."""
    if kind.lanes == 1 or stride == 1:
        return Load(pointer, offset, kind)
    if stride % 2:
        raise ValueError(f"no loads of every {stride}th element")
    half = stride // 2
    low = strided(pointer, offset, kind, half)
    high = strided(pointer, offset + kind.lanes * half * F32, kind, half)
    return Shuffle(low, high, tuple(range(0, 2 * kind.lanes, 2)))


def _positions(size: int, shape: Conv, axis: int) -> int:
    return (size - shape.dilation[axis] * (shape.kernel[axis] - 1) - 1) // shape.stride[axis] + 1


_TILES = ((6, 2), (5, 2), (4, 2), (3, 3), (2, 4), (4, 3), (1, 6), (8, 1), (12, 1))


def conv_buffers(shape: Conv) -> tuple[int, ...]:
    """Bytes of image, filters, bias where there is one, and result."""
    image = shape.batch * shape.channels * shape.height * shape.width * F32
    filters = shape.filters * (shape.channels // shape.groups) * shape.kernel[0] * shape.kernel[1] * F32
    bias = (shape.filters * F32,) if shape.bias else ()
    rows, columns = shape.out
    return image, filters, *bias, shape.batch * shape.filters * rows * columns * F32


def _tiles(shape: Conv, machine: Machine) -> tuple[Tile, ...]:
    """Those whose filters and columns exist, the ones with most sums first."""
    filters = shape.filters // shape.groups
    most_vectors = -(-shape.out[1] // machine.lanes)
    sizes = dict.fromkeys(
        (min(rows, filters), min(vectors, most_vectors))
        for rows, vectors in _TILES
        if fits(rows, vectors, machine)
    )
    best = sorted(sizes, key=lambda size: -size[0] * size[1])[:6]
    return tuple(Tile(rows, vectors, 1, 1) for rows, vectors in best)


FAMILY = Family(kind=Conv, tiles=_tiles, kernel=conv, buffers=conv_buffers)
