"""A window that goes over images with a border of zeros, as convolutions do: sizes, and numpy's answer."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from gapprof.gpu_kernels.family import F32, Arrays
from gapprof.gpu_kernels.functions import applied
from gapprof.kernels.functions import Activation


class Windowed(Struct, frozen=True, kw_only=True):
    """[batch, channels, height, width] to [batch, filters, ...]; the border is none of the image.

    Buffers: image, filters [filters, channels / groups, kernel...], the bias [filters] where there is one,
    and the result.
    """

    batch: int = 1
    channels: int
    filters: int
    height: int
    width: int
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Top, left, bottom and right."""
    groups: int = 1
    bias: bool = False
    activation: Activation | None = None

    @property
    def out(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        top, left, bottom, right = self.pads
        return (
            self._positions(top + self.height + bottom, 0),
            self._positions(left + self.width + right, 1),
        )

    @property
    def taps(self) -> int:
        """Of a filter over one plane."""
        return self.kernel[0] * self.kernel[1]

    def _positions(self, size: int, axis: int) -> int:
        return (size - self.dilation[axis] * (self.kernel[axis] - 1) - 1) // self.stride[axis] + 1


def buffers(shape: Windowed) -> tuple[int, ...]:
    """Bytes of image, filters, bias where there is one, and result."""
    rows, columns = shape.out
    sizes = [
        shape.batch * shape.channels * shape.height * shape.width,
        shape.filters * shape.channels // shape.groups * shape.taps,
        *([shape.filters] if shape.bias else []),
        shape.batch * shape.filters * rows * columns,
    ]
    return tuple(F32 * size for size in sizes)


def reference(shape: Windowed, arrays: Arrays) -> NDArray[np.float64]:
    """As products of matrices, tap by tap."""
    (rows, columns), (top, left, bottom, right) = shape.out, shape.pads
    planes, own = shape.channels // shape.groups, shape.filters // shape.groups
    image = arrays[0].astype(np.float64).reshape(shape.batch, shape.groups, planes, shape.height, shape.width)
    image = np.pad(image, ((0, 0), (0, 0), (0, 0), (top, bottom), (left, right)))
    filters = arrays[1].astype(np.float64).reshape(shape.groups, own, planes, *shape.kernel)
    found = np.zeros((shape.batch, shape.groups, own, rows * columns))
    for y in range(shape.kernel[0]):
        for x in range(shape.kernel[1]):
            begin = y * shape.dilation[0], x * shape.dilation[1]
            end = begin[0] + (rows - 1) * shape.stride[0] + 1, begin[1] + (columns - 1) * shape.stride[1] + 1
            seen = image[..., begin[0] : end[0] : shape.stride[0], begin[1] : end[1] : shape.stride[1]]
            found += filters[..., y, x] @ seen.reshape(*seen.shape[:3], -1)
    if shape.bias:
        found += arrays[2].reshape(shape.groups, own, 1)
    return applied(shape.activation, found).ravel()


def words(shape: Windowed) -> str:
    """`3x3 by 2, 16 to 32 channels, 56x56`, with the stride where it is not 1."""
    (rows, columns), stride = shape.kernel, max(shape.stride)
    by = f" by {stride}" if stride > 1 else ""
    several = f"{shape.channels} to {shape.filters}" if shape.groups == 1 else str(shape.filters)
    return f"{rows}x{columns}{by}, {several} channels, {shape.height}x{shape.width}"
