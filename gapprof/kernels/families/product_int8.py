"""Products of rows of bytes with weights of bytes, as f32: what networks quantised as they run are made of.

A convolution of one row: columns are pixels, and the depth is channels. What zero points add is a number per
column, and is added with the bias.
"""

from dataclasses import dataclass

from msgspec import Struct

from gapprof.kernels.builder import Builder
from gapprof.kernels.direct import PerFilter, Window, direct, direct_buffers, direct_tiles
from gapprof.kernels.family import F32, Family, Tile
from gapprof.kernels.ir import Expression, Kernel, Local, ToFloat, Vector, vector_of
from gapprof.kernels.machine import Machine
from gapprof.kernels.products_of_bytes import FOURS, Fours, Pairs, tiles_of_fours


class ProductInt8(Struct, frozen=True, kw_only=True, tag="product-int8"):
    """[rows, depth] times [depth, columns], at least four columns.

    Parameters: weights in pairs [depth / 2, columns, 2] (i8), left [rows, depth] (i16), what the sums of each
    row start with (i32), its scale (f32), and result. A schedule of fours wants narrow weights, shifted up by
    64, and the left as i8; what the shift adds is taken off what sums start with.
    """

    rows: int
    depth: int
    columns: int
    narrow: bool = False
    """Whether the weights keep to 7 bits."""

    @property
    def window(self) -> Window:
        """Its geometry; an odd row of the weights makes a pair with nothing."""
        return Window(
            batch=1,
            groups=1,
            planes=-(-self.depth // 2),
            filters=self.rows,
            height=1,
            width=self.columns,
            kernel=(1, 1),
            stride=(1, 1),
            dilation=(1, 1),
        )

    @property
    def flops(self) -> int:
        """A multiply-add is two."""
        return 2 * self.rows * self.depth * self.columns

    @property
    def in_fours(self) -> bool:
        """Whether weights and depth allow it."""
        return self.narrow and self.depth % FOURS == 0


@dataclass(frozen=True, slots=True)
class _FloatEnds:
    """What is told first; the sum as f32, by the row's scale."""

    own: PerFilter

    def begin(self, lanes: int) -> Expression:
        return self.own.splat(0, Vector("i32", lanes))

    def finish(self, b: Builder, total: Local, to: Local, place: int) -> None:
        b.store(to, ToFloat(total) * self.own.splat(1, Vector("f32", vector_of(total).lanes)), place)


def product_int8(shape: ProductInt8, tile: Tile, machine: Machine, *, name: str = "product_int8") -> Kernel:
    """The loop nest of one shape. ValueError for less than four columns, and for fours that there are not."""
    b = Builder(name, parameters=5, fused=machine.fused)
    if tile.depth != FOURS:
        return direct(b, shape.window, _pairs(), tile, machine)
    if not (shape.in_fours and machine.fused):
        raise ValueError("no products of four bytes at once")
    numbers = Fours(_FloatEnds, 2 * shape.columns, filters_are_narrow=False, result_bytes=F32)
    return direct(b, shape.window, numbers, tile, machine)


def _pairs() -> Pairs:
    return Pairs(_FloatEnds, result_bytes=F32)


def _tiles(shape: ProductInt8, machine: Machine) -> tuple[Tile, ...]:
    fours = shape.in_fours and machine.fused
    return tiles_of_fours(shape.window, machine) if fours else direct_tiles(shape.window, machine)


FAMILY = Family(
    kind=ProductInt8,
    tiles=_tiles,
    kernel=product_int8,
    buffers=lambda shape: direct_buffers(shape.window, _pairs()),
    weights=lambda _shape: (0,),
    words=lambda shape: f"int8 {shape.rows}x{shape.depth}x{shape.columns}",
)
