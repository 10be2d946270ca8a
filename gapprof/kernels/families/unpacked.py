"""Matrices of four bits an element made f32: what pays where many rows are multiplied with them."""

from gapprof.kernels.builder import Builder
from gapprof.kernels.family import F32, Family, Tile
from gapprof.kernels.four_bits import EIGHT, FourBits, element
from gapprof.kernels.ir import Expression, Kernel, Load, Local, ToFloat, Vector
from gapprof.kernels.machine import Machine
from gapprof.kernels.panels import Panel, panels


class Unpacked(FourBits, frozen=True, kw_only=True, tag="unpacked"):
    """Parameters: elements, scales, zero points where there are some, and result [depth, columns]."""


def unpacked(shape: Unpacked, tile: Tile, machine: Machine, *, name: str = "unpacked") -> Kernel:
    """The loop nest of one shape."""
    b = Builder(name, parameters=4 if shape.zero_points else 3, fused=machine.fused)
    elements, *scales, result = b.parameters
    row_bytes = shape.columns * F32
    for panel in panels(shape.columns, tile, machine):
        with b.over(result, panel.times, panel.columns * F32):
            to = b.index(result)
            full, rest = divmod(shape.depth, shape.block)
            for depth, times in ((shape.block, full), (rest, 1 if rest else 0)):
                if times:
                    with b.over(to, times, depth * row_bytes):
                        _block(b, depth, panel, elements, scales, to, row_bytes)
                        b.advance(elements, (shape.block - depth) // EIGHT * panel.columns * F32)
    return b.kernel()


def _block(
    b: Builder,
    depth: int,
    panel: Panel,
    elements: Local,
    scales: list[Local],
    to: Local,
    row_bytes: int,
) -> None:
    """Rows that have a scale in common."""
    kind = Vector("f32", panel.lanes)
    told = [
        [b.vector(kind, Load(one, vector * kind.size_bytes, kind)) for one in scales]
        for vector in range(panel.vectors)
    ]
    for pointer in scales:
        b.advance(pointer, panel.columns * F32)
    there = b.index(to)
    eights, more = divmod(depth, EIGHT)
    for count, times in ((EIGHT, eights), (more, 1 if more else 0)):
        if times:
            with b.over(there, times, count * row_bytes):
                _rows(b, count, panel, elements, told, there, row_bytes)


def _rows(
    b: Builder,
    count: int,
    panel: Panel,
    elements: Local,
    told: list[list[Local]],
    to: Local,
    row_bytes: int,
) -> None:
    """As many as lie in one word."""
    whole = Vector("i32", panel.lanes)
    for vector, (scale, *zeros) in enumerate(told):
        word = b.vector(whole, Load(elements, vector * whole.size_bytes, whole))
        for step in range(count):
            value: Expression = ToFloat(element(word, step))
            for zero in zeros:
                value = value - zero
            b.store(to, value * scale, step * row_bytes + vector * whole.size_bytes)
    b.advance(elements, panel.columns * F32)


def _tiles(shape: Unpacked, machine: Machine) -> tuple[Tile, ...]:
    most = max(1, shape.columns // machine.lanes)
    return tuple(Tile(1, vectors, 1, 1) for vectors in (1, 2, 4) if vectors <= most)


FAMILY = Family(
    kind=Unpacked,
    tiles=_tiles,
    kernel=unpacked,
    buffers=lambda shape: (*shape.packed_bytes, shape.depth * shape.columns * F32),
    weights=lambda shape: tuple(range(len(shape.packed_bytes))),
    words=lambda shape: f"4 bits {shape.depth}x{shape.columns} unpacked",
    prepares=True,
)
