"""Transposed convolutions of padded images of f32, as a sum for each element of the result: no scatter.

Elements of the result that are a stride apart see the same taps of a filter. All that lie between two of them
in a row are summed at once, from the same loads, and put in turn when they are stored.
"""

from dataclasses import dataclass

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, Family, Tile, fits
from gapprof.kernels.ir import Constant, Expression, Kernel, Lane, Load, LoadSplat, Local, Vector, vector_of
from gapprof.kernels.machine import Machine, covering
from gapprof.kernels.shuffles import in_turn


class ConvTransposed(Struct, frozen=True, kw_only=True, tag="conv-transposed"):
    """[batch, channels, height, width] to [batch, filters, …]; the sizes are those of the padded image.

    Parameters of the kernel: padded image, filters [filters, channels / groups, kernel…] (not turned), the
    bias [filters] where there is one, and result.
    """

    batch: int = 1
    channels: int
    filters: int
    height: int
    width: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    groups: int = 1
    crop: tuple[int, int]
    """Rows and columns of the whole result that lie before what is wanted of it."""
    out: tuple[int, int]
    """Rows and columns that are wanted."""
    bias: bool = False

    @property
    def taps(self) -> int:
        """Of one plane."""
        return self.kernel[0] * self.kernel[1]

    def phases(self, axis: int) -> "list[_Phase]":
        """What elements see that are the first, second, … of a stride."""
        stride, kernel = self.stride[axis], self.kernel[axis]
        found = []
        for number in range(stride):
            place, tap = divmod(number + self.crop[axis], stride)
            seen = tuple((place - at, tap + at * stride) for at in range(-(-(kernel - tap) // stride)))
            found.append(_Phase(seen, len(range(number, self.out[axis], stride))))
        return found


@dataclass(frozen=True, slots=True)
class _Phase:
    """Elements of the result that see the same taps."""

    taps: tuple[tuple[int, int], ...]
    """Where in the image, from the element's own number on, and which tap."""
    count: int


def conv_transposed(
    shape: ConvTransposed, tile: Tile, machine: Machine, *, name: str = "conv_transposed"
) -> Kernel:
    """The loop nest of one shape."""
    return _Nest(shape, tile, machine, name).kernel()


class _Nest:
    """The nest of one shape while it is written."""

    def __init__(self, shape: ConvTransposed, tile: Tile, machine: Machine, name: str) -> None:
        self._shape, self._tile, self._lanes = shape, tile, machine.lanes
        self._b = Builder(name, parameters=4 if shape.bias else 3, fused=machine.fused)
        self._planes = shape.channels // shape.groups
        self._filter_bytes = self._planes * shape.taps * F32
        self._row_bytes = shape.width * F32
        self._plane_bytes = shape.height * self._row_bytes
        self._out_row_bytes = shape.out[1] * F32
        self._out_bytes = shape.out[0] * self._out_row_bytes
        self._across = shape.phases(1)

    def kernel(self) -> Kernel:
        b, shape = self._b, self._shape
        image, weights, result = b.parameters[0], b.parameters[1], b.parameters[-1]
        group_bytes = self._planes * self._plane_bytes
        with b.over(image, shape.batch, shape.groups * group_bytes):
            group, filters = b.index(image), b.index(weights)
            bias = b.index(b.parameters[2]) if shape.bias else None
            with b.over(group, shape.groups, group_bytes):
                full, rest = divmod(shape.filters // shape.groups, self._tile.rows)
                for rows, times in ((self._tile.rows, full), (rest, 1 if rest else 0)):
                    if not times:
                        continue
                    with b.over(filters, times, rows * self._filter_bytes):
                        self._filters_at_once(rows, group, filters, bias, result)
                        b.advance(result, rows * self._out_bytes)
                        if bias is not None:
                            b.advance(bias, rows * F32)
        return b.kernel()

    def _filters_at_once(
        self, rows: int, group: Local, filters: Local, bias: Local | None, result: Local
    ) -> None:
        """Every row of the result: those that see the same taps in one loop."""
        b, stride = self._b, self._shape.stride
        for number, down in enumerate(self._shape.phases(0)):
            if not down.count:
                continue
            line, to = b.index(group), b.index(result + number * self._out_row_bytes)
            with b.over(to, down.count, stride[0] * self._out_row_bytes):
                self._line(rows, down, line, filters, bias, to)
                b.advance(line, self._row_bytes)

    def _line(
        self, rows: int, down: _Phase, line: Local, filters: Local, bias: Local | None, to: Local
    ) -> None:
        b, lanes, stride = self._b, self._lanes, self._shape.stride[1]
        step = lanes * self._tile.vectors
        whole = self._shape.out[1] // stride
        full = whole // step
        if full:
            at, there = b.index(line), b.index(to)
            with b.over(there, full, step * stride * F32):
                self._columns(
                    rows, down, [(lanes, first) for first in range(0, step, lanes)], at, filters, bias, there
                )
                b.advance(at, step * F32)
        count = -(-self._shape.out[1] // stride)
        rest = [(width, first) for width, first in covering(count, lanes) if first + width > full * step]
        for one in rest:
            self._columns(rows, down, [one], line, filters, bias, to)

    def _columns(
        self,
        rows: int,
        down: _Phase,
        columns: list[tuple[int, int]],
        line: Local,
        filters: Local,
        bias: Local | None,
        to: Local,
    ) -> None:
        b = self._b
        sums = [
            [
                [b.vector(Vector("f32", lanes), self._begin(bias, row, lanes)) for _ in self._across]
                for lanes, _ in columns
            ]
            for row in range(rows)
        ]
        plane, taps = b.index(line), b.index(filters)
        kind = Vector("f32", columns[0][0])
        each, x = b.vector(kind), [b.vector(kind) for _ in columns]
        with b.over(plane, self._planes, self._plane_bytes):
            for row_of_image, tap_down in down.taps:
                for place, seen in self._seen().items():
                    for local, (_, first) in zip(x, columns, strict=True):
                        offset = row_of_image * self._row_bytes + (first + place) * F32
                        b.set(local, Load(plane, offset, kind))
                    for row in range(rows):
                        for phase, tap in seen:
                            weight = tap_down * self._shape.kernel[1] + tap
                            b.set(each, LoadSplat(taps, row * self._filter_bytes + weight * F32, kind))
                            for local, totals in zip(x, sums[row], strict=True):
                                b.set(totals[phase], b.mul_add(each, local, totals[phase]))
            b.advance(taps, self._shape.taps * F32)
        for row, of_row in enumerate(sums):
            for (_, first), totals in zip(columns, of_row, strict=True):
                self._store(totals, first, to, row * self._out_bytes)

    def _seen(self) -> dict[int, list[tuple[int, int]]]:
        """Place along a row → the phases that see it, and by which tap."""
        found: dict[int, list[tuple[int, int]]] = {}
        for number, phase in enumerate(self._across):
            for place, tap in phase.taps:
                found.setdefault(place, []).append((number, tap))
        return found

    def _begin(self, bias: Local | None, row: int, lanes: int) -> Expression:
        kind = Vector("f32", lanes)
        return Constant(0.0, kind) if bias is None else LoadSplat(bias, row * F32, kind)

    def _store(self, totals: list[Local], first: int, to: Local, place: int) -> None:
        """In turn, as far as the row goes."""
        b, lanes = self._b, vector_of(totals[0]).lanes
        for number in range(len(totals)):
            column = first * len(totals) + number * lanes
            value = in_turn(totals, number * lanes, lanes)
            inside = min(lanes, self._shape.out[1] - column)
            if inside == lanes:
                b.store(to, value, place + column * F32)
            elif inside > 0:
                kept = b.vector(vector_of(value), value)
                for lane in range(inside):
                    b.store(to, Lane(kept, lane), place + (column + lane) * F32)


_TILES = ((6, 2), (4, 2), (3, 2), (2, 3), (6, 1), (5, 1), (4, 1), (3, 1), (2, 1), (1, 2), (1, 1))


def _tiles(shape: ConvTransposed, machine: Machine) -> tuple[Tile, ...]:
    """Those whose sums stay in registers: a vector of columns is as many of sums as a stride has places."""
    stride, filters = shape.stride[1], shape.filters // shape.groups
    most_vectors = max(1, -(-shape.out[1] // stride) // machine.lanes)
    sizes = dict.fromkeys(
        (min(rows, filters), min(vectors, most_vectors))
        for rows, vectors in _TILES
        if fits(rows * stride, vectors, machine) or (rows, vectors) == (1, 1)
    )
    best = sorted(sizes, key=lambda size: -size[0] * size[1])[:6]
    return tuple(Tile(rows, vectors, 1, 1) for rows, vectors in best)


def _buffers(shape: ConvTransposed) -> tuple[int, ...]:
    """Image, filters, bias where there is one, result."""
    image = shape.batch * shape.channels * shape.height * shape.width * F32
    filters = shape.filters * shape.channels // shape.groups * shape.taps * F32
    bias = (shape.filters * F32,) if shape.bias else ()
    return image, filters, *bias, shape.batch * shape.filters * shape.out[0] * shape.out[1] * F32


def _words(shape: ConvTransposed) -> str:
    (rows, columns), stride = shape.out, shape.stride
    apart = f" stride {stride[0]}" if stride != (1, 1) else ""
    grouped = f" in {shape.groups} groups" if shape.groups > 1 else ""
    window = f"transposed {shape.kernel[0]}x{shape.kernel[1]}{apart}"
    return f"{window}, {shape.channels} to {shape.filters}{grouped}, to {rows}x{columns}"


FAMILY = Family(
    kind=ConvTransposed,
    tiles=_tiles,
    kernel=conv_transposed,
    buffers=_buffers,
    weights=lambda shape: (1, 2) if shape.bias else (1,),
    words=_words,
)
