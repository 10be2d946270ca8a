"""Convolutions of each channel by itself, on padded images: taps in registers, several rows at once."""

from gapprof.kernels.builder import Builder
from gapprof.kernels.direct import window_words
from gapprof.kernels.families.conv import Conv, conv_buffers, conv_weights, strided
from gapprof.kernels.family import F32, Family, Tile
from gapprof.kernels.functions import activation
from gapprof.kernels.ir import Expression, Kernel, LoadSplat, Local, Vector
from gapprof.kernels.machine import Machine, covering

_MOST_TAPS = 9
"""That stay in registers beside the sums; of more, each is loaded where it is used."""


class Depthwise(Conv, frozen=True, kw_only=True, tag="depthwise"):
    """As any convolution, with as many groups and filters as channels."""

    def __post_init__(self) -> None:
        if not self.groups == self.channels == self.filters:
            raise ValueError("one filter for each channel")


def depthwise(shape: Depthwise, rows: int, machine: Machine, *, name: str = "depthwise") -> Kernel:
    """`rows` of the result at once share what they load. Parameters as those of `conv`."""
    return _Nest(shape, rows, machine, name).kernel()


class _Nest:
    """The nest of one shape while it is written."""

    def __init__(self, shape: Depthwise, rows: int, machine: Machine, name: str) -> None:
        self._shape, self._rows, self._machine = shape, rows, machine
        self._b = Builder(name, parameters=4 if shape.bias else 3, fused=machine.fused)
        self._taps = shape.kernel[0] * shape.kernel[1]
        self._row_bytes = shape.width * F32

    def kernel(self) -> Kernel:
        b, shape = self._b, self._shape
        image, weights, result = b.parameters[0], b.parameters[1], b.parameters[-1]
        kinds = {Vector("f32", lanes) for lanes, _ in covering(shape.out[1], self._machine.lanes)}
        with b.over(image, shape.batch, shape.channels * shape.height * self._row_bytes):
            plane, filters = b.index(image), b.index(weights)
            bias = b.index(b.parameters[2]) if shape.bias else None
            with b.over(plane, shape.channels, shape.height * self._row_bytes):
                kept = {kind: self._kept(filters, kind) for kind in kinds}
                self._plane(plane, kept, result, bias)
                b.advance(filters, self._taps * F32)
                b.advance(result, shape.out[0] * shape.out[1] * F32)
                if bias is not None:
                    b.advance(bias, F32)
        return b.kernel()

    def _kept(self, filters: Local, kind: Vector) -> list[Expression]:
        """Each tap in every lane: in a register, or as the load that it takes."""
        b = self._b
        loads: list[Expression] = [LoadSplat(filters, tap * F32, kind) for tap in range(self._taps)]
        return loads if self._taps > _MOST_TAPS else [b.vector(kind, one) for one in loads]

    def _plane(
        self,
        plane: Local,
        kept: dict[Vector, list[Expression]],
        result: Local,
        bias: Local | None,
    ) -> None:
        b, shape = self._b, self._shape
        line, to = b.index(plane), b.index(result)
        full, rest = divmod(shape.out[0], self._rows)
        for rows, times in ((self._rows, full), (rest, 1 if rest else 0)):
            if not times:
                continue
            with b.over(to, times, rows * shape.out[1] * F32):
                self._band(rows, line, kept, to, bias)
                b.advance(line, rows * shape.stride[0] * self._row_bytes)

    def _band(
        self, rows: int, line: Local, kept: dict[Vector, list[Expression]], to: Local, bias: Local | None
    ) -> None:
        """So many rows of the result: a loop over full vectors, then what is left."""
        b, lanes = self._b, self._machine.lanes
        columns = self._shape.out[1]
        full = columns // lanes
        if full:
            at, there = b.index(line), b.index(to)
            with b.over(there, full, lanes * F32):
                self._vector(rows, Vector("f32", lanes), 0, at, kept, there, bias)
                b.advance(at, lanes * self._shape.stride[1] * F32)
        for narrow, column in covering(columns, lanes):
            if column + narrow > full * lanes:
                self._vector(rows, Vector("f32", narrow), column, line, kept, to, bias)

    def _vector(
        self,
        rows: int,
        kind: Vector,
        column: int,
        line: Local,
        kept: dict[Vector, list[Expression]],
        to: Local,
        bias: Local | None,
    ) -> None:
        """One vector in each of the rows; what is loaded serves every row whose window it lies in."""
        b, shape = self._b, self._shape
        sums: list[Local | None] = [None] * rows
        if bias is not None:
            sums = [b.vector(kind, LoadSplat(bias, 0, kind)) for _ in range(rows)]
        x = b.vector(kind)
        for source in sorted({self._source(row, y) for row in range(rows) for y in range(shape.kernel[0])}):
            for tap in range(shape.kernel[1]):
                offset = source * self._row_bytes
                offset += (tap * shape.dilation[1] + column * shape.stride[1]) * F32
                b.set(x, strided(line, offset, kind, shape.stride[1]))
                for row in range(rows):
                    for y in range(shape.kernel[0]):
                        if self._source(row, y) != source:
                            continue
                        weight, total = kept[kind][y * shape.kernel[1] + tap], sums[row]
                        if total is None:
                            sums[row] = b.vector(kind, x * weight)
                        else:
                            b.set(total, b.mul_add(x, weight, total))
        for row, total in enumerate(sums):
            if total is None:
                raise ValueError("a window without a tap")
            done: Expression = total
            if shape.activation is not None:
                done = activation(b, shape.activation, total)
            b.store(to, done, (row * shape.out[1] + column) * F32)

    def _source(self, row: int, tap: int) -> int:
        """The row of the image that a tap of a row of the result reads."""
        return row * self._shape.stride[0] + tap * self._shape.dilation[0]


def _tiles(shape: Depthwise, _: Machine) -> tuple[Tile, ...]:
    """Those that there are rows for."""
    return tuple(Tile(rows, 1, 1, 1) for rows in (1, 2, 3, 4) if rows <= max(1, shape.out[0]))


def _words(shape: Depthwise) -> str:
    rows, columns = shape.out
    return f"depthwise {window_words(shape.window)}, {shape.channels} channels, to {rows}x{columns}"


FAMILY = Family(
    kind=Depthwise,
    tiles=_tiles,
    kernel=lambda shape, tile, machine: depthwise(shape, tile.rows, machine),
    buffers=conv_buffers,
    weights=conv_weights,
    words=_words,
)
