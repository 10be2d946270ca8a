"""Direct convolution of padded images, whatever its numbers are: a tile of filters and columns in registers.

The padding is a loop nest of its own; without it every tap would ask where the image ends. Columns that fill
no vector are covered by one that overlaps the last, since what is computed twice is the same twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import Tile, fits
from gapprof.kernels.ir import (
    Binary,
    Constant,
    Expression,
    Kernel,
    LoadSplat,
    Local,
    ShiftLeft,
    Vector,
    vector_of,
)
from gapprof.kernels.machine import Machine

PER_FILTER_BYTES = 4
"""Of a bias or a scale."""
_TILES = ((6, 2), (5, 2), (4, 2), (3, 3), (2, 4), (4, 3), (1, 6), (8, 1), (12, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Sizes of the padded image in elements, and how the window goes over it."""

    batch: int
    groups: int
    planes: int
    """Of a group."""
    filters: int
    """Of a group."""
    height: int
    width: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]

    @property
    def out(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        return self._positions(self.height, 0), self._positions(self.width, 1)

    @property
    def taps(self) -> int:
        """Of one plane."""
        return self.kernel[0] * self.kernel[1]

    def _positions(self, size: int, axis: int) -> int:
        return (size - self.dilation[axis] * (self.kernel[axis] - 1) - 1) // self.stride[axis] + 1


class Convolved(Struct, frozen=True, kw_only=True):
    """What every family of convolutions says of its images and filters; sizes are those with the border."""

    batch: int = 1
    channels: int
    filters: int
    height: int
    width: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)

    def window_of(self, *, groups: int, planes: int) -> Window:
        """The geometry, with so many planes in a group."""
        return Window(
            batch=self.batch,
            groups=groups,
            planes=planes,
            filters=self.filters // groups,
            height=self.height,
            width=self.width,
            kernel=self.kernel,
            stride=self.stride,
            dilation=self.dilation,
        )


@dataclass(frozen=True, slots=True)
class PerFilter:
    """Where the numbers of one filter stand."""

    arrays: tuple[Local, ...]
    offset: int

    def splat(self, number: int, kind: Vector) -> Expression:
        """The filter's number of that array in every lane."""
        return LoadSplat(self.arrays[number], self.offset, kind)


class Numbers(Protocol):
    """What is multiplied and added, and how it lies in memory; `lanes` are elements of the result."""

    @property
    def image_bytes(self) -> int:
        """Of an element of the image."""
        ...

    @property
    def filter_bytes(self) -> int:
        """Of an element of a filter."""
        ...

    @property
    def result_bytes(self) -> int:
        """Of an element of the result."""
        ...

    @property
    def planes_at_once(self) -> int:
        """Which one element of a filter covers."""
        ...

    @property
    def shift_bits(self) -> int | None:
        """By which the filters were shifted up; so many times the image's own sum is taken out again."""
        ...

    @property
    def per_filter(self) -> int:
        """Arrays with one number for each filter, such as the bias."""
        ...

    def columns(self, count: int, lanes: int) -> Sequence[tuple[int, int]]:
        """(lanes, first) of vectors that cover so many columns."""
        ...

    def sums(self, lanes: int) -> Vector:
        """What is added up."""
        ...

    def load(self, pointer: Local, offset: int, lanes: int, stride: int) -> Expression:
        """Every `stride`-th element of the image."""
        ...

    def splat(self, pointer: Local, offset: int, lanes: int) -> Expression:
        """One element of a filter in every lane."""
        ...

    def add(self, splat: Local, loaded: Local, total: Local) -> Expression:
        """The sum with one more product."""
        ...

    def ends(self, own: PerFilter) -> "Ends":
        """What the sums of a filter start with and become."""
        ...


class Ends(Protocol):
    """Of the sums of one filter."""

    def begin(self, lanes: int) -> Expression:
        """What a sum starts with."""
        ...

    def finish(self, b: Builder, total: Local, to: Local, place: int) -> None:
        """Store what the sum makes, `place` bytes behind `to`."""
        ...


