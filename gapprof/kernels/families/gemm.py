"""C = A·B, batched, with what convolutions and dense layers add to it: a bias and an activation.

Panels of B one after the other, each against all rows of A: a panel stays in the first cache, and a tile of C
in registers. Columns that fill no vector are done in narrower ones, down to scalars.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, Family, Tile, fits
from gapprof.kernels.functions import Activation, activation
from gapprof.kernels.ir import Constant, Expression, Kernel, Load, LoadSplat, Local, Vector
from gapprof.kernels.machine import Machine
from gapprof.kernels.panels import Panel, panels


class Gemm(Struct, frozen=True, kw_only=True, tag="gemm"):
    """[rows, depth] times [depth, columns], `batch` times over.

    Parameters of the kernel: A, B, the bias where there is one, and C.
    """

    rows: int
    depth: int
    columns: int
    batch: int = 1
    shared: Literal["", "a", "b"] = ""
    """The operand that is the same for the whole batch."""
    a_transposed: bool = False
    """A lies in memory as [depth, rows]."""
    packed: bool = True
    """B comes as `packed_b` leaves it, as weights can; else as [depth, columns]."""
    bias: Literal["", "row", "column"] = ""
    activation: Activation | None = None

    @property
    def flops(self) -> int:
        """A multiply-add is two."""
        return 2 * self.batch * self.rows * self.depth * self.columns


def gemm(shape: Gemm, tile: Tile, machine: Machine, *, name: str = "gemm") -> Kernel:
    """The loop nest of one shape."""
    return _Nest(shape, tile, machine, name).kernel()


def packed_b(b: NDArray[np.float32], tile: Tile, machine: Machine) -> NDArray[np.float32]:
    """B [depth, columns] in the order in which the kernel reads it: block by block, panel by panel."""
    parts = []
    for block in _blocks(b.shape[0], tile):
        column = 0
        for panel in panels(b.shape[1], tile, machine):
            for _ in range(panel.times):
                parts.append(b[block.start : block.stop, column : column + panel.columns].ravel())
                column += panel.columns
    return np.concatenate(parts)


def _blocks(depth: int, tile: Tile) -> Iterator[range]:
    return (range(start, min(start + tile.depth, depth)) for start in range(0, depth, tile.depth))


class _Nest:
    """The nest of one shape while it is written."""

    def __init__(self, shape: Gemm, tile: Tile, machine: Machine, name: str) -> None:
        self._shape, self._tile, self._machine = shape, tile, machine
        self._b = Builder(name, parameters=4 if shape.bias else 3, fused=machine.fused)
        self._row_bytes = F32 if shape.a_transposed else shape.depth * F32
        self._step_bytes = shape.rows * F32 if shape.a_transposed else F32

    def kernel(self) -> Kernel:
        b, shape = self._b, self._shape
        left, right, result = b.parameters[0], b.parameters[1], b.parameters[-1]
        with b.over(result, shape.batch, shape.rows * shape.columns * F32):
            for block in _blocks(shape.depth, self._tile):
                self._block(block, left, right, result)
            if shape.batch > 1 and shape.shared != "a":
                b.advance(left, shape.rows * shape.depth * F32)
            if shape.batch > 1 and shape.shared != "b":
                b.advance(right, shape.depth * shape.columns * F32)
        return b.kernel()

    def _block(self, block: range, left: Local, right: Local, result: Local) -> None:
        """All of C, as far as this stretch of the depth goes."""
        b, shape = self._b, self._shape
        panel_of_b = b.index(right + block.start * shape.columns * F32)
        panel_of_c = b.index(result)
        bias = b.index(b.parameters[2]) if shape.bias == "column" else None
        for panel in panels(shape.columns, self._tile, self._machine):
            with b.over(panel_of_c, panel.times, panel.columns * F32):
                self._rows(panel, block, left, panel_of_b, panel_of_c, bias)
                b.advance(panel_of_b, panel.columns * F32 * (len(block) if shape.packed else 1))
                if bias is not None:
                    b.advance(bias, panel.columns * F32)

    def _rows(
        self,
        panel: Panel,
        block: range,
        left: Local,
        panel_of_b: Local,
        panel_of_c: Local,
        bias: Local | None,
    ) -> None:
        b, shape = self._b, self._shape
        a = b.index(left + block.start * self._step_bytes)
        c = b.index(panel_of_c)
        if shape.bias == "row":
            bias = b.index(b.parameters[2])
        full, rest = divmod(shape.rows, self._tile.rows)
        for rows, times in ((self._tile.rows, full), (rest, 1 if rest else 0)):
            if not times:
                continue
            with b.over(c, times, rows * shape.columns * F32):
                self._tile_of_c(rows, panel, block, a, panel_of_b, c, bias)
                b.advance(a, rows * self._row_bytes)
                if shape.bias == "row" and bias is not None:
                    b.advance(bias, rows * F32)

    def _tile_of_c(
        self,
        rows: int,
        panel: Panel,
        block: range,
        a: Local,
        panel_of_b: Local,
        c: Local,
        bias: Local | None,
    ) -> None:
        b, shape = self._b, self._shape
        kind = Vector("f32", panel.lanes)
        row_of_c, lane_bytes = shape.columns * F32, panel.lanes * F32
        sums = [
            [
                b.vector(
                    kind, self._first(block, kind, c, bias, row, column, row * row_of_c + column * lane_bytes)
                )
                for column in range(panel.vectors)
            ]
            for row in range(rows)
        ]
        from_a, from_b = b.index(a), b.index(panel_of_b)
        columns = [b.vector(kind) for _ in range(panel.vectors)]
        each = b.vector(kind)
        along_b = (panel.columns if shape.packed else shape.columns) * F32

        def steps(count: int) -> None:
            for step in range(count):
                for column, local in enumerate(columns):
                    b.set(local, Load(from_b, step * along_b + column * lane_bytes, kind))
                for row in range(rows):
                    offset = row * self._row_bytes + step * self._step_bytes
                    b.set(each, LoadSplat(from_a, offset, kind))
                    for column, local in enumerate(columns):
                        b.set(sums[row][column], b.mul_add(each, local, sums[row][column]))

        turns, rest = divmod(len(block), self._tile.unroll)
        if turns:
            with b.over(from_a, turns, self._tile.unroll * self._step_bytes):
                steps(self._tile.unroll)
                b.advance(from_b, self._tile.unroll * along_b)
        steps(rest)
        last = block.stop == shape.depth
        for row in range(rows):
            for column, total in enumerate(sums[row]):
                done: Expression = total
                if last and shape.activation is not None:
                    done = activation(b, shape.activation, total)
                b.store(c, done, row * row_of_c + column * lane_bytes)

    def _first(
        self,
        block: range,
        kind: Vector,
        c: Local,
        bias: Local | None,
        row: int,
        column: int,
        place: int,
    ) -> Expression:
        """What a sum starts with: the bias, nothing, or what the block before it left."""
        if block.start:
            return Load(c, place, kind)
        if bias is None:
            return Constant(0.0, kind)
        if self._shape.bias == "row":
            return LoadSplat(bias, row * F32, kind)
        return Load(bias, column * kind.size_bytes, kind)


_TILES = ((6, 2), (5, 2), (4, 2), (3, 3), (2, 4), (1, 6), (1, 4), (1, 2))
_DEEP = 512
_BLOCK = 256
_DEEPEST = 8192
"""Each block is code of its own."""


def _tiles(shape: Gemm, machine: Machine) -> tuple[Tile, ...]:
    """Those whose rows and columns exist, the ones with most sums first."""
    most_vectors = max(1, shape.columns // machine.lanes)
    sizes = dict.fromkeys(
        (min(rows, shape.rows), min(vectors, most_vectors))
        for rows, vectors in _TILES
        if fits(rows, vectors, machine)
    )
    best = sorted(sizes, key=lambda size: -size[0] * size[1])[:4]
    depths = (shape.depth, _BLOCK) if _DEEP < shape.depth <= _DEEPEST else (shape.depth,)
    return tuple(
        Tile(rows, vectors, unroll, depth) for rows, vectors in best for depth in depths for unroll in (2, 4)
    )[:10]


def _buffers(shape: Gemm) -> tuple[int, ...]:
    """A, B, bias, C."""
    a = shape.rows * shape.depth * F32 * (1 if shape.shared == "a" else shape.batch)
    b = shape.depth * shape.columns * F32 * (1 if shape.shared == "b" else shape.batch)
    bias = {"": (), "row": (shape.rows * F32,), "column": (shape.columns * F32,)}[shape.bias]
    return a, b, *bias, shape.batch * shape.rows * shape.columns * F32


def _weights(shape: Gemm) -> tuple[int, ...]:
    """B where it is packed; else A, where that is the filters of a convolution; none of two activations."""
    if shape.packed:
        return (1, 2) if shape.bias else (1,)
    if shape.bias == "row":
        return 0, 2
    return (0,) if shape.shared == "a" else ()


def _words(shape: Gemm) -> str:
    batch = f"{shape.batch} of " if shape.batch > 1 else ""
    return f"{batch}{shape.rows}x{shape.depth}x{shape.columns}"


FAMILY = Family(kind=Gemm, tiles=_tiles, kernel=gemm, buffers=_buffers, weights=_weights, words=_words)
