"""Convolutions of padded images of f32, direct: no im2col."""

from collections.abc import Sequence
from dataclasses import dataclass

from gapprof.kernels.builder import Builder
from gapprof.kernels.direct import (
    Convolved,
    Ends,
    PerFilter,
    Window,
    direct,
    direct_buffers,
    direct_tiles,
    direct_words,
)
from gapprof.kernels.family import F32, Family, Tile
from gapprof.kernels.functions import Activation, activation
from gapprof.kernels.ir import Constant, Expression, Kernel, Load, LoadSplat, Local, MulAdd, Shuffle, Vector
from gapprof.kernels.machine import Machine, covering

SLACK_BYTES = 256
"""Readable behind an image: strided loads take more than they use."""


class Conv(Convolved, frozen=True, kw_only=True, tag="conv"):
    """[batch, channels, height, width] to [batch, filters, …]; the sizes are those of the padded image.

    Parameters of the kernel: padded image, filters [filters, channels / groups, kernel…], the bias
    [filters] where there is one, and result.
    """

    groups: int = 1
    bias: bool = False
    activation: Activation | None = None

    @property
    def window(self) -> Window:
        """Its geometry."""
        return self.window_of(groups=self.groups, planes=self.channels // self.groups)

    @property
    def out(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        return self.window.out

    @property
    def flops(self) -> int:
        """A multiply-add is two."""
        rows, columns = self.out
        taps = self.channels // self.groups * self.kernel[0] * self.kernel[1]
        return 2 * self.batch * self.filters * rows * columns * taps


@dataclass(frozen=True, slots=True)
class _Floats:
    """f32 times f32; a bias first, an activation last."""

    bias: bool
    activation: Activation | None
    fused: bool
    image_bytes: int = F32
    filter_bytes: int = F32
    planes_at_once: int = 1
    shift_bits: None = None
    result_bytes: int = F32

    @property
    def per_filter(self) -> int:
        return int(self.bias)

    def columns(self, count: int, lanes: int) -> Sequence[tuple[int, int]]:
        return list(covering(count, lanes))

    def sums(self, lanes: int) -> Vector:
        return Vector("f32", lanes)

    def load(self, pointer: Local, offset: int, lanes: int, stride: int) -> Expression:
        return strided(pointer, offset, Vector("f32", lanes), stride)

    def splat(self, pointer: Local, offset: int, lanes: int) -> Expression:
        return LoadSplat(pointer, offset, Vector("f32", lanes))

    def add(self, splat: Local, loaded: Local, total: Local) -> Expression:
        return MulAdd(splat, loaded, total, self.fused)

    def ends(self, own: PerFilter) -> Ends:
        return _FloatEnds(self, own)


@dataclass(frozen=True, slots=True)
class _FloatEnds:
    """The bias, or nothing; the activation, or the sum as it is."""

    numbers: _Floats
    own: PerFilter

    def begin(self, lanes: int) -> Expression:
        kind = Vector("f32", lanes)
        return self.own.splat(0, kind) if self.numbers.bias else Constant(0.0, kind)

    def finish(self, b: Builder, total: Local, to: Local, place: int) -> None:
        which = self.numbers.activation
        b.store(to, total if which is None else activation(b, which, total), place)


def conv(shape: Conv, tile: Tile, machine: Machine, *, name: str = "conv") -> Kernel:
    """The loop nest of one shape."""
    b = Builder(name, parameters=4 if shape.bias else 3, fused=machine.fused)
    return direct(b, shape.window, _Floats(shape.bias, shape.activation, machine.fused), tile, machine)


def strided(pointer: Local, offset: int, kind: Vector, stride: int) -> Expression:
    """Every `stride`-th element from there. ValueError for strides that are no power of two."""
    if kind.lanes == 1 or stride == 1:
        return Load(pointer, offset, kind)
    if stride % 2:
        raise ValueError(f"no loads of every {stride}th element")
    half = stride // 2
    low = strided(pointer, offset, kind, half)
    high = strided(pointer, offset + kind.size_bytes * half, kind, half)
    return Shuffle(low, high, tuple(range(0, 2 * kind.lanes, 2)))


def conv_buffers(shape: Conv) -> tuple[int, ...]:
    """Bytes of image, filters, bias where there is one, and result."""
    return direct_buffers(shape.window, _Floats(shape.bias, shape.activation, fused=False))


def conv_weights(shape: Conv) -> tuple[int, ...]:
    """Filters, and the bias where there is one."""
    return (1, 2) if shape.bias else (1,)


FAMILY = Family(
    kind=Conv,
    tiles=lambda shape, machine: direct_tiles(shape.window, machine),
    kernel=conv,
    buffers=conv_buffers,
    weights=conv_weights,
    words=lambda shape: direct_words(shape.window),
)