def direct(b: Builder, window: Window, numbers: Numbers, tile: Tile, machine: Machine) -> Kernel:
    """The loop nest. All taps are unrolled: of the tile, only rows and vectors matter.

    Parameters of the builder: image, filters, what there is per filter, and result.
    """
    return _Nest(b, window, numbers, tile, machine).kernel()


def direct_tiles(window: Window, machine: Machine, *, most: int = 6) -> tuple[Tile, ...]:
    """Those whose filters and columns exist, the ones with most sums first."""
    most_vectors = -(-window.out[1] // machine.lanes)
    sizes = dict.fromkeys(
        (min(rows, window.filters), min(vectors, most_vectors))
        for rows, vectors in _TILES
        if fits(rows, vectors, machine)
    )
    best = sorted(sizes, key=lambda size: -size[0] * size[1])[:most]
    return tuple(Tile(rows, vectors, 1, 1) for rows, vectors in best)


def direct_buffers(window: Window, numbers: Numbers) -> tuple[int, ...]:
    """Bytes of image, filters, what there is per filter, and result."""
    groups, filters = window.groups, window.groups * window.filters
    image = window.batch * groups * window.planes * window.height * window.width * numbers.image_bytes
    taps = filters * window.planes * window.taps * numbers.filter_bytes
    rows, columns = window.out
    result = window.batch * filters * rows * columns * numbers.result_bytes
    return image, taps, *[filters * PER_FILTER_BYTES] * numbers.per_filter, result


def window_words(window: Window) -> str:
    """The window, such as `3x3 stride 2`."""
    stride = f" stride {window.stride[0]}" if window.stride != (1, 1) else ""
    return f"{window.kernel[0]}x{window.kernel[1]}{stride}"


def direct_words(window: Window) -> str:
    """All channels and filters, and the size of the result."""
    (rows, columns), groups = window.out, window.groups
    grouped = f" in {groups} groups" if groups > 1 else ""
    channels = f"{groups * window.planes} to {groups * window.filters}"
    return f"{window_words(window)}, {channels}{grouped}, to {rows}x{columns}"


class _Nest:
    """The nest of one shape while it is written."""

    def __init__(self, b: Builder, window: Window, numbers: Numbers, tile: Tile, machine: Machine) -> None:
        self._b, self._window, self._numbers = b, window, numbers
        self._tile, self._lanes = tile, machine.lanes
        self._steps = window.planes // numbers.planes_at_once
        self._filter_bytes = self._steps * window.taps * numbers.filter_bytes
        self._row_bytes = window.width * numbers.image_bytes
        self._plane_bytes = window.height * self._row_bytes
        self._out_row_bytes = window.out[1] * numbers.result_bytes
        self._out_bytes = window.out[0] * self._out_row_bytes

    def kernel(self) -> Kernel:
        b, window = self._b, self._window
        image, weights, *per_filter, result = b.parameters
        group_bytes = window.planes * self._plane_bytes
        with b.over(image, window.batch, window.groups * group_bytes):
            group, filters = b.index(image), b.index(weights)
            told = tuple(b.index(one) for one in per_filter)
            with b.over(group, window.groups, group_bytes):
                full, rest = divmod(window.filters, self._tile.rows)
                for rows, times in ((self._tile.rows, full), (rest, 1 if rest else 0)):
                    if not times:
                        continue
                    with b.over(filters, times, rows * self._filter_bytes):
                        self._filters_at_once(rows, group, filters, told, result)
                        b.advance(result, rows * self._out_bytes)
                        for one in told:
                            b.advance(one, rows * PER_FILTER_BYTES)
        return b.kernel()

    def _filters_at_once(
        self, rows: int, group: Local, filters: Local, told: tuple[Local, ...], result: Local
    ) -> None:
        """Every row of the result, in these output channels."""
        b, window = self._b, self._window
        line, to = b.index(group), b.index(result)
        step = self._lanes * self._tile.vectors
        full, rest = divmod(window.out[1], step)
        with b.over(to, window.out[0], self._out_row_bytes):
            if full:
                at, there = b.index(line), b.index(to)
                with b.over(there, full, step * self._numbers.result_bytes):
                    columns = [(self._lanes, first) for first in range(0, step, self._lanes)]
                    self._tile_of_columns(rows, columns, at, filters, told, there)
                    b.advance(at, step * window.stride[1] * self._numbers.image_bytes)
            if rest:
                covering = self._numbers.columns(window.out[1], self._lanes)
                columns = [(lanes, first) for lanes, first in covering if first + lanes > full * step]
                self._tile_of_columns(rows, columns, line, filters, told, to)
            b.advance(line, window.stride[0] * self._row_bytes)

    def _tile_of_columns(
        self,
        rows: int,
        columns: list[tuple[int, int]],
        line: Local,
        filters: Local,
        told: tuple[Local, ...],
        to: Local,
    ) -> None:
        b, numbers = self._b, self._numbers
        each = [numbers.ends(PerFilter(told, row * PER_FILTER_BYTES)) for row in range(rows)]
        sums = [[b.vector(numbers.sums(lanes), one.begin(lanes)) for lanes, _ in columns] for one in each]
        self._products(sums, columns, line, filters)
        for row, one in enumerate(each):
            for total, (_, first) in zip(sums[row], columns, strict=True):
                place = row * self._out_bytes + first * numbers.result_bytes
                one.finish(b, total, to, place)

    def _products(
        self, sums: list[list[Local]], columns: list[tuple[int, int]], line: Local, filters: Local
    ) -> None:
        """Every plane and tap, added to the sums."""
        b, window, numbers = self._b, self._window, self._numbers
        plane, taps = b.index(line), b.index(filters)
        loaded = [b.vector(vector_of(numbers.load(plane, 0, lanes, 1))) for lanes, _ in columns]
        splats = {lanes: b.vector(vector_of(numbers.splat(taps, 0, lanes))) for lanes, _ in columns}
        shifted = self._of_image(columns, splats) if numbers.shift_bits is not None else []
        with b.over(plane, self._steps, numbers.planes_at_once * self._plane_bytes):
            for tap in range(window.taps):
                y, x = divmod(tap, window.kernel[1])
                base = y * window.dilation[0] * self._row_bytes
                base += x * window.dilation[1] * numbers.image_bytes
                for local, (lanes, first) in zip(loaded, columns, strict=True):
                    offset = base + first * window.stride[1] * numbers.image_bytes
                    b.set(local, numbers.load(plane, offset, lanes, window.stride[1]))
                for (total, ones), local in zip(shifted, loaded, strict=False):
                    b.set(total, numbers.add(ones, local, total))
                for row, totals in enumerate(sums):
                    for lanes, splat in splats.items():
                        place = row * self._filter_bytes + tap * numbers.filter_bytes
                        b.set(splat, numbers.splat(taps, place, lanes))
                    for total, (lanes, _), local in zip(totals, columns, loaded, strict=True):
                        b.set(total, numbers.add(splats[lanes], local, total))
            b.advance(taps, window.taps * numbers.filter_bytes)
        for totals in sums if shifted else ():
            for total, (own, _) in zip(totals, shifted, strict=True):
                b.set(total, Binary("sub", total, ShiftLeft(own, numbers.shift_bits or 0)))

    def _of_image(
        self, columns: list[tuple[int, int]], splats: dict[int, Local]
    ) -> list[tuple[Local, Local]]:
        """Per vector of columns the image's own sum, and a filter of ones that it is the product with."""
        b = self._b
        ones = {lanes: vector_of(splat) for lanes, splat in splats.items()}
        filters = {lanes: b.vector(kind, Constant(1, kind)) for lanes, kind in ones.items()}
        sums = ((self._numbers.sums(lanes), lanes) for lanes, _ in columns)
        return [(b.vector(kind, Constant(0, kind)), filters[lanes]) for kind, lanes in sums]
