"""Products with a matrix of four bits an element: the sum over a block is scaled once.

Nothing is unpacked to memory, so that few rows read an eighth of the bytes. Each tile of rows unpacks anew.
"""

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, Family, Tile
from gapprof.kernels.four_bits import EIGHT, FourBits, element
from gapprof.kernels.ir import Constant, Kernel, Load, LoadSplat, Local, ToFloat, Vector
from gapprof.kernels.machine import Machine
from gapprof.kernels.panels import Panel, panels


class Nibbles(FourBits, frozen=True, kw_only=True, tag="nibbles"):
    """[rows, depth] times [depth, columns].

    Parameters: left, elements, scales, zero points where there are some, and result.
    """

    rows: int


def nibbles(shape: Nibbles, tile: Tile, machine: Machine, *, name: str = "nibbles") -> Kernel:
    """The loop nest of one shape."""
    return _Nest(shape, tile, machine, name).kernel()


class _Nest:
    """The nest of one shape while it is written."""

    def __init__(self, shape: Nibbles, tile: Tile, machine: Machine, name: str) -> None:
        self._shape, self._tile, self._machine = shape, tile, machine
        self._b = Builder(name, parameters=5 if shape.zero_points else 4, fused=machine.fused)

    def kernel(self) -> Kernel:
        b, shape = self._b, self._shape
        left, elements, *scales, result = b.parameters
        of_panel = b.index(elements)
        scales_of_panel = tuple(b.index(one) for one in scales)
        for panel in panels(shape.columns, self._tile, self._machine):
            with b.over(result, panel.times, panel.columns * F32):
                self._rows(panel, left, of_panel, scales_of_panel, result)
                b.advance(of_panel, panel.columns * shape.blocks * shape.block // EIGHT * F32)
                for one in scales_of_panel:
                    b.advance(one, panel.columns * shape.blocks * F32)
        return b.kernel()

    def _rows(
        self, panel: Panel, left: Local, elements: Local, scales: tuple[Local, ...], result: Local
    ) -> None:
        b, shape = self._b, self._shape
        row, to = b.index(left), b.index(result)
        full, rest = divmod(shape.rows, self._tile.rows)
        for rows, times in ((self._tile.rows, full), (rest, 1 if rest else 0)):
            if not times:
                continue
            with b.over(to, times, rows * shape.columns * F32):
                self._tile_of_result(rows, panel, row, elements, scales, to)
                b.advance(row, rows * shape.depth * F32)

    def _tile_of_result(
        self, rows: int, panel: Panel, row: Local, elements: Local, scales: tuple[Local, ...], to: Local
    ) -> None:
        b, shape, kind = self._b, self._shape, Vector("f32", panel.lanes)
        totals = self._zeros(rows, panel)
        a, words = b.index(row), b.index(elements)
        of_block = tuple(b.index(one) for one in scales)
        full, rest = divmod(shape.depth, shape.block)
        for depth, times in ((shape.block, full), (rest, 1 if rest else 0)):
            if not times:
                continue
            with b.over(a, times, depth * F32):
                sums, own = self._zeros(rows, panel), self._own(rows, panel)
                at = b.index(a)
                eights, more = divmod(depth, EIGHT)
                if eights:
                    with b.over(at, eights, EIGHT * F32):
                        self._eight(EIGHT, panel, at, words, sums, own)
                if more:
                    self._eight(more, panel, at, words, sums, own)
                b.advance(words, (shape.block - depth) // EIGHT * panel.columns * F32)
                self._scaled(panel, of_block, sums, own, totals)
        for number, of_row in enumerate(totals):
            for vector, total in enumerate(of_row):
                b.store(to, total, (number * shape.columns + vector * kind.lanes) * F32)

    def _eight(
        self,
        count: int,
        panel: Panel,
        at: Local,
        words: Local,
        sums: list[list[Local]],
        own: list[Local],
    ) -> None:
        """As many rows of the matrix as lie in one word; the first in its lowest bits."""
        b, shape = self._b, self._shape
        floats, whole = Vector("f32", panel.lanes), Vector("i32", panel.lanes)
        loaded = [
            b.vector(whole, Load(words, number * whole.size_bytes, whole)) for number in range(panel.vectors)
        ]
        each, values = b.vector(floats), [b.vector(floats) for _ in loaded]
        for step in range(count):
            for word, value in zip(loaded, values, strict=True):
                b.set(value, ToFloat(element(word, step)))
            for number, of_row in enumerate(sums):
                b.set(each, LoadSplat(at, (number * shape.depth + step) * F32, floats))
                if own:
                    b.set(own[number], own[number] + each)
                for value, total in zip(values, of_row, strict=True):
                    b.set(total, b.mul_add(each, value, total))
        b.advance(words, panel.columns * F32)

    def _scaled(
        self,
        panel: Panel,
        scales: tuple[Local, ...],
        sums: list[list[Local]],
        own: list[Local],
        totals: list[list[Local]],
    ) -> None:
        """The sums of a block, without what its zero points take, times its scales."""
        b, kind = self._b, Vector("f32", panel.lanes)
        for vector in range(panel.vectors):
            scale, *zero = (b.vector(kind, Load(one, vector * kind.size_bytes, kind)) for one in scales)
            for number, (of_block, of_row) in enumerate(zip(sums, totals, strict=True)):
                for one in zero:
                    b.set(of_block[vector], of_block[vector] - one * own[number])
                b.set(of_row[vector], b.mul_add(of_block[vector], scale, of_row[vector]))
        for pointer in scales:
            b.advance(pointer, panel.columns * F32)

    def _zeros(self, rows: int, panel: Panel) -> list[list[Local]]:
        b, kind = self._b, Vector("f32", panel.lanes)
        return [[b.vector(kind, Constant(0.0, kind)) for _ in range(panel.vectors)] for _ in range(rows)]

    def _own(self, rows: int, panel: Panel) -> list[Local]:
        """Sums of the left rows, which zero points are multiplied with."""
        b, kind = self._b, Vector("f32", panel.lanes)
        count = rows if self._shape.zero_points else 0
        return [b.vector(kind, Constant(0.0, kind)) for _ in range(count)]


_TILES = ((6, 1), (4, 1), (3, 1), (2, 2), (2, 1), (1, 4), (1, 2), (1, 1))


def _tiles(shape: Nibbles, machine: Machine) -> tuple[Tile, ...]:
    """Those whose rows and columns exist, the ones with most sums first."""
    most_vectors = max(1, shape.columns // machine.lanes)
    sizes = dict.fromkeys((min(rows, shape.rows), min(vectors, most_vectors)) for rows, vectors in _TILES)
    best = sorted(sizes, key=lambda size: -size[0] * size[1])
    return tuple(Tile(rows, vectors, 1, 1) for rows, vectors in best)


def _buffers(shape: Nibbles) -> tuple[int, ...]:
    """Left, elements, scales, zero points, result."""
    return shape.rows * shape.depth * F32, *shape.packed_bytes, shape.rows * shape.columns * F32


FAMILY = Family(
    kind=Nibbles,
    tiles=_tiles,
    kernel=nibbles,
    buffers=_buffers,
    weights=lambda shape: tuple(range(1, 1 + len(shape.packed_bytes))),
    words=lambda shape: f"4 bits {shape.rows}x{shape.depth}x{shape.columns}",
)
